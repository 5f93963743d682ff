"""The way into a room unseen: it makes none, holds nobody up, and counts as nobody does."""

from __future__ import annotations

import asyncio

import pytest

from lktui.core.events import CleanupResult, Connected, Phase, PhaseEntered, RoomOpened, SessionId
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.engine.hearing import Hearing
from lktui.engine.hidden_entry import HiddenEntry
from lktui.engine.ports import Participant
from lktui.engine.run_life import RunLife
from tests.support.fakes.world import EXPLICIT, World, profile

ROOM = "call-5521"


async def nothing() -> None:
    """Stand in for what a run does beside."""


class Visitor:
    """A run that only enters."""

    def __init__(self, world: World, session: str = "v1") -> None:
        name, emit, clock = SessionId(session), world.recorder.emit, world.clock
        life = RunLife(
            name,
            opening=nothing,
            ending=nothing,
            outcome=lambda: (CleanupResult.NOT_OURS, False),
            emit=emit,
            clock=clock,
        )
        self.hearing = Hearing(name, world.gateway, EXPLICIT, life=life, emit=emit, clock=clock)
        self.entry = HiddenEntry(
            name, world.gateway, life=life, hearing=self.hearing, emit=emit, clock=clock
        )


async def test_a_room_that_is_not_there_is_named_and_nobody_connects(world: World) -> None:
    with pytest.raises(PortError) as raised:
        await Visitor(world).entry.enter(EXPLICIT, "nowhere")
    assert raised.value.problem.code is ProblemCode.ROOM_MISSING
    assert [event.room for event in world.all(RoomOpened)] == ["nowhere"]
    assert world.server.called("connect") == []
    assert world.server.rooms == {}


async def test_without_a_key_nobody_can_enter(world: World) -> None:
    with pytest.raises(PortError) as raised:
        await Visitor(world).entry.enter(profile(api_key=None), ROOM)
    assert raised.value.problem.code is ProblemCode.NO_API_KEY


async def test_hidden_ones_are_not_counted(world: World) -> None:
    world.server.join(ROOM, Participant(identity="ann"))
    await Visitor(world, "v1").entry.enter(EXPLICIT, ROOM)
    await Visitor(world, "v2").entry.enter(EXPLICIT, ROOM)
    assert [event.others for event in world.all(Connected)] == [1, 1]


async def test_nobody_in_the_room_is_told_that_we_came(world: World) -> None:
    visitor = Visitor(world)
    world.server.room(ROOM)
    await visitor.entry.enter(EXPLICIT, ROOM)
    (me,) = world.server.rooms[ROOM].members.values()
    assert me.participant.hidden
    assert visitor.hearing.there(EXPLICIT)[ROOM][0].hidden


async def test_a_connection_that_fails_lets_the_next_one_in(world: World) -> None:
    world.server.room(ROOM)
    world.server.fail("connect", problem(ProblemCode.CONNECTION_REFUSED, host="h"))
    first, second = Visitor(world, "v1"), Visitor(world, "v2")
    entering = [visitor.entry.enter(EXPLICIT, ROOM) for visitor in (first, second)]
    failed, entered = await asyncio.gather(*entering, return_exceptions=True)
    assert isinstance(failed, PortError)
    assert entered is None
    assert second.entry.entered_at > 0


async def test_who_waits_for_the_turn_is_not_called_connecting(world: World) -> None:
    world.server.room(ROOM)
    async with world.gateway.hidden_turn:
        entering = asyncio.create_task(Visitor(world).entry.enter(EXPLICIT, ROOM))
        await asyncio.sleep(5)
        assert [event.phase for event in world.all(PhaseEntered)] == [Phase.OPENING]
    await entering
    assert world.last(PhaseEntered).phase is Phase.CONNECTING


async def test_who_gives_up_waiting_takes_no_turn(world: World) -> None:
    world.server.room(ROOM)
    async with world.gateway.hidden_turn:
        entering = asyncio.create_task(Visitor(world).entry.enter(EXPLICIT, ROOM))
        await asyncio.sleep(1)
        entering.cancel()
    await Visitor(world, "v2").entry.enter(EXPLICIT, ROOM)
    assert world.server.called("connect") == ["connect"]
