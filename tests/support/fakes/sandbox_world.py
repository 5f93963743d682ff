"""The sandbox without sockets and HTTP: rooms, dispatches and workers, for virtual time."""

from __future__ import annotations

import asyncio

from aiortc import RTCCertificate
from livekit.protocol import agent, agent_dispatch
from livekit.protocol import room as room_messages

from lktui.sandbox.access import Access, Grants, Video
from lktui.sandbox.delays import Delays
from lktui.sandbox.directory import Directory
from lktui.sandbox.dispatch import Dispatcher
from lktui.sandbox.ice import UdpPort
from lktui.sandbox.participants import Participant
from lktui.sandbox.rooms import Room, Surroundings
from lktui.sandbox.workers import Worker, Workers
from lktui.tasks import Tasks
from tests.support.fakes.signal_link import FakeLink


class World:
    """A server without its HTTP side, as late as the real one."""

    def __init__(self, certificate: RTCCertificate) -> None:
        delays = Delays()
        self.access = Access("devkey", "a secret that is long enough for HS256")
        self.tasks = Tasks("a test")
        self.workers = Workers(self.access)
        self.dispatcher = Dispatcher(self.workers, delays, self.tasks)
        self.port = UdpPort()
        self.renewed: list[str] = []
        around = Surroundings(
            delays=delays,
            port=self.port,
            certificate=certificate,
            tasks=self.tasks,
            on_agent_left=self.dispatcher.agent_left,
            on_claims_changed=self._renewed,
        )
        self.directory = Directory(
            around, on_created=self._created, sweep_token=lambda _participant: None
        )

    def room(
        self, name: str = "hall", *, empty_timeout: int = 0, departure_timeout: int = 0
    ) -> Room:
        """Get or create a room."""
        request = room_messages.CreateRoomRequest(
            name=name, empty_timeout=empty_timeout, departure_timeout=departure_timeout
        )
        return self.directory.get_or_create(request)

    async def close(self) -> None:
        """End what goes on."""
        await self.tasks.cancel()
        self.port.close()

    def _created(self, made: Room, request: room_messages.CreateRoomRequest) -> None:
        self.dispatcher.create_all(made, request.agents)

    def _renewed(self, participant: Participant) -> None:
        self.renewed.append(participant.identity)


class Visitor:
    """Somebody in a room, whose data connection is open at once."""

    def __init__(
        self, room: Room, identity: str, *, kind: str = "standard", video: Video | None = None
    ) -> None:
        grants = Grants(identity=identity, kind=kind, video=video or Video(room=room.name))
        self.link = FakeLink()
        self.participant = Participant(room, grants, self.link)
        self.joined = room.join(self.participant)
        self.participant.opened()

    def knows(self, identity: str) -> bool:
        """Whether it was told of another since it came."""
        return bool(self.link.told_of(identity))


class DutifulWorker:
    """A worker that takes every job, after a while."""

    def __init__(self, world: World, name: str, *, answers_after_s: float = 0.0) -> None:
        self.link = FakeLink()
        self.worker = Worker(self.link, agent.RegisterWorkerRequest(agent_name=name))
        self._answers_after_s = answers_after_s
        self._answered: set[str] = set()
        if world.workers.add(self.worker):
            world.dispatcher.census.forget()
        world.tasks.start(self._work())

    @property
    def asked(self) -> list[agent.Job]:
        """The jobs that it was asked to take."""
        return [one.availability.job for one in self._got("availability")]

    @property
    def assigned(self) -> list[agent.JobAssignment]:
        """The jobs that it was given."""
        return [one.assignment for one in self._got("assignment")]

    @property
    def ended(self) -> list[str]:
        """The jobs that it was told to end."""
        return [one.termination.job_id for one in self._got("termination")]

    def answer(self, job: agent.Job) -> agent.AvailabilityResponse:
        """Decide about a job."""
        return agent.AvailabilityResponse(
            job_id=job.id, available=True, participant_identity=f"agent-{job.id}"
        )

    def _got(self, kind: str) -> list[agent.ServerMessage]:
        return [one for one in self.link.to_worker if one.WhichOneof("message") == kind]

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(0.01)
            for job in self.asked:
                if job.id not in self._answered:
                    self._answered.add(job.id)
                    await asyncio.sleep(self._answers_after_s)
                    self.worker.answered(self.answer(job))


class RejectingWorker(DutifulWorker):
    """A worker that declines every job, for all workers or only for itself."""

    terminates = True

    def answer(self, job: agent.Job) -> agent.AvailabilityResponse:
        """Decline."""
        return agent.AvailabilityResponse(job_id=job.id, terminate=self.terminates)


class PassingWorker(RejectingWorker):
    """A worker that leaves every job to the others."""

    terminates = False


def jobs(room: Room, dispatch: agent_dispatch.AgentDispatch) -> list[agent.Job]:
    """Give the jobs that ListDispatch would show now."""
    return list(room.dispatches[dispatch.id].state.jobs)
