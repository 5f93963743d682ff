"""One rtc connection to a room: the SDK's callbacks become calls of a `LinkListener`.

All stream handlers are registered before connect(), since a topic without a handler is dropped
(facts/livekit.md section 1). Handlers are sync and read in tasks; RemoteSession messages are read
one after another, since a task per stream swaps their order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine

from livekit import rtc

from lktui.clock import Clock
from lktui.core.events import LinkState
from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile import MASK
from lktui.engine.call_log import CallLog
from lktui.engine.failures import joining, sending
from lktui.engine.media_path import path_of
from lktui.engine.own_events import hear_own_room_only
from lktui.engine.patience import patiently
from lktui.engine.ports import LinkListener, Participant, Topic
from lktui.engine.server_api import participant
from lktui.engine.signalling import why_not_joined
from lktui.tasks import Tasks

CONNECT_LIMIT_S = 15.0
SEND_LIMIT_S = 5.0
DISCONNECT_LIMIT_S = 5.0
STATS_LIMIT_S = 5.0
MAX_SESSION_BYTES = 4 << 20
_QUEUE = 1000
_log = logging.getLogger(__name__)


class RtcRoomLink:
    """The SDK's Room behind the `RoomLink` port."""

    def __init__(self, listener: LinkListener, host: str, log: CallLog, clock: Clock) -> None:
        self._listener, self._host, self._log, self._clock = listener, host, log, clock
        self._room = rtc.Room()
        self._joined = False
        self._closing = False
        self._up = asyncio.Event()
        """Whether something can be sent: while reconnecting a send hangs, and is no failure."""
        self._tasks = Tasks("a room connection")
        self._messages: asyncio.Queue[tuple[rtc.ByteStreamReader, str, float]] = asyncio.Queue(
            _QUEUE
        )
        for topic in (Topic.CHAT, Topic.TRANSCRIPTION):
            self._room.register_text_stream_handler(topic.value, self._on_text)
        self._room.register_byte_stream_handler(Topic.SESSION.value, self._on_session_stream)
        self._room.on("participant_connected", self._on_joined)
        self._room.on("participant_disconnected", self._on_left)
        self._room.on("participant_attributes_changed", self._on_attributes)
        self._room.on("reconnecting", self._on_reconnecting)
        self._room.on("reconnected", self._on_reconnected)
        self._room.on("disconnected", self._on_disconnected)

    @property
    def room(self) -> str:
        """The room's name as the server says it."""
        return self._room.name if self._joined else ""

    @property
    def identity(self) -> str:
        """Who we are in the room."""
        return self._room.local_participant.identity if self._joined else ""

    @property
    def sid(self) -> str:
        """The server's own id of our stay in the room."""
        return self._room.local_participant.sid if self._joined else ""

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Everybody else that we can see."""
        return tuple(_seen(other) for other in self._room.remote_participants.values())

    async def connect(self, url: str, token: str) -> None:
        """Join; whoever is there already is announced like one who joins."""
        with self._log.call("connect", subject=f"token {MASK}") as call:
            await self._reach(url, token)
            hear_own_room_only(self._room)
            self._joined = True
            self._up.set()
            call.room, call.subject = self.room, f"{self.identity} {call.subject}"
            call.answered("joined")
        self._tasks.start(self._read_messages())
        for other in self.participants:
            self._listener.participant_joined(other)

    async def _reach(self, url: str, token: str) -> None:
        try:
            async with joining(CONNECT_LIMIT_S, self._host):
                await self._room.connect(url, token)
        except PortError as error:
            if error.problem.code is not ProblemCode.CONNECT_TIMEOUT:
                raise
            found = await why_not_joined(error.problem, url, token, self._host)
            raise PortError(found) from None

    async def send_chat(self, text: str) -> None:
        """Type a line on `lk.chat`."""
        await self._send(
            lambda: self._room.local_participant.send_text(text, topic=Topic.CHAT.value)
        )

    async def send_session(self, request_id: str, body: bytes, identity: str) -> None:
        """Send a RemoteSession message to one participant only."""
        await self._send(
            lambda: self._room.local_participant.send_bytes(
                body,
                name=request_id,
                topic=Topic.SESSION.value,
                destination_identities=[identity],
            )
        )

    async def _send(self, work: Callable[[], Coroutine[object, object, object]]) -> None:
        """Send something once that is possible; only then its time begins to count."""
        await self._up.wait()
        sent = asyncio.get_running_loop().create_task(work())
        try:
            with sending(SEND_LIMIT_S):
                if not await patiently(sent, SEND_LIMIT_S, self._clock, self._up.is_set):
                    raise TimeoutError
                sent.result()
        finally:
            sent.cancel()

    async def media_path(self) -> str:
        """Say what carries the connection: `UDP`, `TCP`, `TURN over …`; empty if nothing does.

        Raises:
            PortError: NOT_SENT: the SDK does not tell, for the connection is gone.
        """
        with sending(STATS_LIMIT_S):
            async with asyncio.timeout(STATS_LIMIT_S):
                stats = await self._room.get_rtc_stats()
        return path_of([*stats.publisher_stats, *stats.subscriber_stats])

    async def disconnect(self) -> None:
        """Leave the room and end all reading."""
        if self._closing:
            return
        self._closing = True
        self._up.set()
        try:
            async with asyncio.timeout(DISCONNECT_LIMIT_S):
                await self._room.disconnect()
        except TimeoutError:
            _log.warning("leaving the room took over %s s; going on", DISCONNECT_LIMIT_S)
        await self._tasks.cancel()

    def _on_joined(self, other: rtc.RemoteParticipant) -> None:
        self._listener.participant_joined(_seen(other))

    def _on_left(self, other: rtc.RemoteParticipant) -> None:
        reason = other.disconnect_reason
        name = rtc.DisconnectReason.Name(reason) if reason is not None else "UNKNOWN_REASON"
        self._listener.participant_left(other.identity, name)

    def _on_attributes(self, _changed: dict[str, str], other: rtc.Participant) -> None:
        if isinstance(other, rtc.RemoteParticipant):
            self._listener.participant_changed(_seen(other))

    def _on_reconnecting(self) -> None:
        self._up.clear()
        self._listener.link_changed(LinkState.RECONNECTING, "")

    def _on_reconnected(self) -> None:
        self._up.set()
        self._listener.link_changed(LinkState.CONNECTED, "")

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._up.set()  # what waits to be sent fails now
        if not self._closing:
            self._listener.link_changed(LinkState.LOST, rtc.DisconnectReason.Name(reason))

    def _on_text(self, reader: rtc.TextStreamReader, identity: str) -> None:
        info = reader.info
        topic = Topic.CHAT if info.topic == Topic.CHAT else Topic.TRANSCRIPTION
        # The id is the sender's word: two senders may use the same one.
        stream = f"{identity}/{info.stream_id}"
        self._listener.text_opened(stream, topic, identity, dict(info.attributes or {}))
        self._tasks.start(self._read_text(reader, stream))

    async def _read_text(self, reader: rtc.TextStreamReader, stream: str) -> None:
        try:
            async for chunk in reader:
                self._listener.text_chunk(stream, chunk)
        except rtc.StreamError:
            self._listener.text_broken(stream)
        else:
            self._listener.text_closed(stream, dict(reader.info.attributes or {}))
        finally:
            with contextlib.suppress(rtc.StreamError):
                reader.close()

    def _on_session_stream(self, reader: rtc.ByteStreamReader, identity: str) -> None:
        try:
            self._messages.put_nowait((reader, identity, self._clock.monotonic()))
        except asyncio.QueueFull:
            _log.warning("too many RemoteSession messages at once; one from %s dropped", identity)
            reader.close()

    async def _read_messages(self) -> None:
        while True:
            reader, identity, opened_at = await self._messages.get()
            body = bytearray()
            try:
                async for chunk in reader:
                    body += chunk
                    if len(body) > MAX_SESSION_BYTES:
                        break
                else:
                    self._listener.session_message(identity, bytes(body), opened_at)
            except rtc.StreamError:
                _log.info("a RemoteSession message of %s broke off", identity)
            finally:
                reader.close()


def _seen(other: rtc.RemoteParticipant) -> Participant:
    return participant(
        other.identity,
        name=other.name,
        is_agent=other.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
        attributes=dict(other.attributes),
    )
