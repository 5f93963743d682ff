"""A hidden watch: it reads what is said, judges the agent, and is no part of the room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import msgspec
import pytest_asyncio

from lktui.core.cleanup import What
from lktui.core.commands import WatchRoom
from lktui.core.events import (
    AgentJoined,
    CleanupChanged,
    Connected,
    LinkStalled,
    LinkState,
    SessionEnded,
    SessionId,
    SessionSilent,
)
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode
from lktui.core.session import SessionState
from lktui.core.verdict import Outcome
from lktui.engine.room_watch import RoomWatch
from tests.support.fakes.agents import DEAD, RAW, SESSION, Script
from tests.support.fakes.world import AGENT, EXPLICIT, World

ROOM = "call-5521"


class Place:
    """A room that somebody else has made, and a watch of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs: list[RoomWatch] = []

    def watch(self, script: Script | None = None, room: str = ROOM) -> RoomWatch:
        world = self.world
        if script is not None:
            world.server.room(room)
            world.server.workers[AGENT] = script
            world.server.dispatch(room, AGENT)
        session = SessionId(f"w{len(self.runs) + 1}")
        command = WatchRoom(session=session, profile=EXPLICIT, room=room)
        run = RoomWatch(command, world.gateway, world.janitor, world.recorder.emit, world.clock)
        self.runs.append(run)
        run.start()
        return run

    @property
    def state(self) -> SessionState:
        sessions = Fold().apply(self.world.events).sessions
        session = self.runs[-1].session
        return sessions.get(session, SessionState(id=session))


@pytest_asyncio.fixture
async def place(world: World) -> AsyncIterator[Place]:
    one = Place(world)
    yield one
    for run in one.runs:
        await run.end()


async def test_the_agent_is_judged_as_in_a_conversation(place: Place) -> None:
    place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    assert place.state.agent is not None
    assert place.state.watched


async def test_a_room_that_is_not_there_is_not_made(place: Place) -> None:
    run = place.watch(room="nowhere")
    await run.ended.wait()
    assert place.state.problem is not None
    assert place.state.problem.code is ProblemCode.ROOM_MISSING
    assert "nowhere" not in place.world.server.rooms


async def test_nothing_is_owed_to_the_queue_and_the_room_stays(place: Place) -> None:
    run = place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    await run.end()
    assert not [
        item
        for event in place.world.all(CleanupChanged)
        for item in event.items
        if item.what is What.ROOM
    ]
    assert ROOM in place.world.server.rooms
    assert not place.world.last(SessionEnded).made


async def test_a_line_is_refused(place: Place) -> None:
    run = place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    run.say("k", "hello")
    assert place.world.notices[-1] == "not sent: this room is only watched"
    assert not place.world.server.called("send_chat")


async def test_who_is_there_is_told_while_our_connection_stands(place: Place) -> None:
    run = place.watch(SESSION)
    assert run.there(EXPLICIT) == {}
    await place.world.until(lambda: place.state.ready)
    everybody = run.there(EXPLICIT)[ROOM]
    assert [one.is_agent for one in everybody if not one.hidden] == [True]
    elsewhere = msgspec.structs.replace(EXPLICIT, url="ws://elsewhere.example")
    assert run.there(elsewhere) == {}
    place.world.server.stop()
    await place.world.until(lambda: place.state.link is LinkState.RECONNECTING)
    assert run.there(EXPLICIT) == {}


async def test_a_stall_of_the_server_is_told_and_not_blamed_on_the_agent(place: Place) -> None:
    place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    await asyncio.sleep(12)
    verdicts = len(place.world.verdicts)
    place.world.server.freeze()
    await asyncio.sleep(9)
    place.world.server.thaw()
    await asyncio.sleep(5)
    assert place.world.verdicts[verdicts:] == []
    assert len(place.world.all(LinkStalled)) == 1


async def test_a_dead_agent_is_said_not_to_answer_and_then_to_be_lost(place: Place) -> None:
    place.watch(DEAD)
    await place.world.until(lambda: Outcome.UNRESPONSIVE in place.world.verdicts)
    assert place.state.diagnosis is not None
    assert not [seen for seen in place.state.diagnosis.seen if "without an API key" in seen]
    place.world.server.leave(ROOM, place.world.server.rooms[ROOM].agents[0], "CONNECTION_TIMEOUT")
    await place.world.until(lambda: Outcome.LOST in place.world.verdicts)


async def test_a_quiet_watch_asks_the_server_nothing(place: Place) -> None:
    place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    before = len(place.world.server.called("participants", "dispatches"))
    await asyncio.sleep(60)
    assert len(place.world.server.called("participants", "dispatches")) == before


async def test_an_agent_without_a_session_is_said_to_tell_nothing(place: Place) -> None:
    place.watch(RAW)
    await place.world.until(lambda: bool(place.world.all(SessionSilent)))
    assert place.state.told.tells is False
    assert len(place.world.all(SessionSilent)) == 1


async def test_several_are_entered_one_after_another(place: Place) -> None:
    server = place.world.server
    server.connect_s = 2.0
    for number in range(3):
        place.watch(SESSION, f"room-{number}")
    await place.world.until(lambda: len(place.world.all(Connected)) == 3)
    times = [event.at for event in place.world.all(Connected)]
    assert all(later - sooner >= 2.0 for sooner, later in pairwise(times))


async def test_an_agent_that_comes_after_the_one_that_left_is_the_agent_now(place: Place) -> None:
    place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    (first,) = place.world.agents
    place.world.server.leave(ROOM, first)
    await place.world.until(lambda: Outcome.LEFT in place.world.verdicts)
    place.world.server.dispatch(ROOM, AGENT)
    await place.world.until(lambda: place.state.ready)
    assert place.state.agent is not None
    assert place.state.agent.identity not in ("", first)


async def with_two_agents(place: Place) -> str:
    """Watch a room with two agents; gives the identity of the first, which is the agent."""
    place.watch(SESSION)
    await place.world.until(lambda: place.state.ready)
    assert place.state.agent is not None
    first = place.state.agent.identity
    place.world.server.dispatch(ROOM, AGENT)
    await place.world.until(lambda: len(place.world.agents) == 2)
    await asyncio.sleep(10)
    return first


async def test_of_two_agents_the_one_that_stays_is_the_agent_once_the_other_has_left(
    place: Place,
) -> None:
    first = await with_two_agents(place)
    assert place.state.agent is not None
    assert place.state.agent.identity == first
    place.world.server.leave(ROOM, first)
    await place.world.until(
        lambda: place.state.agent is not None and place.state.agent.identity != first
    )
    await place.world.until(lambda: place.state.ready)


async def test_an_agent_that_a_stall_shows_as_leaving_keeps_its_place(place: Place) -> None:
    first = await with_two_agents(place)
    members = place.world.server.rooms[ROOM].members
    first_first = sorted(place.world.agents, key=lambda who: who != first)
    agents = [members[who].participant for who in first_first]
    for agent in agents:
        place.world.server.leave(ROOM, agent.identity)
    await asyncio.sleep(place.world.server.lag_s + 1.0)
    for agent in reversed(agents):
        place.world.server.join(ROOM, agent)
    await asyncio.sleep(20)
    assert place.state.agent is not None
    assert place.state.agent.identity == first
    assert [event.identity for event in place.world.all(AgentJoined)] == [first]


async def test_an_agent_that_left_in_a_gap_does_not_succeed_another(place: Place) -> None:
    await with_two_agents(place)
    place.world.server.stop()
    room = place.world.server.rooms[ROOM]
    for agent in place.world.agents:
        del room.members[agent]
    await asyncio.sleep(2)
    place.world.server.start()
    await asyncio.sleep(30)
    assert len(place.world.all(AgentJoined)) == 1
    assert place.world.verdicts[-1] is Outcome.LEFT
