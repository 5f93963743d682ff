"""Pings: when they go out, which count as missed, and what a late answer changes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.events import AgentJoined, AgentPonged, VerdictReached
from lktui.core.problems import ProblemCode, problem
from lktui.core.verdict import Outcome
from lktui.engine.pinger import EVERY_S, MISS_S
from tests.support.clock import VirtualLoop
from tests.support.fakes.agents import RAW, SESSION, STARTING, Script
from tests.support.fakes.world import World

NOT_SENT = problem(ProblemCode.NOT_SENT, timeout="5 s")
LISTENING = replace(RAW, state="listening")
GRACE_S = 0.05


def at(world: World, code: Outcome) -> float:
    """When a verdict was first reached, seconds after the agent joined."""
    told = next(e.at for e in world.all(VerdictReached) if e.diagnosis.code is code)
    return told - world.last(AgentJoined).at


def sent(world: World) -> list[float]:
    """When pings went out, seconds after the agent joined."""
    joined_at = world.last(AgentJoined).at
    return [c.at - joined_at for c in world.server.calls if c.name == "send_session"]


async def joined(world: World, script: Script) -> None:
    """Start a session and wait for its agent."""
    world.start(script)
    await world.until(lambda: world.all(AgentJoined) != [])


def block(duration_s: float) -> None:
    """Do nothing for a while, as on a busy machine."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.block(duration_s)


async def test_the_first_ping_goes_out_when_the_agent_joins_and_is_answered(world: World) -> None:
    await joined(world, SESSION)
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert at(world, Outcome.READY) < GRACE_S
    assert len(sent(world)) == 1


async def test_an_agent_without_an_answer_gets_six_pings_in_its_first_two_seconds(
    world: World,
) -> None:
    await joined(world, LISTENING)
    await asyncio.sleep(2.0)
    assert sent(world) == pytest.approx([0, 0.1, 0.3, 0.7, 1.2, 1.7], abs=GRACE_S)


@pytest.mark.parametrize("script", [RAW, LISTENING])
async def test_a_plain_agent_is_present_when_three_pings_had_their_time(
    world: World, script: Script
) -> None:
    await joined(world, script)
    await world.until(lambda: Outcome.PRESENT in world.verdicts)
    assert at(world, Outcome.PRESENT) == pytest.approx(0.3 + MISS_S, abs=GRACE_S)


@pytest.mark.parametrize("starts_after_s", [0.31, 2.0, 9.7])
async def test_an_agent_that_begins_to_listen_is_pinged_at_once_and_asked_anew(
    world: World, starts_after_s: float
) -> None:
    """Pings from before its session had begun say nothing of it."""
    world.start(replace(STARTING, listens_after_s=starts_after_s, pongs_after_s=1.4))
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert Outcome.PRESENT not in world.verdicts


async def test_who_was_taken_for_a_plain_agent_stays_one_until_it_answers(world: World) -> None:
    """A first state that comes late takes nothing back: lines may have gone out."""
    world.start(Script(state="", listens_after_s=4.0, pongs_after_s=5.0))
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert world.verdicts == [Outcome.WAITING, Outcome.PRESENT, Outcome.READY]


async def test_a_first_state_before_that_has_it_asked_anew(world: World) -> None:
    world.start(Script(state="", listens_after_s=1.0, pongs_after_s=1.4))
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert Outcome.PRESENT not in world.verdicts


async def test_a_plain_agent_that_says_late_that_it_listens_is_asked_anew(world: World) -> None:
    await joined(world, replace(STARTING, listens_after_s=6.0, pongs_after_s=None))
    await world.until(lambda: Outcome.PRESENT in world.verdicts)
    assert at(world, Outcome.PRESENT) == pytest.approx(6.0 + 0.3 + MISS_S, abs=GRACE_S)


async def test_a_plain_agent_that_talks_is_not_pinged_for_every_state_it_sets(
    world: World,
) -> None:
    await joined(world, LISTENING)
    await asyncio.sleep(60)
    (room,) = world.server.rooms.values()
    before = len(sent(world))
    for state in ("thinking", "speaking", "listening") * 5:
        world.server.change_state(room, room.members[world.agents[0]], state)
        await asyncio.sleep(1.0)
    assert len(sent(world)) - before <= 15 / EVERY_S + 1


@pytest.mark.parametrize("pongs_after_s", [1.9, 4.0, 30.0])
async def test_a_late_pong_makes_ready_at_once(world: World, pongs_after_s: float) -> None:
    await joined(world, replace(LISTENING, pongs_after_s=pongs_after_s))
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert world.verdicts[-2:] == [Outcome.PRESENT, Outcome.READY]
    assert at(world, Outcome.READY) == pytest.approx(pongs_after_s, abs=GRACE_S)
    assert world.last(AgentPonged).pong_ms == pytest.approx(pongs_after_s * 1000, abs=50)


async def test_a_ping_that_is_slow_to_go_out_is_not_missed(world: World) -> None:
    gate = world.server.hold("send_session")
    await joined(world, SESSION)
    await asyncio.sleep(20.0)
    assert len(sent(world)) == 1
    assert world.verdicts[-1] is Outcome.WAITING
    gate.set()
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert Outcome.PRESENT not in world.verdicts


async def test_pings_that_were_never_sent_are_not_missed(world: World) -> None:
    world.server.fail("send_session", NOT_SENT, times=8)
    await joined(world, SESSION)
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert Outcome.PRESENT not in world.verdicts


async def test_a_pong_counts_though_the_send_has_not_returned(world: World) -> None:
    world.server.hold("send_session")
    await joined(world, SESSION)
    await world.called("send_session")
    request = next(iter(world.runs[0]._agents._waiting))[1]
    answer = pb.SessionResponse(request_id=request)
    answer.pong.SetInParent()
    body = pb.AgentSessionMessage(response=answer).SerializeToString()
    world.runs[0]._room_says.session_message(world.agents[0], body, world.clock.monotonic())
    await asyncio.sleep(GRACE_S)
    assert world.verdicts[-1] is Outcome.READY


async def test_a_pause_of_our_own_is_not_the_agents_silence_before_its_first_pong(
    world: World,
) -> None:
    await joined(world, replace(SESSION, pongs_after_s=1.4))
    await asyncio.sleep(0.35)
    block(10.0)
    await world.until(lambda: Outcome.READY in world.verdicts)
    assert Outcome.PRESENT not in world.verdicts


@pytest.mark.parametrize("when_s", [4.9, 5.05, 5.5, 6.2])
async def test_a_pause_of_our_own_is_not_the_silence_of_one_who_answered(
    world: World, when_s: float
) -> None:
    await world.ready(replace(SESSION, pongs_after_s=0.8))
    await asyncio.sleep(when_s)
    block(4.0)
    await asyncio.sleep(20)
    assert world.verdicts[-1] is Outcome.READY
    assert Outcome.UNRESPONSIVE not in world.verdicts


async def test_a_ping_that_could_not_be_sent_is_not_the_silence_of_one_who_answered(
    world: World,
) -> None:
    await world.ready(SESSION)
    world.server.fail("send_session", NOT_SENT, times=10)
    await asyncio.sleep(30)
    assert Outcome.UNRESPONSIVE not in world.verdicts


async def test_an_early_line_waits_for_a_listening_agents_first_pong(world: World) -> None:
    run = world.start(replace(STARTING, listens_after_s=3.0, pongs_after_s=1.4))
    await world.until(lambda: world.all(AgentJoined) != [])
    run.say("typed:1", "hello")
    await world.called("send_chat")
    assert world.verdicts[-1] is Outcome.READY


async def test_an_early_line_goes_to_a_plain_agent_once_that_is_settled(world: World) -> None:
    run = world.start(replace(STARTING, listens_after_s=3.0, pongs_after_s=None))
    await world.until(lambda: world.all(AgentJoined) != [])
    run.say("typed:1", "hello")
    await world.called("send_chat")
    assert world.verdicts[-1] is Outcome.PRESENT
