"""The server goes away in the middle: nothing is blamed on the agent, nothing is left behind."""

from __future__ import annotations

import asyncio

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.cleanup import ItemState, What
from lktui.core.events import (
    AgentGone,
    CleanupResult,
    LinkStalled,
    LinkState,
    MemoryRead,
    ProblemRaised,
)
from lktui.core.evidence import EVENT_LAG_S
from lktui.core.problems import ProblemCode
from lktui.core.verdict import Outcome
from tests.support.fakes.agents import DEAD, MUTE, SESSION
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


async def test_a_line_that_is_typed_as_we_are_back_waits_until_the_agent_has_seen_us(
    world: World,
) -> None:
    run = await world.ready(SESSION)
    await asyncio.sleep(6)
    world.server.stop()
    await asyncio.sleep(3)
    world.server.start()
    await world.until(lambda: world.state.gap is not None and world.state.gap.ended_at is not None)
    back_at = world.clock.monotonic()
    await asyncio.sleep(0.01)
    run.say("typed:1", "still there?")
    await world.until(lambda: "agent: echo: still there?" in world.lines)
    (sent_at,) = [call.at for call in world.server.calls if call.name == "send_chat"]
    assert sent_at - back_at >= EVENT_LAG_S - 1.0


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


async def test_a_stall_that_the_connection_outlives_is_told_and_not_blamed_on_the_agent(
    world: World,
) -> None:
    await world.ready(SESSION)
    await asyncio.sleep(12)
    verdicts, stall_s = len(world.verdicts), 9.0
    world.server.freeze()
    began = world.clock.monotonic()
    await asyncio.sleep(stall_s)
    world.server.thaw()
    await asyncio.sleep(20)
    (stalled,) = world.all(LinkStalled)
    assert began <= stalled.began_at <= began + 5.0
    assert stalled.at == pytest.approx(began + stall_s, abs=0.2)
    assert world.verdicts[verdicts:] == []
    assert world.state.gap is not None


@pytest.mark.parametrize("stall_s", [3.0, 4.0, 5.0, 6.0, 12.0])
async def test_no_stall_however_long_is_the_agents_silence(world: World, stall_s: float) -> None:
    await world.ready(SESSION)
    for _ in range(8):
        await asyncio.sleep(12.7)
        verdicts = len(world.verdicts)
        world.server.freeze()
        await asyncio.sleep(stall_s)
        world.server.thaw()
        await asyncio.sleep(5)
        assert world.verdicts[verdicts:] == []


async def test_a_stall_while_an_answer_is_owed_is_told(world: World) -> None:
    run = await world.ready(MUTE)
    await asyncio.sleep(12)
    run.say("typed:1", "hello")
    await asyncio.sleep(1)
    world.server.freeze()
    await asyncio.sleep(5)
    world.server.thaw()
    await asyncio.sleep(5)
    assert len(world.all(LinkStalled)) == 1


@pytest.mark.parametrize("late_s", [0.0, 2.0, 5.0])
async def test_what_a_cut_line_has_lost_comes_later_than_the_list_and_is_the_line_s_silence(
    world: World, late_s: float
) -> None:
    await world.ready(SESSION)
    await asyncio.sleep(12)
    verdicts, cut_s = len(world.verdicts), 9.0
    world.server.freeze()
    arrives = world.server.hold("send_session")
    began = world.clock.monotonic()
    await asyncio.sleep(cut_s)
    world.server.thaw()
    await asyncio.sleep(late_s)
    arrives.set()
    await asyncio.sleep(20)
    (stalled,) = world.all(LinkStalled)
    assert stalled.at == pytest.approx(began + cut_s + late_s, abs=0.5)
    assert world.verdicts[verdicts:] == []


async def test_a_cut_in_the_first_seconds_while_other_lists_are_owed_is_told_too(
    world: World,
) -> None:
    run = await world.ready(SESSION)
    run.say("typed:1", "hello")
    await asyncio.sleep(1)
    verdicts = len(world.verdicts)
    world.server.freeze()
    arrives = world.server.hold("send_session")
    run.say("typed:2", "are you there?")
    await asyncio.sleep(5)
    world.server.thaw()
    await asyncio.sleep(0.3)
    arrives.set()
    await asyncio.sleep(20)
    assert len(world.all(LinkStalled)) == 1
    assert world.verdicts[verdicts:] == []


async def test_an_agent_that_is_silent_long_after_the_line_is_back_is_blamed(world: World) -> None:
    await world.ready(SESSION)
    await asyncio.sleep(12)
    world.server.freeze()
    world.server.hold("send_session")
    await asyncio.sleep(9)
    world.server.thaw()
    await world.until(lambda: world.verdicts[-1] is Outcome.UNRESPONSIVE)
    assert world.all(LinkStalled) == []


async def test_a_slow_list_of_an_agent_that_answers_is_no_stall(world: World) -> None:
    await world.ready(SESSION)
    world.server.latency_s = 2.0
    await asyncio.sleep(60)
    assert world.all(LinkStalled) == []


async def test_an_agent_that_is_away_for_a_while_is_no_stall_of_the_server(world: World) -> None:
    world.server.latency_s = 0.4
    await world.ready(DEAD)
    await asyncio.sleep(15)
    identity = world.agents[0]
    run = world.runs[-1]
    event = pb.AgentSessionEvent(user_state_changed={})
    body = pb.AgentSessionMessage(event=event).SerializeToString()
    run._room_says.session_message(identity, body, world.clock.monotonic())
    await asyncio.sleep(10)
    assert world.all(LinkStalled) == []


async def test_a_gap_begins_when_nothing_was_heard_any_more_not_when_the_sdk_notices(
    world: World,
) -> None:
    run = await world.ready(SESSION)
    await asyncio.sleep(12)
    world.server.freeze()
    began = world.clock.monotonic()
    await asyncio.sleep(14)
    run._room_says.link_changed(LinkState.RECONNECTING, "")
    await asyncio.sleep(6)
    world.server.thaw()
    run._room_says.link_changed(LinkState.CONNECTED, "")
    await asyncio.sleep(5)
    gap = world.state.gap
    assert gap is not None
    assert gap.began_at - began <= 5.0
    assert gap.ended_at == pytest.approx(began + 20, abs=0.1)
    assert world.all(LinkStalled) == []
    assert world.all(MemoryRead)[-1].gap_began_at == gap.began_at


async def test_a_gap_is_not_older_than_the_loss_where_the_agent_alone_was_silent(
    world: World,
) -> None:
    run = await world.ready(DEAD)
    await asyncio.sleep(15)
    now = world.clock.monotonic()
    run._room_says.link_changed(LinkState.RECONNECTING, "")
    assert world.state.gap is not None
    assert world.state.gap.began_at == now


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
