"""Who is taken for the session's agent, and what is thought of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from lktui.core.events import AgentGone, AgentJoined, JobsListed, Phase
from lktui.core.verdict import Outcome
from lktui.engine.ports import Participant
from tests.support.fakes.agents import (
    COLD,
    DEAD,
    DECLINING,
    LEAVING,
    MUTE,
    NEVER_JOINING,
    RAW,
    SESSION,
    SLOW,
    STARTING,
    STUCK,
    Script,
)
from tests.support.fakes.world import AGENT, World, profile

OTHERS = [
    Participant(identity="visitor", name=AGENT),
    Participant(identity="agent-AJ_avatar", name="face", is_agent=False, agent_name=AGENT),
    Participant(identity="agent-AJ_other", is_agent=True, agent_name="other", state="listening"),
]


def names(participant: Participant) -> str:
    return participant.identity


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (SESSION, Outcome.READY),
        (COLD, Outcome.READY),
        (STARTING, Outcome.READY),
        (SLOW, Outcome.READY),
        (MUTE, Outcome.READY),
        (RAW, Outcome.PRESENT),
        (replace(RAW, state="listening"), Outcome.PRESENT),
        (None, Outcome.NOT_TAKEN),
        (DECLINING, Outcome.REJECTED),
        (NEVER_JOINING, Outcome.NOT_JOINED),
        (STUCK, Outcome.NOT_READY),
    ],
)
async def test_the_first_verdict_is_that_of_the_table(
    world: World, script: Script | None, outcome: Outcome
) -> None:
    world.start(script)
    assert (await world.verdict()).code is outcome


async def test_nobody_is_blamed_before_the_job_list_is_true(world: World) -> None:
    began = world.clock.monotonic()
    world.start(None)
    await world.verdict()
    assert 5.5 <= world.clock.monotonic() - began < 6.5


async def test_a_declined_job_is_told_as_soon_as_it_is_listed(world: World) -> None:
    world.start(DECLINING)
    await world.verdict()
    assert world.clock.monotonic() < 1001.0
    assert world.last(JobsListed).jobs[0].identity == ""


async def test_a_missing_agent_is_given_up_after_the_join_timeout(world: World) -> None:
    world.start(NEVER_JOINING, profile(join_timeout=3.0))
    await world.verdict()
    assert 3.0 <= world.clock.monotonic() - 1000.0 < 4.2


async def test_an_agent_that_comes_after_the_verdict_is_taken_all_the_same(world: World) -> None:
    world.start(SLOW, profile(join_timeout=2.0))
    assert (await world.verdict()).code is Outcome.NOT_JOINED
    await world.until(lambda: world.state.ready)
    assert world.state.phase is Phase.TALKING


@pytest.mark.parametrize("other", OTHERS, ids=names)
async def test_somebody_else_in_the_room_is_not_taken_for_the_agent(
    world: World, other: Participant
) -> None:
    world.start(NEVER_JOINING, profile(room_name="lobby"))
    await world.until(lambda: bool(world.server.rooms))
    world.server.join("lobby", other, script=SESSION)
    assert (await world.verdict()).code is Outcome.NOT_JOINED
    assert world.all(AgentJoined) == []


async def test_an_agent_that_chose_its_own_identity_is_known_by_its_job(world: World) -> None:
    await world.ready(replace(SESSION, identity="my-bot"))
    assert world.last(AgentJoined).identity == "my-bot"


async def test_an_agent_of_the_same_name_that_was_there_is_not_ours(world: World) -> None:
    world.server.workers[AGENT] = SESSION
    world.server.dispatch("lobby", AGENT)
    await asyncio.sleep(1.0)
    (old,) = world.agents
    world.start(SESSION, profile(room_name="lobby"))
    await world.until(lambda: world.verdicts[-1:] == [Outcome.DOUBLED])
    assert world.last(AgentJoined).identity != old


async def test_an_agent_that_somebody_else_asked_for_gives_way_to_our_jobs(world: World) -> None:
    theirs = Participant(
        identity="agent-AJ_theirs", is_agent=True, agent_name=AGENT, state="listening"
    )
    world.start(replace(SLOW, listed_after_s=5.0), profile(room_name="lobby"))
    await world.until(lambda: bool(world.server.rooms))
    world.server.join("lobby", theirs, script=SESSION)
    await world.until(lambda: world.all(JobsListed) != [])
    await world.until(lambda: len(world.all(AgentJoined)) == 2)
    (job,) = world.last(JobsListed).jobs
    assert world.last(AgentJoined).identity == job.identity
    await world.until(lambda: world.verdicts[-1] is Outcome.DOUBLED)


async def test_one_who_left_within_a_batch_of_events_is_noticed_by_the_list(world: World) -> None:
    world.start(replace(RAW, leaves_after_s=1.0))
    assert (await world.verdict()).code is Outcome.LEFT
    assert world.last(AgentGone).reason == "not listed any more"
    assert world.clock.monotonic() < 1003.0


async def test_a_ready_agent_that_leaves_is_said_to_have_left(world: World) -> None:
    world.start(LEAVING)
    await world.until(lambda: Outcome.LEFT in world.verdicts)
    assert world.verdicts[-2:] == [Outcome.READY, Outcome.LEFT]


@pytest.mark.parametrize("latency_s", [0.05 * n for n in range(1, 13)])
async def test_a_list_that_was_read_before_the_join_does_not_send_the_agent_away(
    world: World, latency_s: float
) -> None:
    world.server.latency_s = latency_s
    world.start(SESSION)
    await world.verdict()
    await asyncio.sleep(5)
    assert world.all(AgentGone) == []
    assert world.verdicts[-1] is Outcome.READY


async def test_an_agent_that_seems_to_leave_and_join_again_is_still_asked(world: World) -> None:
    world.start(replace(SESSION, pongs_after_s=1.8))
    await world.until(lambda: world.all(AgentJoined) != [])
    listener = world.runs[0]._room_says
    (room,) = world.server.rooms.values()
    (member,) = [m for m in room.members.values() if m.participant.is_agent]
    listener.participant_left(member.participant.identity, "UNKNOWN_REASON")
    listener.participant_joined(member.participant)
    await world.until(lambda: world.state.ready)
    assert world.state.diagnosis is not None
    assert world.state.diagnosis.code in (Outcome.READY, Outcome.PRESENT)
    await world.until(lambda: Outcome.READY in world.verdicts)


async def test_a_plain_agent_that_joins_at_the_last_moment_is_not_blamed(world: World) -> None:
    world.start(replace(RAW, joins_after_s=2.9), profile(join_timeout=3.0))
    assert (await world.verdict()).code in (Outcome.PRESENT, Outcome.NOT_JOINED)
    await world.until(lambda: world.state.ready)
    assert Outcome.NOT_READY not in world.verdicts


async def test_a_plain_agent_is_ready_once_it_has_replied(world: World) -> None:
    run = await world.ready(RAW)
    assert world.verdicts[-1] is Outcome.PRESENT
    run.say("typed:1", "hello")
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)


async def test_a_dead_agent_is_not_said_to_have_left_while_the_server_keeps_it(
    world: World,
) -> None:
    await world.ready(DEAD)
    await asyncio.sleep(10)
    assert world.all(AgentGone) == []


async def test_a_job_that_vanishes_from_the_list_stops_no_judge(world: World) -> None:
    world.start(NEVER_JOINING)
    await world.until(lambda: world.all(JobsListed) != [])
    (room,) = world.server.rooms.values()
    (made,) = room.dispatches.values()
    made.job = None
    assert (await world.verdict()).code in (Outcome.NOT_TAKEN, Outcome.NOT_JOINED)


async def test_a_withdrawn_dispatch_is_said(world: World) -> None:
    world.start(NEVER_JOINING)
    await world.until(lambda: world.all(JobsListed) != [])
    (room,) = world.server.rooms.values()
    room.dispatches.clear()
    assert (await world.verdict()).code is Outcome.WITHDRAWN
