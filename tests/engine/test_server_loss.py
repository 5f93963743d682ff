"""The server goes away in the middle: nothing is blamed on the agent, nothing is left behind."""

from __future__ import annotations

import asyncio

from lktui.core.cleanup import ItemState, What
from lktui.core.events import AgentGone, CleanupResult, LinkState, ProblemRaised
from lktui.core.problems import ProblemCode
from lktui.core.verdict import Outcome
from tests.support.fakes.agents import SESSION
from tests.support.fakes.world import World


async def test_a_short_gap_does_not_lose_the_agent(world: World) -> None:
    run = await world.ready(SESSION)
    world.server.stop()
    await world.until(lambda: world.state.link is LinkState.RECONNECTING)
    await asyncio.sleep(3)
    world.server.start()
    await world.until(lambda: world.state.link is LinkState.CONNECTED)
    await asyncio.sleep(10)
    assert world.all(AgentGone) == []
    assert world.state.ready
    run.say("typed:1", "still there?")
    await world.until(lambda: "agent: echo: still there?" in world.lines)


async def test_an_agent_that_left_during_the_gap_is_noticed(world: World) -> None:
    await world.ready(SESSION)
    await asyncio.sleep(6)
    world.server.stop()
    await asyncio.sleep(1)
    (room,) = world.server.rooms.values()
    (agent,) = world.agents
    del room.members[agent]
    world.server.start()
    await world.until(lambda: Outcome.LEFT in world.verdicts)
    assert world.last(AgentGone).reason == "not listed any more"


async def test_a_retry_waits_for_the_connection(world: World) -> None:
    run = await world.ready(SESSION)
    world.server.stop()
    await world.until(lambda: world.state.link is LinkState.RECONNECTING)
    run.retry(replace_live=True)
    assert world.notices == ["not now: the connection to the room is down"]


async def test_a_lost_server_is_said_and_the_cleanup_goes_on_until_it_is_back(
    world: World,
) -> None:
    await world.ready(SESSION)
    world.server.stop()
    await world.until(lambda: world.state.over)
    assert world.last(ProblemRaised).problem.code is ProblemCode.SERVER_LOST
    assert world.state.cleanup is CleanupResult.PENDING
    assert world.item(What.ROOM).state is ItemState.WAITING
    world.server.start()
    await world.until(lambda: world.item(What.ROOM).state is ItemState.DONE)
    assert world.server.rooms == {}
    assert world.item(What.DISPATCH).state is ItemState.DONE


async def test_a_server_that_is_away_for_an_hour_makes_no_item_stuck(world: World) -> None:
    await world.ready(SESSION)
    world.server.stop()
    await world.until(lambda: world.state.over)
    await asyncio.sleep(3600)
    assert ItemState.STUCK not in world.states(What.ROOM)
    waits = world.item(What.ROOM).next_try_at - world.clock.wall()
    assert waits <= 300
    world.server.start()
    await asyncio.sleep(310)
    assert world.server.rooms == {}


async def test_however_the_tries_fall_the_dispatch_goes_before_the_room(world: World) -> None:
    await world.ready(SESSION)
    world.server.stop()
    await world.until(lambda: world.state.over)
    room, dispatch = world.item(What.ROOM), world.item(What.DISPATCH)
    far = world.clock.wall() + 200
    world.janitor.put_item(dispatch.failed(dispatch.problem, now=far, answered=False, jitter=0.5))  # type: ignore[arg-type]  # it has failed
    before = len(world.server.called("delete_dispatch", "delete_room"))
    world.server.up = True
    await world.until(lambda: world.item(What.ROOM).state is ItemState.DONE)
    assert room.state is ItemState.WAITING
    since = world.server.called("delete_dispatch", "delete_room")[before:]
    assert since == ["delete_dispatch", "delete_room"]
    assert world.item(What.DISPATCH).state is ItemState.DONE


async def test_a_room_that_somebody_deletes_is_said_and_the_session_ends(world: World) -> None:
    await world.ready(SESSION)
    (room,) = world.server.rooms
    world.server.delete_room(room)
    await world.until(lambda: world.state.over)
    assert world.last(ProblemRaised).problem.code is ProblemCode.ROOM_GONE
    assert world.state.cleanup is CleanupResult.DONE


async def test_somebody_with_our_identity_puts_us_out(world: World) -> None:
    run = await world.ready(SESSION)
    run._room_says.link_changed(LinkState.LOST, "DUPLICATE_IDENTITY")
    await world.until(lambda: world.state.over)
    assert world.last(ProblemRaised).problem.code is ProblemCode.REPLACED
    assert world.server.rooms == {}
