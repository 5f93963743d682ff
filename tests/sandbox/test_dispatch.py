from __future__ import annotations

import asyncio
import time

import pytest
from livekit.protocol import agent, models
from livekit.protocol.agent_dispatch import RoomAgentDispatch

from lktui.sandbox.dispatch import Census
from tests.support.fakes.sandbox_world import (
    DutifulWorker,
    PassingWorker,
    RejectingWorker,
    Visitor,
    World,
    jobs,
)

ECHO = RoomAgentDispatch(agent_name="echo", metadata="m")
CENSUS_S = 5.0
COLD = CENSUS_S + 0.1
WARM = 0.5


async def warmed(world: World) -> None:
    """Let the server ask who has workers, so that the next jobs show at once."""
    world.room("warm")
    await asyncio.sleep(COLD)


def test_while_the_server_asks_for_workers_jobs_show_only_at_the_end() -> None:
    census = Census(5, 60)
    assert census.shows_at(100) == 105
    assert census.shows_at(103) == 105
    assert census.shows_at(110) == 110
    assert census.shows_at(161) == 166


def test_a_worker_of_a_new_name_makes_the_server_ask_anew() -> None:
    census = Census(5, 60)
    census.shows_at(100)
    census.forget()
    assert census.shows_at(110) == 115


async def test_a_job_is_done_long_before_it_shows(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    assert not dispatch.state.jobs
    await asyncio.sleep(WARM)
    (assigned,) = worker.assigned
    assert assigned.job.metadata == "m"
    assert jobs(room, dispatch) == []
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    assert job.state.status == agent.JS_RUNNING
    assert job.state.participant_identity == f"agent-{job.id}"


async def test_once_the_server_knows_the_workers_a_job_shows_at_once(world: World) -> None:
    DutifulWorker(world, "echo")
    await warmed(world)
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(WARM)
    assert len(jobs(room, dispatch)) == 1


async def test_a_name_that_no_worker_has_leaves_no_job_for_ever(world: World) -> None:
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    DutifulWorker(world, "echo")
    await asyncio.sleep(100)
    assert jobs(room, dispatch) == []


async def test_a_rejection_for_all_shows_as_a_success_of_nobody(world: World) -> None:
    RejectingWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    assert job.state.status == agent.JS_SUCCESS
    assert job.state.ended_at == job.state.started_at
    assert job.state.participant_identity == ""


async def test_a_rejection_for_itself_leaves_the_job_to_another_worker(world: World) -> None:
    passing = PassingWorker(world, "echo")
    room = world.room()
    first = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    assert jobs(room, first) == []
    other = DutifulWorker(world, "echo")
    second = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    assert len(jobs(room, second)) == len(other.assigned) == 1
    assert len(passing.asked) <= 2


@pytest.mark.parametrize(("after_s", "taken"), [(2.5, True), (3.5, False)])
async def test_a_worker_has_three_seconds_to_answer(
    world: World,
    after_s: float,
    taken: bool,  # noqa: FBT001 - a case
) -> None:
    worker = DutifulWorker(world, "echo", answers_after_s=after_s)
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(10)
    assert bool(jobs(room, dispatch)) is taken
    assert bool(worker.assigned) is taken


async def test_a_full_worker_is_not_asked(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    worker.worker.updated(agent.UpdateWorkerStatus(status=agent.WS_FULL))
    world.dispatcher.create(world.room(), ECHO)
    await asyncio.sleep(COLD)
    assert not worker.asked


async def test_a_job_runs_for_ever_even_when_its_worker_says_that_it_has_failed(
    world: World,
) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    worker.worker.job_updated(agent.UpdateJobStatus(job_id=job.id, status=agent.JS_FAILED))
    assert jobs(room, dispatch) == [job]


async def test_an_unnamed_worker_joins_every_room_that_wants_nobody_else(world: World) -> None:
    worker = DutifulWorker(world, "")
    room = world.room()
    await asyncio.sleep(WARM)
    assert [one.job.room.name for one in worker.assigned] == ["hall"]
    (implicit,) = room.dispatches.values()
    assert implicit.agent_name == ""


async def test_deleting_a_dispatch_ends_its_job_and_gives_the_agent_three_seconds(
    world: World,
) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    stuck = Visitor(room, job.state.participant_identity, kind="agent")
    assert world.dispatcher.delete(room, dispatch.id) is not None
    assert dispatch.id not in room.dispatches
    await asyncio.sleep(2.9)
    assert worker.ended == [job.id]
    assert room.participants
    await asyncio.sleep(0.2)
    assert not room.participants
    assert stuck.link.signals[-1].leave.reason == models.PARTICIPANT_REMOVED


async def test_a_young_dispatch_that_is_deleted_gets_its_agent_all_the_same(
    world: World,
) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    world.dispatcher.delete(room, dispatch.id)
    await asyncio.sleep(WARM)
    assert len(worker.assigned) == 1
    assert not worker.ended
    await asyncio.sleep(COLD)
    assert len(worker.ended) == 1


async def test_an_unknown_dispatch_cannot_be_deleted(world: World) -> None:
    assert world.dispatcher.delete(world.room(), "AD_unknown") is None


async def test_the_job_of_an_agent_that_leaves_is_ended(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    left = Visitor(room, job.state.participant_identity, kind="agent")
    room.remove(left.participant, models.CLIENT_INITIATED, tell=False)
    assert worker.ended == [job.id]


async def test_the_agent_of_a_dead_worker_stays(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    dispatch = world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    (job,) = jobs(room, dispatch)
    Visitor(room, job.state.participant_identity, kind="agent")
    world.workers.discard(worker.worker)
    world.dispatcher.delete(room, dispatch.id)
    await asyncio.sleep(10)
    assert room.participants


async def test_a_deleted_room_leaves_the_job_that_has_not_joined_alone(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    room = world.room()
    world.dispatcher.create(room, ECHO)
    await asyncio.sleep(COLD)
    world.directory.close(room, models.ROOM_DELETED)
    await asyncio.sleep(COLD)
    assert not worker.ended


async def test_an_agent_s_token_names_its_room_and_its_worker(world: World) -> None:
    worker = DutifulWorker(world, "echo")
    world.dispatcher.create(world.room(), ECHO)
    await asyncio.sleep(WARM)
    (assigned,) = worker.assigned
    grants = world.access.check(assigned.token, time.time())
    assert grants.require_join() == "hall"
    assert grants.attributes == {"lk.agent_name": "echo"}
    assert grants.kind == "agent"
    assert grants.video is not None
    assert grants.video.can_update_own_metadata
