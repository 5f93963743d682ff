"""The list of rooms: gentle, never false about what was not looked into, true about its age."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest_asyncio

from lktui.core.commands import LookInto
from lktui.core.events import ListedRoom, RoomsListed, RoomsRead, RoomsUnlisted
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import Profile
from lktui.engine.look_order import LIST_EVERY_S
from lktui.engine.ports import Participant
from lktui.engine.room_monitor import RoomMonitor
from tests.support.fakes.agents import SESSION
from tests.support.fakes.world import AGENT, EXPLICIT, World, profile


@pytest_asyncio.fixture
async def monitor(world: World) -> AsyncIterator[RoomMonitor]:
    one = RoomMonitor(world.gateway, world.recorder.emit, world.clock)
    yield one
    await one.close()


def crowd(world: World, count: int) -> None:
    for number in range(count):
        world.server.room(f"room-{number:03}")


async def listed(world: World, times: int = 1) -> tuple[ListedRoom, ...]:
    await world.until(lambda: len(world.all(RoomsListed)) >= times)
    return world.last(RoomsListed).rooms


async def test_what_was_not_looked_into_is_not_called_empty(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 27)
    monitor.watch(EXPLICIT)
    assert not any(room.looked for room in await listed(world))
    await world.until(lambda: all(room.looked for room in world.last(RoomsListed).rooms))
    assert world.all(RoomsListed)[1].rooms[0].looked


async def test_a_crowd_costs_no_more_than_five_requests_a_second(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 500)
    monitor.look_into(LookInto(room="room-007"))
    monitor.watch(EXPLICIT)
    await world.clock.sleep(20 * LIST_EVERY_S)
    assert len(world.server.calls) <= 5 * 20 * LIST_EVERY_S


async def test_rooms_on_the_screen_are_looked_into_each_round(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 500)
    in_view = tuple(f"room-{number:03}" for number in range(400, 409))
    monitor.look_into(LookInto(room="room-409", in_view=in_view))
    monitor.watch(EXPLICIT)
    await listed(world)
    world.server.workers[AGENT] = SESSION
    world.server.dispatch("room-404", AGENT)
    began = world.clock.monotonic()
    await world.until(
        lambda: any(r.name == "room-404" and r.agents for r in world.last(RoomsListed).rooms)
    )
    assert world.clock.monotonic() - began <= 2.5


async def test_the_room_that_is_looked_at_is_read_each_time_with_its_dispatches(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 100)
    world.server.workers[AGENT] = SESSION
    made = world.server.dispatch("room-042", AGENT)
    monitor.watch(EXPLICIT)
    await listed(world)
    monitor.look_into(LookInto(room="room-042"))
    await listed(world, 2)
    (room,) = [room for room in world.last(RoomsListed).rooms if room.name == "room-042"]
    assert room.dispatches is not None
    assert [dispatch.id for dispatch in room.dispatches] == [made]
    await world.clock.sleep(10 * LIST_EVERY_S)
    asked = Counter(call.room for call in world.server.calls if call.name == "participants")
    assert asked["room-042"] >= 10


async def test_a_room_in_which_we_are_costs_no_request_and_tells_who_is_there(
    world: World,
) -> None:
    crowd(world, 2)
    agent = Participant(identity="a", is_agent=True, agent_name="echo", state="listening")
    there = [Participant(identity="me", hidden=True), Participant(identity="ann")]

    def covered(_profile: Profile) -> dict[str, tuple[Participant, ...]]:
        return {"room-001": tuple(there)}

    monitor = RoomMonitor(world.gateway, world.recorder.emit, world.clock, covered)
    monitor.look_into(LookInto(room="room-001", in_view=("room-000", "room-001")))
    monitor.watch(EXPLICIT)
    await listed(world)
    there.append(agent)
    await world.clock.sleep(5 * LIST_EVERY_S)
    await monitor.close()
    assert {call.room for call in world.server.calls if call.name == "participants"} == {"room-000"}
    (room,) = [room for room in world.last(RoomsListed).rooms if room.name == "room-001"]
    assert (room.people, room.agents, room.agent_states) == (2, ("echo",), ("listening",))


async def test_a_list_that_cannot_be_read_says_when_it_was_read_last(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 1)
    monitor.watch(EXPLICIT)
    await listed(world)
    await world.clock.sleep(5 * LIST_EVERY_S)
    world.server.up = False
    await world.until(lambda: bool(world.all(RoomsUnlisted)))
    told = world.last(RoomsUnlisted)
    assert told.problem.code is ProblemCode.CONNECTION_REFUSED
    assert 0 < told.wall - told.read_wall <= LIST_EVERY_S + 0.1


async def test_a_room_that_goes_while_it_is_looked_at_is_no_fault(
    world: World, monitor: RoomMonitor
) -> None:
    crowd(world, 2)
    monitor.look_into(LookInto(room="room-001"))
    unavailable = problem(ProblemCode.SERVER_ERROR, what="unavailable")
    world.server.fail("dispatches", unavailable)
    monitor.watch(EXPLICIT)
    assert len(await listed(world)) == 2
    assert world.all(RoomsUnlisted) == []


async def test_reading_once_looks_into_every_room(world: World, monitor: RoomMonitor) -> None:
    crowd(world, 30)
    world.server.workers[AGENT] = SESSION
    world.server.dispatch("room-003", AGENT)
    await world.clock.sleep(1.0)
    monitor.read_once(EXPLICIT)
    await world.until(lambda: bool(world.all(RoomsRead)))
    rooms = {room.name: room for room in world.last(RoomsRead).rooms}
    assert len(rooms) == 30
    assert all(room.looked and room.dispatches is not None for room in rooms.values())
    assert rooms["room-003"].agents == (AGENT,)


async def test_reading_one_room_asks_for_no_other(world: World, monitor: RoomMonitor) -> None:
    crowd(world, 30)
    monitor.read_once(EXPLICIT, "room-003")
    await world.until(lambda: bool(world.all(RoomsRead)))
    assert [room.name for room in world.last(RoomsRead).rooms] == ["room-003"]
    assert len(world.server.called("participants")) == 1


async def test_reading_without_a_key_says_so(world: World, monitor: RoomMonitor) -> None:
    monitor.read_once(profile(api_key=None))
    await world.until(lambda: bool(world.all(RoomsRead)))
    found = world.last(RoomsRead).problem
    assert found is not None
    assert found.code is ProblemCode.NO_API_KEY
