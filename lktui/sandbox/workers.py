"""The workers that are registered, and the jobs that they do."""

from __future__ import annotations

import asyncio
import logging
import random
import time

import msgspec
from livekit.protocol import agent

from lktui.sandbox.access import Access, Grants, Video
from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.participants import SignalLink

_log = logging.getLogger(__name__)

_TOKEN_S = 3600.0
_NAME_ATTRIBUTE = "lk.agent_name"
_ENDED = (agent.JS_SUCCESS, agent.JS_FAILED)
MAX_WORKERS = 200


class Worker:
    """One registered worker.

    Args:
        link: Its connection.
        request: How it registered.
    """

    def __init__(self, link: SignalLink, request: agent.RegisterWorkerRequest) -> None:
        self.id = new_id(Prefix.WORKER)
        self.name = request.agent_name
        self._link = link
        self._may = _permissions(request)
        self.load = 0.0
        self.is_available = True
        self.running: dict[str, agent.Job] = {}
        self._answers: dict[str, asyncio.Future[agent.AvailabilityResponse]] = {}

    def send(self, message: agent.ServerMessage) -> None:
        """Tell the worker something."""
        self._link.send(message.SerializeToString())

    def answered(self, answer: agent.AvailabilityResponse) -> None:
        """Take the worker's answer; one that comes too late is nobody's."""
        waiting = self._answers.pop(answer.job_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def updated(self, status: agent.UpdateWorkerStatus) -> None:
        """Note how busy it says it is."""
        if status.HasField("status"):
            self.is_available = status.status == agent.WS_AVAILABLE
        self.load = status.load

    def job_updated(self, update: agent.UpdateJobStatus) -> None:
        """Note that a job has ended; a dispatch never tells (facts/livekit.md section 3)."""
        if update.status in _ENDED:
            self.running.pop(update.job_id, None)

    async def ask(self, job: agent.Job) -> agent.AvailabilityResponse:
        """Ask whether it takes a job."""
        answer: asyncio.Future[agent.AvailabilityResponse]
        answer = self._answers[job.id] = asyncio.get_running_loop().create_future()
        try:
            self.send(agent.ServerMessage(availability=agent.AvailabilityRequest(job=job)))
            return await answer
        finally:
            self._answers.pop(job.id, None)

    def assign(self, job: agent.Job, answer: agent.AvailabilityResponse, access: Access) -> None:
        """Give it a job that it wants, with a token for the job's agent."""
        grants = Grants(
            identity=answer.participant_identity,
            name=answer.participant_name,
            metadata=answer.participant_metadata,
            attributes={**answer.participant_attributes, _NAME_ATTRIBUTE: self.name},
            kind="agent",
            video=msgspec.structs.replace(self._may, room=job.room.name),
        )
        token = access.sign(grants, _TOKEN_S)
        self.send(agent.ServerMessage(assignment=agent.JobAssignment(job=job, token=token)))
        self.running[job.id] = job

    def terminate(self, job_id: str) -> agent.Job | None:
        """Tell it to end a job; None where it has none of that id."""
        job = self.running.pop(job_id, None)
        if job is not None:
            self.send(agent.ServerMessage(termination=agent.JobTermination(job_id=job_id)))
        return job

    def lost(self) -> None:
        """Note that its connection is over: nobody waits for an answer of it any longer."""
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result(agent.AvailabilityResponse())
        self.running.clear()


class Workers:
    """All registered workers.

    Args:
        access: Signs the tokens of agents.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._workers: list[Worker] = []

    def __len__(self) -> int:
        return len(self._workers)

    def add(self, worker: Worker) -> bool:
        """Take a worker in; whether it is the first of its name."""
        is_first = not self.has(worker.name)
        self._workers.append(worker)
        _log.info("worker %s registered as %r", worker.id, worker.name)
        return is_first

    def discard(self, worker: Worker) -> None:
        """Let a worker go."""
        self._workers.remove(worker)
        worker.lost()
        _log.info("worker %s is gone", worker.id)

    def has(self, name: str) -> bool:
        """Tell whether there is a worker of this name."""
        return any(worker.name == name for worker in self._workers)

    async def request(self, job: agent.Job) -> agent.JobState | None:
        """Ask the workers of the job's name, one after the other, until one takes it.

        Returns:
            What becomes of it: running, or success where a worker has declined it for all; None
            where nobody takes it. The reason is only in the log.
        """
        asked: set[str] = set()
        while worker := self._choose(job.agent_name, asked):
            asked.add(worker.id)
            now = time.time_ns()
            job.state.CopyFrom(
                agent.JobState(
                    status=agent.JS_RUNNING, worker_id=worker.id, started_at=now, updated_at=now
                )
            )
            answer = await worker.ask(job)
            if answer.terminate:
                job.state.status, job.state.ended_at = agent.JS_SUCCESS, now
                return job.state
            if answer.available:
                job.state.participant_identity = answer.participant_identity
                worker.assign(job, answer, self._access)
                return job.state
            _log.info("worker %s does not take job %s", worker.id, job.id)
        _log.info("no worker takes job %s of %r", job.id, job.agent_name)
        return None

    def terminate(self, job_id: str) -> agent.Job | None:
        """End a job; None where no worker has it."""
        for worker in self._workers:
            if job := worker.terminate(job_id):
                return job
        return None

    def _choose(self, name: str, asked: set[str]) -> Worker | None:
        able = [
            worker
            for worker in self._workers
            if worker.name == name and worker.is_available and worker.id not in asked
        ]
        weights = [max(0.0, 1.0 - worker.load) for worker in able]
        if not sum(weights):
            return None
        return random.choices(able, weights)[0]  # noqa: S311 - shares load, hides nothing


def _permissions(request: agent.RegisterWorkerRequest) -> Video:
    if not request.HasField("allowed_permissions"):
        return Video(
            room_join=True,
            agent=True,
            can_publish=True,
            can_publish_data=True,
            can_subscribe=True,
            can_update_own_metadata=True,
        )
    allowed = request.allowed_permissions
    return Video(
        room_join=True,
        agent=True,
        hidden=allowed.hidden,
        can_publish=allowed.can_publish,
        can_publish_data=allowed.can_publish_data,
        can_subscribe=allowed.can_subscribe,
        can_update_own_metadata=allowed.can_update_metadata,
    )
