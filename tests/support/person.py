"""Somebody in a room, seen through LiveKit's own SDK, who remembers all that happens there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from types import TracebackType
from typing import NamedTuple, Self

from livekit import api, rtc

from tests.support.twirp import Server
from tests.support.waiting import PATIENCE_S

CHAT, TRANSCRIPTION, SESSION = "lk.chat", "lk.transcription", "lk.agent.session"
MAY_SAY_ITS_STATE = api.VideoGrants(can_update_own_metadata=True)
"""What the tokens of workers' agents grant: to set attributes."""
HIDDEN = api.VideoGrants(hidden=True)


class Seen(NamedTuple):
    """One thing that happened."""

    at_s: float
    """On the monotonic clock."""
    what: str
    """An event of the room; `chunk`, then `text` or `broken` of a text stream; `bytes`."""
    who: str = ""
    detail: str = ""
    """A reason, a topic."""
    body: str = ""
    attributes: Mapping[str, str] = {}
    begun_with: Mapping[str, str] = {}
    """The attributes that a stream had when it was opened."""


def token(
    server: Server,
    room: str,
    identity: str,
    *,
    grants: api.VideoGrants | None = None,
    is_agent: bool = False,
    config: api.RoomConfiguration | None = None,
) -> str:
    """Sign a token for a room.

    Args:
        server: Whose key and secret sign.
        room: The room that it is for.
        identity: Who joins with it.
        grants: What its owner may do beside joining this room; by default what everybody may.
        is_agent: Whether its owner joins as an agent, as those of workers do.
        config: How the room is made, if this join makes it.
    """
    made = api.AccessToken(server.key, server.secret).with_identity(identity).with_name(identity)
    may = replace(grants or api.VideoGrants(), room_join=True, room=room)
    made = made.with_grants(may)
    if is_agent:
        made = made.with_kind("agent")
    if config is not None:
        made = made.with_room_config(config)
    return made.to_jwt()


class Person:
    """A participant; a context manager that is in the room from its start to its end."""

    def __init__(self, server: Server, token: str) -> None:
        self.room = rtc.Room()
        self.seen: list[Seen] = []
        self._server, self._token = server, token
        self._something = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()
        for topic in (CHAT, TRANSCRIPTION):
            self.room.register_text_stream_handler(topic, self._on_text)
        self.room.register_byte_stream_handler(SESSION, self._on_bytes)
        self._watch()

    @property
    def me(self) -> rtc.LocalParticipant:
        """What one sends with."""
        return self.room.local_participant

    @property
    def others(self) -> set[str]:
        """The identities of all that can be seen now."""
        return set(self.room.remote_participants)

    def all_of(self, what: str, who: str | None = None) -> list[Seen]:
        """Give what has happened so far."""
        return [one for one in self.seen if one.what == what and who in (None, one.who)]

    async def sees(
        self, what: str, who: str | None = None, *, within_s: float = PATIENCE_S
    ) -> Seen:
        """Wait until something has happened; gives the first of its kind."""
        await self.until(
            lambda: bool(self.all_of(what, who)), within_s=within_s, what=f"{what} of {who}"
        )
        return self.all_of(what, who)[0]

    async def until(
        self, condition: Callable[[], bool], *, what: str, within_s: float = PATIENCE_S
    ) -> None:
        """Wait until events have made a condition hold.

        Raises:
            AssertionError: It was not so in time; with what was seen instead.
        """
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    self._something.clear()
                    await self._something.wait()
        except TimeoutError:
            raise AssertionError(f"no {what} within {within_s} s; seen: {self.seen}") from None

    async def leave(self) -> None:
        """Leave the room; nothing happens when it was left already."""
        await self.room.disconnect()
        for task in self._reading:
            task.cancel()

    async def __aenter__(self) -> Self:
        await self.room.connect(self._server.url, self._token)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.leave()

    def _watch(self) -> None:
        on = self.room.on
        on("participant_connected", lambda who: self._note("joined", who.identity))
        on("participant_disconnected", self._on_left)
        on("participant_attributes_changed", self._on_attributes)
        on("disconnected", self._on_disconnected)
        on("reconnecting", lambda: self._note("reconnecting"))
        on("reconnected", lambda: self._note("reconnected"))

    def _on_left(self, other: rtc.RemoteParticipant) -> None:
        reason = other.disconnect_reason
        self._note("left", other.identity, rtc.DisconnectReason.Name(reason) if reason else "")

    def _on_attributes(self, changed: dict[str, str], who: rtc.Participant) -> None:
        self._note("attributes", who.identity, attributes=changed)

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._note("disconnected", detail=rtc.DisconnectReason.Name(reason))

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._start(self._read_text(reader, identity, dict(reader.info.attributes or {})))

    async def _read_text(
        self, reader: rtc.TextStreamReader, identity: str, begun_with: dict[str, str]
    ) -> None:
        topic, body = reader.info.topic, ""
        try:
            async for part in reader:
                body += part
                self._note("chunk", identity, topic, part, begun_with=begun_with)
        except rtc.StreamError:
            self._note("broken", identity, topic, begun_with=begun_with)
        else:
            ended_with = dict(reader.info.attributes or {})
            self._note("text", identity, topic, body, attributes=ended_with, begun_with=begun_with)
        finally:
            reader.close()

    def _on_bytes(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        self._start(self._read_bytes(reader, identity))

    async def _read_bytes(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        body = bytearray()
        try:
            async for part in reader:
                body += part
        except rtc.StreamError:
            self._note("broken", identity, reader.info.topic)
        else:
            self._note("bytes", identity, reader.info.topic, body.hex())
        finally:
            reader.close()

    def _start(self, reading: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(reading)
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    def _note(
        self,
        what: str,
        who: str = "",
        detail: str = "",
        body: str = "",
        *,
        attributes: Mapping[str, str] | None = None,
        begun_with: Mapping[str, str] | None = None,
    ) -> None:
        now = time.monotonic()
        self.seen.append(Seen(now, what, who, detail, body, attributes or {}, begun_with or {}))
        self._something.set()
