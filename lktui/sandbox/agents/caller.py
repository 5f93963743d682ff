"""The scripted caller: a participant who talks with the healthy agent in a room to watch.

One call goes on for as long as it can; whatever ends it, the room is deleted and, after a while,
there is a new call in a new room of the same name.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator

import aiohttp
from livekit import api, rtc

from lktui.clock import Clock
from lktui.core.sanitize import clean_detail
from lktui.sandbox.agents.connection import (
    CHAT,
    SESSION,
    TRANSCRIPTION,
    Connection,
    drop_bytes,
    drop_text,
    finish,
)
from lktui.sandbox.agents.server import Server
from lktui.sandbox.agents.stage import StageError

ROOM, IDENTITY, AGENT = "demo-call", "caller", "support"
LINES = (
    "Hello, I am calling about my order.",
    "It is order 20417. Where is it?",
    "Thursday is fine. How is the weather in Bergen?",
    "Then I stay at home. Can I have my money back for the umbrella?",
    "Never mind. Do you have a story for me while I wait?",
    "That was lovely, thank you.",
    "What else can you do? I mean, help.",
    "One more thing: is the parcel insured?",
)
"""What the caller says, over and over."""
PAUSE_S = 6.0
"""Between the agent's last word and the next line."""
AGENT_LIMIT_S = 30.0
"""An agent that takes longer, to come or to reply, is given up."""
CALL_LIMIT_S = 5.0
"""For one request to the server."""
AGAIN_S = 5.0
"""Between two calls."""
_BUSY = frozenset({"thinking", "speaking"})
_log = logging.getLogger(__name__)


class HungUpError(Exception):
    """The call is over; the message says why."""


class Caller:
    """Calls the agent, again and again.

    Args:
        server: Where.
        clock: Tells the time.
    """

    def __init__(self, server: Server, clock: Clock) -> None:
        self._server, self._clock = server, clock

    async def run(self) -> None:
        """Call until cancelled; then the room is deleted."""
        while True:
            try:
                await self._call()
            except (HungUpError, StageError, *_API_ERRORS) as error:
                _log.info("caller: %s", clean_detail(str(error)) or type(error).__name__)
            await self._clock.sleep(AGAIN_S)

    async def _call(self) -> None:
        async with self._server.api() as client:
            await _delete_room(client)  # of a run that was killed
            connection = Connection()
            connection.room.register_text_stream_handler(CHAT, drop_text)
            connection.room.register_text_stream_handler(TRANSCRIPTION, drop_text)
            connection.room.register_byte_stream_handler(SESSION, drop_bytes)
            presence = _AgentPresence(connection.room)
            dispatch = ""
            try:
                # First in the room: then the agent is sure to link the caller.
                token = self._server.room_token(ROOM, IDENTITY)
                await connection.join(self._server.url, token)
                async with asyncio.timeout(CALL_LIMIT_S):
                    request = api.CreateAgentDispatchRequest(agent_name=AGENT, room=ROOM)
                    dispatch = (await client.agent_dispatch.create_dispatch(request)).id
                await self._talk(connection, presence)
            finally:
                await finish(_hang_up(client, connection, dispatch))

    async def _talk(self, connection: Connection, presence: _AgentPresence) -> None:
        for line in itertools.cycle(LINES):
            await presence.until_listening()
            await self._clock.sleep(PAUSE_S)
            async with connection.sending():
                await connection.me.send_text(line, topic=CHAT)
            await presence.until_busy()


class _AgentPresence:
    """What the room shows of the agent's state."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._changed = asyncio.Event()
        for event in (
            "participant_connected",
            "participant_disconnected",
            "participant_attributes_changed",
            "disconnected",
        ):
            room.on(event, self._on_change)

    async def until_listening(self) -> None:
        """Wait until the agent listens.

        Raises:
            HungUpError: It does not, or the connection has ended.
        """
        await self._until(frozenset({"listening"}))

    async def until_busy(self) -> None:
        """Wait until the agent has heard a line.

        Raises:
            HungUpError: It has not, or the connection has ended.
        """
        await self._until(_BUSY)

    async def _until(self, states: frozenset[str]) -> None:
        try:
            async with asyncio.timeout(AGENT_LIMIT_S):
                while not states & self._states():
                    if not self._room.isconnected():
                        raise HungUpError("the room was closed")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise HungUpError(f"no agent was {' or '.join(sorted(states))}") from error

    def _states(self) -> set[str]:
        return {
            other.attributes.get("lk.agent.state", "")
            for other in self._room.remote_participants.values()
        }

    def _on_change(self, *_: object) -> None:
        self._changed.set()


async def _hang_up(client: api.LiveKitAPI, connection: Connection, dispatch: str) -> None:
    """Leave nothing: the dispatch first, since a job that is on its way makes its room anew."""
    try:
        if dispatch:
            async with asyncio.timeout(CALL_LIMIT_S), _may_be_gone():
                await client.agent_dispatch.delete_dispatch(dispatch, ROOM)
        await _delete_room(client)
    except _API_ERRORS as error:
        # Not raised: it would take the place of the cancellation that may have led here.
        _log.info("caller: the room is left to its time-out: %s", clean_detail(str(error)))
    await connection.leave()


async def _delete_room(client: api.LiveKitAPI) -> None:
    async with asyncio.timeout(CALL_LIMIT_S), _may_be_gone():
        await client.room.delete_room(api.DeleteRoomRequest(room=ROOM))


@contextlib.asynccontextmanager
async def _may_be_gone() -> AsyncIterator[None]:
    """Take for done what is not there to be deleted."""
    try:
        yield
    except api.TwirpError as error:
        if error.code != api.TwirpErrorCode.NOT_FOUND:
            raise


_API_ERRORS = (api.TwirpError, aiohttp.ClientError, OSError, TimeoutError)
