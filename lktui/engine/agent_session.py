"""The agent's RemoteSession on `lk.agent.session`: pings, its memory, what it tells unasked.

A pong is the best sign that a session is alive. Responses go to everybody in the room, so an
answer counts only by identity and request id (facts/livekit.md section 1, "RemoteSession").
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from google.protobuf.message import DecodeError
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.problems import PortError
from lktui.core.sanitize import clean
from lktui.engine.ports import RoomLink
from lktui.engine.session_diary import SessionDiary
from lktui.engine.session_items import Item

MEMORY_LIMIT_S = 2.0
MAX_ITEMS = 1000
_MAX_ERROR_CHARS = 120
_RECOVERABLE = "recoverable=True"
"""In the text of an error after which the agent tries again by itself."""
_ERROR = re.compile(r"\berror=(.*?)(?: recoverable=\w+)?$", re.DOTALL)
"""What went wrong, in the Python repr that an `error` event carries and nothing else."""
_log = logging.getLogger(__name__)


class SessionListener(Protocol):
    """What hears of an agent's session by itself, without having asked."""

    def heard(self, identity: str) -> None:
        """A message came: the session lives."""
        ...

    def took_turn(self, identity: str) -> None:
        """The session has taken a line for a turn of its user."""
        ...

    def reply_failed(self, identity: str, text: str) -> None:
        """The session reports an error that it does not try to get over; sanitised."""
        ...


class AgentSession:
    """Asks one room's agents; a room without an AgentSession never answers."""

    def __init__(self, link: RoomLink) -> None:
        self._link = link
        self.listener: SessionListener | None = None
        """Who hears signs of life."""
        self.diary: SessionDiary | None = None
        """Who tells what is told."""
        self._waiting: dict[tuple[str, str], asyncio.Future[pb.SessionResponse]] = {}

    def received(self, identity: str, body: bytes, opened_at: float) -> None:
        """Take a message from the room; what is not an answer to us is passed over."""
        message = pb.AgentSessionMessage()
        try:
            message.ParseFromString(body)
        except DecodeError:
            _log.info("a RemoteSession message of %s does not parse", identity)
            return
        what = message.WhichOneof("message")
        if self.listener is not None and what in ("response", "event"):
            self.listener.heard(identity)
        if what == "event":
            self._tell(identity, message.event, opened_at)
        if what == "response":
            future = self._waiting.pop((identity, message.response.request_id), None)
            if future is not None and not future.done():
                future.set_result(message.response)

    def _tell(self, identity: str, event: pb.AgentSessionEvent, at: float) -> None:
        if self.diary is not None:
            self.diary.event(identity, event, at)
        match event.WhichOneof("event"):
            case "error":
                self._tell_error(identity, event.error.message)
            case "conversation_item_added":
                added = event.conversation_item_added.item.message
                if self.listener is not None and added.role == pb.ChatRole.USER:
                    self.listener.took_turn(identity)

    def _tell_error(self, identity: str, said: str) -> None:
        goes_on, text = _RECOVERABLE in said, _error_text(said)
        if self.diary is not None:
            self.diary.erred(identity, text, goes_on=goes_on)
        if self.listener is not None and not goes_on:
            self.listener.reply_failed(identity, text)

    @contextlib.asynccontextmanager
    async def pinged(
        self, identity: str, on_pong: Callable[[], None] = lambda: None
    ) -> AsyncIterator[asyncio.Future[pb.SessionResponse]]:
        """Ask whether the session is alive; entered when the ping has been sent.

        Args:
            identity: Who is asked.
            on_pong: Called when the answer comes, which may be before the send has returned.

        Raises:
            PortError: It could not be sent, which says nothing of the agent.
        """
        request = pb.SessionRequest()
        request.ping.SetInParent()
        async with self._asked(identity, request, on_pong) as answer:
            yield answer

    async def memory(self, identity: str) -> tuple[Item, ...] | None:
        """Read an agent's chat history, the newest of it; None when it does not answer."""
        request = pb.SessionRequest()
        request.get_chat_history.SetInParent()
        try:
            async with self._asked(identity, request) as asked, asyncio.timeout(MEMORY_LIMIT_S):
                answer = await asked
        except (TimeoutError, PortError):
            return None
        return tuple(answer.get_chat_history.items[-MAX_ITEMS:])

    @contextlib.asynccontextmanager
    async def _asked(
        self,
        identity: str,
        request: pb.SessionRequest,
        on_answer: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[asyncio.Future[pb.SessionResponse]]:
        """Send a request, and give what its answer will be; that is looked for until the exit."""
        request.request_id = secrets.token_hex(8)
        key = (identity, request.request_id)
        future: asyncio.Future[pb.SessionResponse] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: None if done.cancelled() else on_answer())
        self._waiting[key] = future
        body = pb.AgentSessionMessage(request=request).SerializeToString()
        try:
            await self._link.send_session(request.request_id, body, identity)
            yield future
        finally:
            self._waiting.pop(key, None)
            future.cancel()


def _error_text(said: str) -> str:
    found = _ERROR.search(said)
    return clean(found.group(1) if found else said, limit=_MAX_ERROR_CHARS).strip()
