from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit.protocol import agent as proto

from lktui.clock import Clock, SystemClock
from lktui.sandbox.agents.demo_agents import DEMO_AGENTS, Behaviour, DemoAgent
from lktui.sandbox.agents.worker import MAX_JOBS, RefusedError, Worker
from tests.support.fakes.agent_desk import AgentDesk
from tests.support.waiting import PATIENCE_S

AGENTS = {agent.name: agent for agent in DEMO_AGENTS}


class Jobs:
    """Jobs that are done when the test says so; the room's name is not known to them."""

    def __init__(self) -> None:
        self.begun: list[Behaviour] = []
        self.cancelled = 0
        self.end = asyncio.Event()
        self.error: Exception | None = None

    async def do(
        self, agent: DemoAgent, behaviour: Behaviour, url: str, token: str, clock: Clock
    ) -> None:
        del agent, url, token, clock
        self.begun.append(behaviour)
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error


@asynccontextmanager
async def at_work(name: str = "support") -> AsyncIterator[tuple[AgentDesk, Jobs]]:
    jobs = Jobs()
    async with AgentDesk() as desk:
        worker = Worker(AGENTS[name], desk.server, SystemClock(), jobs.do)
        running = asyncio.get_running_loop().create_task(worker.run())
        await asyncio.wait_for(worker.registered.wait(), PATIENCE_S)
        try:
            yield desk, jobs
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_job_is_taken_done_and_reported() -> None:
    async with at_work() as (desk, jobs):
        assert (await desk.offer("AJ_1")).available
        await desk.assign("AJ_1")
        jobs.end.set()
        await desk.until("update_job", "AJ_1")
        assert jobs.begun == [Behaviour.TALK]
        assert desk.received[-1].update_job.status == proto.JobStatus.JS_SUCCESS


async def test_a_job_that_fails_is_reported_and_the_next_one_is_taken() -> None:
    async with at_work() as (desk, jobs):
        jobs.error = ValueError("what a job can do wrong")
        jobs.end.set()
        await desk.offer("AJ_1")
        await desk.assign("AJ_1")
        await desk.until("update_job", "AJ_1")
        report = desk.received[-1].update_job
        assert (report.status, report.error) == (proto.JobStatus.JS_FAILED, str(jobs.error))
        assert (await desk.offer("AJ_2")).available


async def test_a_job_that_is_terminated_ends_at_once() -> None:
    async with at_work() as (desk, jobs):
        await desk.offer("AJ_1")
        await desk.assign("AJ_1")
        await desk.terminate("AJ_1")
        await desk.until("update_job", "AJ_1")
        assert jobs.cancelled <= 1  # 0: it had not even begun


async def test_flaky_declines_takes_and_talks_and_begins_anew_after_a_success() -> None:
    async with at_work("flaky") as (desk, jobs):
        first = await desk.offer("AJ_1")
        assert (first.available, first.terminate) == (False, True)
        for job in ("AJ_2", "AJ_3"):
            assert (await desk.offer(job)).available
            await desk.assign(job)
        await desk.terminate("AJ_2")
        await desk.until("update_job", "AJ_2")
        assert (await desk.offer("AJ_4", room="another")).terminate
        jobs.end.set()
        await desk.until("update_job", "AJ_3")
        assert jobs.begun == [Behaviour.NEVER_JOIN, Behaviour.TALK]
        assert (await desk.offer("AJ_5")).terminate


async def test_a_job_that_was_never_accepted_is_not_done() -> None:
    async with at_work() as (desk, jobs):
        await desk.assign("AJ_stray")
        await desk.terminate("AJ_stray")
        assert (await desk.offer("AJ_1")).available
        assert jobs.begun == []


async def test_more_jobs_than_it_can_do_are_left_to_others() -> None:
    async with at_work() as (desk, _):
        for n in range(MAX_JOBS):
            assert (await desk.offer(f"AJ_{n}")).available
        answer = await desk.offer("AJ_too_many")
        assert (answer.available, answer.terminate) == (False, False)


async def test_a_lost_connection_is_made_anew_while_jobs_go_on() -> None:
    async with at_work() as (desk, jobs):
        await desk.offer("AJ_1")
        await desk.assign("AJ_1")
        assert (await desk.offer("AJ_2")).available
        await desk.drop()
        await desk.until("register", count=2)
        await desk.until("migrate_job")
        assert list(desk.received[-1].migrate_job.job_ids) == ["AJ_1"]
        assert jobs.cancelled == 0


async def test_bytes_that_are_no_message_end_the_connection_only() -> None:
    async with at_work() as (desk, _):
        await desk.send(b"\xff\xff\xff")
        await desk.until("register", count=2)
        assert (await desk.offer("AJ_1")).available


async def test_a_server_that_refuses_the_key_is_not_tried_again() -> None:
    async with AgentDesk() as desk:
        desk.refuses = True
        worker = Worker(AGENTS["support"], desk.server, SystemClock(), Jobs().do)
        with pytest.raises(RefusedError, match="does not accept the key"):
            await asyncio.wait_for(worker.run(), PATIENCE_S)


async def test_its_jobs_end_with_it() -> None:
    async with at_work() as (desk, jobs):
        await desk.offer("AJ_1")
        await desk.assign("AJ_1")
        await desk.offer("AJ_2")  # answered after the assignment was read
    assert jobs.cancelled == 1
