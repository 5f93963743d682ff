"""A retry never makes two agents answer (facts/livekit.md section 3, "Safe retry")."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from lktui.core.cleanup import OVER, What
from lktui.core.events import DispatchSent, JobsListed, Phase, ProblemRaised, RetryPlanned, Step
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.verdict import Outcome
from tests.support.fakes.agents import (
    COLD,
    DEAD,
    DECLINING,
    NEVER_JOINING,
    RAW,
    SESSION,
    SLOW,
    STUCK,
    ZOMBIE,
    Script,
)
from tests.support.fakes.livekit import Call
from tests.support.fakes.world import AGENT, TOKEN_ONLY, World, profile

UNAVAILABLE = problem(ProblemCode.SERVER_ERROR, what="unavailable")


class MostAtOnce:
    """Watches how many dispatches and living agents of the name there are at any time."""

    def __init__(self, world: World) -> None:
        self.dispatches = self.agents = 0
        self._world = world
        world.server.on_call = self._look

    def _look(self, _call: Call) -> None:
        rooms = self._world.server.rooms.values()
        self.dispatches = max([self.dispatches, *(len(room.dispatches) for room in rooms)])
        self.agents = max(self.agents, len(self._world.agents))


async def second(world: World) -> None:
    """Wait until the second dispatch was sent."""
    await world.until(lambda: len(world.all(DispatchSent)) == 2)


def sent_at(world: World) -> float:
    return [call.at for call in world.server.calls if call.name == "create_dispatch"][-1]


# --- the rows of the facts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "least_s", "most_s"),
    [
        (SESSION, 0.0, 0.3),
        (RAW, 0.0, 0.3),
        (STUCK, 3.0, 3.5),
        (DEAD, 4.0, 4.5),
        (ZOMBIE, 0.0, 2.0),
        (NEVER_JOINING, 0.0, 0.2),
    ],
    ids=["session", "raw", "stuck", "dead", "zombie", "never_joined"],
)
async def test_the_old_agent_is_gone_before_the_new_one_is_asked_for(
    world: World, script: Script, least_s: float, most_s: float
) -> None:
    most = MostAtOnce(world)
    run = world.start(script)
    await world.verdict()
    await asyncio.sleep(3)
    began = world.clock.monotonic()
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=True)
    await second(world)
    assert least_s <= sent_at(world) - began <= most_s
    assert most.dispatches == 1
    await world.until(lambda: world.state.ready and world.state.phase is Phase.TALKING)
    assert most.agents <= 1
    assert len(world.agents) == 1


async def test_a_dead_agent_is_removed_after_four_seconds(world: World) -> None:
    run = await world.ready(DEAD)
    await asyncio.sleep(3)
    (old,) = world.agents
    run.retry(replace_live=True)
    await second(world)
    assert old not in world.agents
    assert world.server.called("remove_participant") == ["remove_participant"]
    assert world.retry_texts[-2:] == [f"remove {old}", "dispatch again; same metadata"]


async def test_a_healthy_agent_needs_no_removing(world: World) -> None:
    run = await world.ready(SESSION)
    run.retry(replace_live=True)
    await second(world)
    assert world.server.called("remove_participant") == []


async def test_a_young_dispatch_is_left_alone_until_the_list_is_true(world: World) -> None:
    most = MostAtOnce(world)
    run = world.start(replace(COLD, joins_after_s=None))
    await world.until(lambda: Step.DISPATCH in world.steps and world.state.phase is Phase.WAITING)
    first_at = sent_at(world)
    run.retry(replace_live=False)
    await world.until(lambda: world.server.called("delete_dispatch") != [])
    (deleted_at,) = [call.at for call in world.server.calls if call.name == "delete_dispatch"]
    assert deleted_at - first_at >= 5.5
    assert any(text.startswith("look: the list is true in ") for text in world.retry_texts)
    await second(world)
    assert most.dispatches == 1


async def test_an_agent_that_comes_while_the_retry_waits_is_not_replaced(world: World) -> None:
    run = world.start(replace(COLD, joins_after_s=3.0))
    await world.until(lambda: Step.DISPATCH in world.steps and world.state.phase is Phase.WAITING)
    run.retry(replace_live=False)
    await world.until(lambda: any("not replaced" in text for text in world.notices))
    assert world.server.called("delete_dispatch") == []
    assert len(world.agents) == 1
    assert world.state.ready
    assert world.state.phase is Phase.TALKING


async def test_an_empty_list_that_is_true_needs_no_waiting(world: World) -> None:
    run = world.start(None)
    await world.verdict()
    began = world.clock.monotonic()
    run.retry(replace_live=False)
    await second(world)
    assert sent_at(world) - began < 0.2


async def test_a_declined_job_is_asked_for_again_at_once(world: World) -> None:
    run = world.start(DECLINING)
    await world.verdict()
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await world.until(lambda: world.state.ready)
    assert world.state.attempts[-1].n == 2


# --- who is alive -------------------------------------------------------------------------------


async def test_an_agent_that_answers_is_not_replaced_unasked(world: World) -> None:
    run = await world.ready(SESSION)
    (agent,) = world.agents
    run.retry(replace_live=False)
    await world.until(lambda: world.notices != [])
    assert world.notices == [f"not replaced: {agent} is alive and answers"]
    assert world.server.called("delete_dispatch", "remove_participant") == []
    assert world.state.phase is Phase.TALKING


async def test_a_plain_agent_that_has_replied_is_not_replaced_unasked(world: World) -> None:
    run = await world.ready(RAW)
    run.say("typed:1", "hello")
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)
    run.retry(replace_live=False)
    await world.until(lambda: world.notices != [])
    assert len(world.agents) == 1
    assert world.server.called("delete_dispatch") == []


@pytest.mark.parametrize("script", [DEAD, ZOMBIE], ids=["dead", "zombie"])
async def test_an_agent_that_answers_no_more_is_replaced_unasked(
    world: World, script: Script
) -> None:
    run = await world.ready(script)
    await asyncio.sleep(3)
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await second(world)
    await world.until(lambda: world.state.ready)


async def test_the_answering_agent_is_replaced_when_a_person_has_agreed(world: World) -> None:
    run = await world.ready(SESSION)
    (old,) = world.agents
    run.retry(replace_live=True)
    await second(world)
    await world.until(lambda: world.state.ready)
    assert old not in world.agents


# --- old identities -----------------------------------------------------------------------------


async def test_an_old_agent_that_joins_late_is_put_out_and_not_taken(world: World) -> None:
    run = world.start(replace(SLOW, joins_after_s=9.0), profile(join_timeout=2.0))
    await world.verdict()
    (job,) = world.last(JobsListed).jobs
    world.server.workers[AGENT] = NEVER_JOINING
    run.retry(replace_live=False)
    await second(world)
    await world.until(lambda: Step.AGENT_REMOVED in world.steps)
    assert job.identity not in world.agents
    assert world.state.agent is None


async def test_an_old_identity_is_let_in_again_after_twenty_seconds(world: World) -> None:
    run = world.start(replace(SLOW, joins_after_s=60.0), profile(join_timeout=2.0))
    await world.verdict()
    world.server.workers[AGENT] = NEVER_JOINING
    run.retry(replace_live=False)
    await second(world)
    await asyncio.sleep(70)
    assert world.server.called("remove_participant") == []
    assert Step.AGENT_REMOVED not in world.steps


async def test_the_agent_of_a_dispatch_that_somebody_withdrew_is_kept_out(world: World) -> None:
    run = world.start(replace(SLOW, joins_after_s=6.0))
    await world.until(lambda: world.all(JobsListed) != [])
    (room,) = world.server.rooms.values()
    (job,) = world.last(JobsListed).jobs
    room.dispatches.clear()
    assert (await world.verdict()).code is Outcome.WITHDRAWN
    world.server.workers[AGENT] = NEVER_JOINING
    run.retry(replace_live=False)
    await second(world)
    await world.until(lambda: Step.AGENT_REMOVED in world.steps)
    assert job.identity not in world.agents
    assert world.state.agent is None


async def test_an_agent_whose_dispatch_record_is_lost_is_removed_all_the_same(
    world: World,
) -> None:
    most = MostAtOnce(world)
    run = await world.ready(SESSION)
    (room,) = world.server.rooms.values()
    room.dispatches.clear()  # as after a restart of the server: nobody ends its job
    run.retry(replace_live=True)
    await second(world)
    await world.until(lambda: world.state.ready and world.state.phase is Phase.TALKING)
    assert most.agents <= 1
    assert len(world.agents) == 1


# --- one at a time, and what fails ----------------------------------------------------------------


async def test_a_second_retry_is_refused_while_one_is_under_way(world: World) -> None:
    run = world.start(STUCK)
    await world.verdict()
    run.retry(replace_live=True)
    run.retry(replace_live=True)
    assert world.notices == [f"already retrying {world.state.room}"]
    await second(world)
    assert len(world.server.called("create_dispatch")) == 2


async def test_a_retry_carries_the_same_metadata(world: World) -> None:
    run = world.start(None, profile(metadata="m"))
    await world.verdict()
    run.retry(replace_live=False)
    await second(world)
    (room,) = world.server.rooms.values()
    assert [made.metadata for made in room.dispatches.values()] == ["m"]


async def test_a_retry_that_fails_says_why_and_can_be_tried_again(world: World) -> None:
    most = MostAtOnce(world)
    run = world.start(NEVER_JOINING)
    await world.verdict()
    world.server.fail("delete_dispatch", UNAVAILABLE)
    run.retry(replace_live=False)
    await world.until(lambda: world.all(ProblemRaised) != [])
    assert not world.last(ProblemRaised).fatal
    assert not world.state.over
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await world.until(lambda: world.state.ready)
    assert most.dispatches == 1


async def test_a_call_whose_answer_was_lost_is_looked_for_and_not_sent_again(
    world: World,
) -> None:
    run = world.start(None)
    await world.verdict()
    world.server.workers[AGENT] = SESSION
    world.server.fail("create_dispatch", problem(ProblemCode.SERVER_LOST), landed=True)
    run.retry(replace_live=False)
    await world.until(lambda: world.state.ready)
    assert len(world.server.called("create_dispatch")) == 2
    assert Step.LOOKED in world.steps
    assert len(world.agents) == 1


async def test_a_call_that_failed_outright_is_sent_again_as_often_as_the_profile_says(
    world: World,
) -> None:
    world.server.fail("create_dispatch", UNAVAILABLE, times=2)
    world.start(SESSION, profile(dispatch_retries=2, dispatch_retry_delay=3.0))
    await world.until(lambda: world.state.ready)
    sent = [call.at for call in world.server.calls if call.name == "create_dispatch"]
    assert len(sent) == 3
    assert all(later - earlier >= 3.0 for earlier, later in pairwise(sent))
    assert [event.last for event in world.all(RetryPlanned)] == [False, True]
    assert world.state.attempts[-1].n == 1


async def test_an_unasked_retry_is_planned_said_and_counted(world: World) -> None:
    world.start(None, profile(auto_retry=True, dispatch_retries=2, dispatch_retry_delay=2.0))
    await world.until(lambda: len(world.state.attempts) == 3)
    await asyncio.sleep(30)
    assert [event.last for event in world.all(RetryPlanned)] == [False, True]
    assert len(world.state.attempts) == 3
    assert world.verdicts[-1] is Outcome.NOT_TAKEN


async def test_without_auto_retry_no_verdict_is_retried(world: World) -> None:
    world.start(None)
    await world.verdict()
    await asyncio.sleep(60)
    assert len(world.state.attempts) == 1


async def test_an_agent_that_comes_before_a_planned_retry_stays(world: World) -> None:
    script = replace(SLOW, joins_after_s=3.0)
    world.start(script, profile(auto_retry=True, join_timeout=2.0, dispatch_retry_delay=5.0))
    await world.until(lambda: world.state.ready)
    await asyncio.sleep(30)
    assert len(world.server.called("create_dispatch")) == 1


@pytest.mark.parametrize("code", [ProblemCode.CONNECT_TIMEOUT, ProblemCode.SERVER_LOST])
async def test_a_dispatch_whose_answer_was_lost_is_not_doubled_by_the_next_retry(
    world: World, code: ProblemCode
) -> None:
    run = world.start(None, profile(dispatch_retries=0))
    await world.verdict()
    world.server.workers[AGENT] = SESSION
    world.server.fail("create_dispatch", problem(code), landed=True)

    def blind(call: Call) -> None:
        if call.name == "create_dispatch":
            world.server.fail("dispatches", problem(code))

    world.server.on_call = blind
    run.retry(replace_live=False)
    await world.until(lambda: world.all(ProblemRaised) != [])
    world.server.on_call = lambda _call: None
    run.retry(replace_live=True)
    await second(world)
    await asyncio.sleep(8)
    assert len(world.agents) == 1
    (room,) = world.server.rooms.values()
    assert len(room.dispatches) == 1


async def test_an_end_in_the_middle_of_a_retry_leaves_nothing(world: World) -> None:
    run = world.start(None)
    await world.verdict()
    world.server.workers[AGENT] = SLOW
    gate = world.server.hold("create_dispatch")
    run.retry(replace_live=False)
    await world.called("create_dispatch", 2)
    end = run.end()
    await asyncio.sleep(0.2)
    gate.set()
    await end
    assert world.server.rooms == {}
    assert world.agents == []
    assert world.item(What.DISPATCH).state in OVER


async def test_a_retry_during_the_opening_is_refused(world: World) -> None:
    world.server.hold("create_room")
    run = world.start(SESSION)
    await world.called("create_room")
    run.retry(replace_live=False)
    assert world.notices == ["not now: the first attempt is still under way"]
    world.server.hold("create_room").set()


async def test_an_automatic_agent_cannot_be_dispatched_again(world: World) -> None:
    run = world.start(None, profile(dispatch_mode=DispatchMode.AUTO))
    await world.verdict()
    run.retry(replace_live=False)
    assert world.notices == ["not now: this session cannot be dispatched again; start a new one"]


async def test_without_a_key_nothing_is_dispatched_again(world: World) -> None:
    run = world.start(None, TOKEN_ONLY)
    await world.verdict()
    run.retry(replace_live=False)
    assert len(world.notices) == 1
    assert world.server.called("create_dispatch") == []


async def test_a_retry_whose_dispatch_is_refused_is_a_verdict_and_can_be_tried_again(
    world: World,
) -> None:
    run = world.start(None, profile(dispatch_retries=0))
    await world.verdict()
    world.server.fail("create_dispatch", UNAVAILABLE)
    run.retry(replace_live=False)
    await world.until(lambda: len(world.state.attempts) == 2 and world.state.failed)
    assert world.state.diagnosis is not None
    assert world.state.diagnosis.words == "server error"
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await world.until(lambda: world.state.ready)
