"""What is thought of an agent while a conversation goes on, and what watching it costs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.events import AgentJoined, VerdictReached
from lktui.core.evidence import EVENT_LAG_S
from lktui.core.verdict import Outcome
from lktui.engine.pacer import Pacer
from lktui.engine.ports import Participant
from tests.support.clock import LoopClock
from tests.support.fakes.agents import DEAD, MUTE, NEVER_JOINING, RAW, SESSION, ZOMBIE
from tests.support.fakes.world import AGENT, World, profile

POLLS = ("dispatches", "participants")


def verdict_at(world: World, code: Outcome) -> float:
    """When a verdict was first reached."""
    return next(e.at for e in world.all(VerdictReached) if e.diagnosis.code is code)


def agent_says(world: World, event: pb.AgentSessionEvent) -> None:
    """Let the agent's session tell something."""
    body = pb.AgentSessionMessage(event=event).SerializeToString()
    world.runs[-1]._room_says.session_message(
        world.last(AgentJoined).identity, body, world.clock.monotonic()
    )


async def test_a_dead_agent_is_said_not_to_answer_then_to_be_lost(world: World) -> None:
    await world.ready(DEAD)
    joined_at = world.last(AgentJoined).at
    (room,) = world.server.rooms.values()
    await asyncio.sleep(joined_at + 1.0 + 22.4 - world.clock.monotonic())
    world.server.leave(room.name, world.agents[0], "CONNECTION_TIMEOUT")
    await world.until(lambda: Outcome.LOST in world.verdicts)
    assert world.verdicts[-3:] == [Outcome.READY, Outcome.UNRESPONSIVE, Outcome.LOST]
    assert verdict_at(world, Outcome.UNRESPONSIVE) - joined_at < 1.0 + 5.0 + 3.0 + 0.2
    assert verdict_at(world, Outcome.LOST) - joined_at < 1.0 + 22.4 + 1.1


async def test_a_closed_session_is_a_zombie_25_s_after_its_first_missed_ping(
    world: World,
) -> None:
    await world.ready(ZOMBIE)
    await world.until(lambda: Outcome.ZOMBIE in world.verdicts)
    assert world.verdicts[-3:] == [Outcome.READY, Outcome.UNRESPONSIVE, Outcome.ZOMBIE]
    waited_s = verdict_at(world, Outcome.ZOMBIE) - verdict_at(world, Outcome.UNRESPONSIVE)
    assert waited_s == pytest.approx(22.0, abs=0.2)


async def test_a_plain_agent_is_never_said_to_have_stopped(world: World) -> None:
    run = await world.ready(RAW)
    run.say("typed:1", "hello")
    await asyncio.sleep(120)
    assert Outcome.UNRESPONSIVE not in world.verdicts
    assert world.verdicts[-1] is Outcome.READY


async def test_an_agent_that_answers_again_is_ready_again(world: World) -> None:
    await world.ready(DEAD)
    await world.until(lambda: world.verdicts[-1] is Outcome.UNRESPONSIVE)
    agent_says(world, pb.AgentSessionEvent(user_state_changed={}))
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)


async def test_an_error_of_the_model_is_a_verdict_until_a_reply_comes(world: World) -> None:
    run = await world.ready(SESSION)
    said = "type='llm_error' label='x' error=APIError('out of money') recoverable=False"
    agent_says(world, pb.AgentSessionEvent(error={"message": said}))
    await world.until(lambda: world.verdicts[-1] is Outcome.REPLY_FAILED)
    assert world.state.diagnosis is not None
    assert world.state.diagnosis.summary == (
        "Alive, but the reply failed: “APIError('out of money')”"
    )
    run.say("typed:1", "again")
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)


async def test_an_error_that_the_agent_gets_over_by_itself_is_none(world: World) -> None:
    await world.ready(SESSION)
    said = "type='llm_error' error=APIError('busy') recoverable=True"
    agent_says(world, pb.AgentSessionEvent(error={"message": said}))
    await asyncio.sleep(5)
    assert world.verdicts[-1] is Outcome.READY


async def test_a_line_without_an_answer_is_a_verdict_after_the_reply_timeout(
    world: World,
) -> None:
    run = await world.ready(MUTE, profile(reply_timeout=7.0))
    asked_at = world.clock.monotonic()
    run.say("typed:1", "hello")
    await world.until(lambda: world.verdicts[-1] is Outcome.NO_REPLY)
    assert verdict_at(world, Outcome.NO_REPLY) - asked_at == pytest.approx(7.0, abs=0.1)


async def test_an_agent_that_takes_no_turn_of_ours_listens_to_who_else_is_there(
    world: World,
) -> None:
    world.server.join("lobby", Participant(identity="ann", name="Ann"))
    world.server.workers[AGENT] = SESSION
    run = await world.ready(MUTE, profile(room_name="lobby"))
    await asyncio.sleep(EVENT_LAG_S)
    run.say("typed:1", "hello")
    await world.until(lambda: world.verdicts[-1] is Outcome.NOT_LINKED)
    assert world.state.diagnosis is not None
    assert world.state.diagnosis.summary == "It listens to “Ann”, not to you"


async def test_a_second_agent_of_the_name_is_a_verdict_until_it_leaves(world: World) -> None:
    await world.ready(SESSION)
    (room,) = world.server.rooms.values()
    world.server.dispatch(room.name, AGENT)
    await world.until(lambda: world.verdicts[-1] is Outcome.DOUBLED)
    second = world.agents[-1]
    world.server.leave(room.name, second)
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)


async def test_a_lost_record_is_said_of_an_agent_that_outlived_the_server(world: World) -> None:
    await world.ready(SESSION)
    await asyncio.sleep(6)
    world.server.stop()
    await asyncio.sleep(1)
    world.server.start()
    await world.until(lambda: world.verdicts[-1] is Outcome.RECORD_LOST)
    assert world.state.ready


async def test_a_server_that_does_not_answer_is_not_the_agents_silence(world: World) -> None:
    await world.ready(DEAD)
    world.server.hold("participants")
    await asyncio.sleep(60)
    assert world.verdicts[-1] is Outcome.READY
    world.server.hold("participants").set()


# --- what it costs ------------------------------------------------------------------------------


async def test_a_quiet_agent_is_pinged_once_in_2_5_s_and_nothing_is_polled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await world.ready(SESSION)
    await asyncio.sleep(10)
    sent: list[float] = []
    link, send = run._link, run._link.send_session

    async def counting(request_id: str, body: bytes, identity: str) -> None:
        sent.append(world.clock.monotonic())
        await send(request_id, body, identity)

    monkeypatch.setattr(link, "send_session", counting)
    before = len(world.server.called(*POLLS))
    await asyncio.sleep(60)
    assert 23 <= len(sent) <= 24
    assert len(world.server.called(*POLLS)) == before


async def test_an_open_verdict_costs_a_request_a_second_after_the_first_three(
    world: World,
) -> None:
    world.start(NEVER_JOINING, profile(join_timeout=60.0))
    await asyncio.sleep(4)
    before = len(world.server.called(*POLLS))
    await asyncio.sleep(30)
    assert len(world.server.called(*POLLS)) - before <= 32


async def test_all_sessions_together_poll_ten_times_a_second_at_most(world: World) -> None:
    for _ in range(40):
        world.start(NEVER_JOINING, profile(join_timeout=30.0))
    await asyncio.sleep(30)
    times = [call.at for call in world.server.calls if call.name in POLLS]
    busiest = max(sum(1 for at in times if start <= at < start + 10) for start in times)
    assert busiest <= 101


async def test_who_waits_for_a_turn_in_vain_takes_none() -> None:
    pacer = Pacer(LoopClock())
    for _ in range(30):
        await pacer.turn()
    waiting = asyncio.create_task(pacer.turn())
    await asyncio.sleep(0)
    waiting.cancel()
    began = LoopClock().monotonic()
    await pacer.turn()
    assert LoopClock().monotonic() - began < 0.2


async def test_a_verdict_goes_to_the_head_of_the_line() -> None:
    pacer, order = Pacer(LoopClock()), []

    async def take(name: str, *, first: bool) -> None:
        await pacer.turn(first=first)
        order.append(name)

    for _ in range(30):
        await pacer.turn()
    tasks = [asyncio.create_task(take(name, first=name == "verdict")) for name in ("a", "verdict")]
    await asyncio.gather(*tasks)
    assert order == ["verdict", "a"]


async def test_a_lot_of_sessions_at_once_are_all_judged(world: World) -> None:
    world.server.workers[AGENT] = replace(SESSION)
    for _ in range(20):
        world.start(SESSION)
    await asyncio.sleep(3)
    assert sum(code is Outcome.READY for code in world.verdicts) == 20
