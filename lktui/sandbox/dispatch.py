"""Dispatches: asked for, listed, withdrawn; as little telling as the real server's.

A job is asked for at once and shows in the list later, a dispatch that nobody takes looks like
one that waits, and a job is RUNNING for ever (facts/livekit.md section 3).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable

from livekit.protocol import agent, agent_dispatch, models

from lktui.sandbox.delays import Delays
from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.rooms import Room
from lktui.sandbox.workers import Workers
from lktui.tasks import Tasks

_log = logging.getLogger(__name__)


class Census:
    """When the server last asked who has workers; while it asks, no job shows in any list.

    Args:
        takes_s: Seconds for which it asks.
        lasts_s: Seconds for which the answer is good, from the beginning of the question.
    """

    def __init__(self, takes_s: float, lasts_s: float) -> None:
        self._takes_s, self._lasts_s = takes_s, lasts_s
        self._began: float | None = None

    def forget(self) -> None:
        """Ask anew next time: a worker of a new name has registered."""
        self._began = None

    def shows_at(self, now: float) -> float:
        """Tell when a job that is asked for now may show; begins a census where none is good."""
        if self._began is None or now - self._began > self._lasts_s:
            self._began = now
        return max(now, self._began + self._takes_s)


class Dispatcher:
    """Turns dispatches into jobs.

    Args:
        workers: Who does them.
        delays: How late everything shows.
        tasks: Owns what goes on in the background.
    """

    def __init__(self, workers: Workers, delays: Delays, tasks: Tasks) -> None:
        self._workers, self._delays, self._tasks = workers, delays, tasks
        self.census = Census(delays.worker_census_s, delays.worker_cache_s)
        self._launches: dict[str, asyncio.Task[None]] = {}

    def create(
        self, room: Room, wanted: agent_dispatch.RoomAgentDispatch
    ) -> agent_dispatch.AgentDispatch:
        """Note that a room wants an agent, and look for one; no name means any unnamed worker."""
        dispatch = agent_dispatch.AgentDispatch(
            id=new_id(Prefix.DISPATCH),
            agent_name=wanted.agent_name,
            room=room.name,
            metadata=wanted.metadata,
            restart_policy=wanted.restart_policy,
            deployment=wanted.deployment,
            attributes=wanted.attributes,
            state=agent_dispatch.AgentDispatchState(created_at=time.time_ns()),
        )
        room.dispatches[dispatch.id] = dispatch
        launch = self._tasks.start(self._launch(room, dispatch))
        self._launches[dispatch.id] = launch
        launch.add_done_callback(lambda _: self._launches.pop(dispatch.id, None))
        return dispatch

    def create_all(self, room: Room, wanted: Iterable[agent_dispatch.RoomAgentDispatch]) -> None:
        """Begin what a new room wants; one that wants nothing takes any unnamed worker."""
        for one in list(wanted) or [agent_dispatch.RoomAgentDispatch()]:
            self.create(room, one)

    def delete(self, room: Room, dispatch_id: str) -> agent_dispatch.AgentDispatch | None:
        """Withdraw a dispatch: it is off the list at once, its jobs end later.

        Returns:
            The dispatch; None where there is none of that id.
        """
        dispatch = room.dispatches.pop(dispatch_id, None)
        if dispatch is not None:
            self._tasks.start(self._withdraw(room, dispatch))
        return dispatch

    def agent_left(self, job_id: str) -> None:
        """End the job whose agent has left its room."""
        self._workers.terminate(job_id)

    async def _launch(self, room: Room, dispatch: agent_dispatch.AgentDispatch) -> None:
        loop = asyncio.get_running_loop()
        shows_at = self.census.shows_at(loop.time())
        job = await self._job(room, dispatch)
        await asyncio.sleep(shows_at - loop.time())
        if job is not None:
            dispatch.state.jobs.append(job)
            if job.state.participant_identity:
                room.jobs[job.state.participant_identity] = job.id

    async def _job(self, room: Room, dispatch: agent_dispatch.AgentDispatch) -> agent.Job | None:
        if not self._workers.has(dispatch.agent_name):
            _log.info("no worker is called %r", dispatch.agent_name)
            return None
        await asyncio.sleep(self._delays.job_request_s)
        job = agent.Job(
            id=new_id(Prefix.JOB),
            dispatch_id=dispatch.id,
            type=agent.JT_ROOM,
            room=room.info,
            metadata=dispatch.metadata,
            agent_name=dispatch.agent_name,
            deployment=dispatch.deployment,
            attributes=dispatch.attributes,
            state=agent.JobState(),
        )
        try:
            async with asyncio.timeout(self._delays.job_answer_s):
                state = await self._workers.request(job)
        except TimeoutError:
            _log.info("no worker has answered for job %s", job.id)
            return None
        return None if state is None else job

    async def _withdraw(self, room: Room, dispatch: agent_dispatch.AgentDispatch) -> None:
        if launch := self._launches.get(dispatch.id):
            await asyncio.wait([launch])
        for listed in dispatch.state.jobs:
            job = self._workers.terminate(listed.id)
            if job is None:
                continue
            present = room.participants.get(job.state.participant_identity)
            if present is None:
                continue
            try:
                async with asyncio.timeout(self._delays.job_ends_s):
                    await present.gone.wait()
            except TimeoutError:
                _log.info("the agent of job %s did not leave", job.id)
            room.remove(present, models.PARTICIPANT_REMOVED)
