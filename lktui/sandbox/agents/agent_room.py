"""A room as its agent sees it: the SDK's callbacks become calls of a listener; it is a `Stage`.

Whatever people send is read up to a limit and no further, and only so many streams at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Protocol

from livekit import rtc

from lktui.sandbox.agents.connection import (
    CHAT,
    SESSION,
    TRANSCRIPTION,
    Connection,
    drop_text,
)

MAX_STREAMS = 32
MAX_CHAT_CHARS = 16_000
MAX_SESSION_BYTES = 64 << 10
_PEOPLE = frozenset(
    {
        rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
        rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
        rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
    }
)
_FINAL = "lk.transcription_final"
_log = logging.getLogger(__name__)


class RoomListener(Protocol):
    """Who is told what happens in the room; a `Conversation` is one."""

    def joined(self, identity: str) -> None:
        """Tell of a person who is in the room; agents are none."""
        ...

    def left(self, identity: str, reason: str) -> None:
        """Tell of somebody who is gone, with the server's reason."""
        ...

    def chat(self, identity: str, text: str) -> None:
        """Tell of a line on `lk.chat`."""
        ...

    def session_message(self, body: bytes) -> None:
        """Tell of a RemoteSession message."""
        ...


class AgentRoom:
    """One agent's room."""

    def __init__(self) -> None:
        self.connection = Connection()
        self._listener: RoomListener | None = None
        self._sessions: asyncio.Queue[rtc.ByteStreamReader] = asyncio.Queue(MAX_STREAMS)
        room = self.connection.room
        room.register_text_stream_handler(CHAT, self._on_chat)
        room.register_text_stream_handler(TRANSCRIPTION, drop_text)
        room.register_byte_stream_handler(SESSION, self._on_session)
        room.on("participant_connected", self._on_joined)
        room.on("participant_disconnected", self._on_left)

    async def join(self, url: str, token: str, listener: RoomListener) -> None:
        """Join; whoever is there already is announced like one who joins.

        Raises:
            StageError: The server refuses, or cannot be reached.
        """
        await self.connection.join(url, token)
        self._listener = listener
        self.connection.tasks.start(self._read_sessions())
        for other in tuple(self.connection.room.remote_participants.values()):
            self._on_joined(other)

    # --- the stage ----------------------------------------------------------------------------

    async def show_state(self, state: str) -> None:
        """Publish `lk.agent.state`."""
        await self.connection.set_attributes({"lk.agent.state": state})

    async def speak(self) -> RoomSpeech:
        """Begin a segment of the agent's own."""
        attributes = {"lk.segment_id": f"SG_{secrets.token_hex(6)}", _FINAL: "false"}
        async with self.connection.sending():
            writer = await self.connection.me.stream_text(
                topic=TRANSCRIPTION, attributes=attributes
            )
        return RoomSpeech(self.connection, writer)

    async def send_session(self, body: bytes) -> None:
        """Send a RemoteSession message to everybody."""
        async with self.connection.sending():
            await self.connection.me.send_bytes(body, topic=SESSION)

    # --- the callbacks ------------------------------------------------------------------------

    def _on_joined(self, other: rtc.RemoteParticipant) -> None:
        if self._listener is not None and other.kind in _PEOPLE:
            self._listener.joined(other.identity)

    def _on_left(self, other: rtc.RemoteParticipant) -> None:
        reason = other.disconnect_reason
        name = rtc.DisconnectReason.Name(reason) if reason is not None else "UNKNOWN_REASON"
        if self._listener is not None:
            self._listener.left(other.identity, name)

    def _on_chat(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if self._listener is None or len(self.connection.tasks) > MAX_STREAMS:
            reader.close()
        else:
            self.connection.tasks.start(self._read_chat(reader, identity, self._listener))

    async def _read_chat(
        self, reader: rtc.TextStreamReader, identity: str, listener: RoomListener
    ) -> None:
        text = ""
        try:
            async for chunk in reader:
                text += chunk
                if len(text) > MAX_CHAT_CHARS:
                    break
        except rtc.StreamError:
            return  # half a line is none
        finally:
            with contextlib.suppress(rtc.StreamError):
                reader.close()
        listener.chat(identity, text[:MAX_CHAT_CHARS])

    def _on_session(self, reader: rtc.ByteStreamReader, _identity: str) -> None:
        try:
            self._sessions.put_nowait(reader)
        except asyncio.QueueFull:
            _log.info("too many RemoteSession messages at once; one is dropped")
            reader.close()

    async def _read_sessions(self) -> None:
        """Read one after another: a task for each would swap their order."""
        while True:
            reader = await self._sessions.get()
            body = bytearray()
            try:
                async for chunk in reader:
                    body += chunk
                    if len(body) > MAX_SESSION_BYTES:
                        break
                else:
                    if self._listener is not None:
                        self._listener.session_message(bytes(body))
            except rtc.StreamError:
                _log.info("a RemoteSession message broke off")
            finally:
                reader.close()


class RoomSpeech:
    """A text stream on `lk.transcription`; its deltas make one segment."""

    def __init__(self, connection: Connection, writer: rtc.TextStreamWriter) -> None:
        self._connection, self._writer = connection, writer

    async def write(self, text: str) -> None:
        """Say some more."""
        async with self._connection.sending():
            await self._writer.write(text)

    async def end(self) -> None:
        """End it; the trailer says that it is final."""
        async with self._connection.sending():
            await self._writer.aclose(attributes={_FINAL: "true"})
