"""One rtc connection, of an agent or of the caller: joined once, left for certain, no media."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping

from livekit import rtc

from lktui.core.sanitize import clean_detail
from lktui.sandbox.agents.stage import StageError
from lktui.tasks import Tasks

CHAT, TRANSCRIPTION, SESSION = "lk.chat", "lk.transcription", "lk.agent.session"
SEND_LIMIT_S = 10.0
"""Longer than the 5 s after which the SDK itself gives up a request to the server."""
LEAVE_LIMIT_S = 1.0
_log = logging.getLogger(__name__)


class Connection:
    """The SDK's Room with an end."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.tasks = Tasks("a room connection")
        self._connecting: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._attributes_told = asyncio.Event()
        self.room.on("disconnected", self._on_disconnected)
        self.room.on("participant_attributes_changed", self._on_attributes)

    @property
    def me(self) -> rtc.LocalParticipant:
        """We, in the room."""
        return self.room.local_participant

    async def join(self, url: str, token: str) -> None:
        """Join the token's room.

        Raises:
            StageError: The server refuses, or cannot be reached.
        """
        options = rtc.RoomOptions(auto_subscribe=False)
        loop = asyncio.get_running_loop()
        self._connecting = loop.create_task(self.room.connect(url, token, options))
        try:
            # Cancelled, the connect would land all the same, as a participant that nobody owns.
            await asyncio.shield(self._connecting)
        except rtc.ConnectError as error:
            raise StageError(clean_detail(str(error))) from error

    async def leave(self) -> None:
        """Leave, however far it came; takes a second or two at most."""
        if (landing := self._connecting) is not None:
            await asyncio.wait({landing}, timeout=LEAVE_LIMIT_S)
            if landing.done() and not landing.cancelled() and landing.exception() is not None:
                return  # it never came to be in the room; `join` has said why
        try:
            async with asyncio.timeout(LEAVE_LIMIT_S):
                await self.room.disconnect()
        except TimeoutError:
            _log.warning("leaving a room took over %s s; going on", LEAVE_LIMIT_S)
        await self.tasks.cancel()

    async def closed(self) -> str:
        """Wait until the connection has ended and say why."""
        return await asyncio.shield(self._ended)

    async def set_attributes(self, attributes: Mapping[str, str]) -> None:
        """Set our attributes, and wait until the server tells them or has answered.

        Raises:
            StageError: The server did neither.
        """
        # The SDK begins to listen for the answer when the request is out already: the answer that
        # is faster is missed, and the call then lasts 5 s although all is done.
        answered = self.tasks.start(self.me.set_attributes(dict(attributes)))
        told = self.tasks.start(self._told(attributes))
        try:
            async with self.sending():
                await asyncio.wait({answered, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()

    async def _told(self, attributes: Mapping[str, str]) -> None:
        while True:
            self._attributes_told.clear()
            await self._attributes_told.wait()
            if attributes.items() <= self.me.attributes.items():
                return

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Give sending a limit: over a lost link the SDK waits for ever.

        Raises:
            StageError: It was not sent.
        """
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                yield
        except TimeoutError as error:
            raise StageError("the link does not take anything") from error
        except rtc.StreamError as error:
            raise StageError(clean_detail(str(error))) from error

    def _on_attributes(self, _changed: dict[str, str], who: rtc.Participant) -> None:
        if who.identity == self.me.identity:
            self._attributes_told.set()

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if not self._ended.done():
            self._ended.set_result(f"the connection ended: {rtc.DisconnectReason.Name(reason)}")


async def finish(work: Coroutine[None, None, None]) -> None:
    """Do what undoes something to its end, even if we are cancelled meanwhile."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def drop_text(reader: rtc.TextStreamReader, _identity: str) -> None:
    """Take a text stream that nobody reads: the SDK logs those without a handler."""
    reader.close()


def drop_bytes(reader: rtc.ByteStreamReader, _identity: str) -> None:
    """Take a byte stream that nobody reads, for the same reason."""
    reader.close()
