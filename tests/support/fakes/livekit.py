"""A small honest LiveKit in memory: rooms, participants, dispatches, jobs and their delays.

It answers as an open-source server was seen to (facts/livekit.md sections 2 to 5): CreateDispatch
always succeeds, a job stays running whatever becomes of its agent, presence events come in
batches, a late agent makes a deleted room anew. Rooms do not time out here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TypeVar

from lktui.core.events import LinkState, ListedRoom
from lktui.core.evidence import Job, JobStatus
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.engine.ports import DispatchRecord, LinkListener, Participant, Topic
from tests.support.clock import START_S
from tests.support.fakes.agents import Answer, Script
from tests.support.fakes.still_clock import NOON

_T = TypeVar("_T")
GIVES_UP_S = 17.5
"""So long after a server's death the SDK says `disconnected`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it reached the server."""

    name: str
    room: str
    at: float


@dataclass(slots=True)
class Dispatch:
    """What CreateDispatch made."""

    id: str
    agent_name: str
    metadata: str
    made_at: float
    script: Script | None
    job: Job | None = None
    deleted_at: float | None = None

    @property
    def record(self) -> DispatchRecord:
        """The dispatch as it is listed now."""
        listed = self.job is not None and self.script is not None and self._age >= self._listed_s
        return DispatchRecord(
            id=self.id,
            agent_name=self.agent_name,
            jobs=(self.job,) if listed and self.job else (),
            metadata=self.metadata,
            made_at=NOON + self.made_at - START_S,
        )

    @property
    def _age(self) -> float:
        return asyncio.get_running_loop().time() - self.made_at

    @property
    def _listed_s(self) -> float:
        return self.script.listed_after_s if self.script else 0.0


@dataclass(slots=True, eq=False)
class Member:
    """Somebody in a room."""

    participant: Participant
    joined_at: float
    listener: LinkListener | None = None
    script: Script | None = None
    announced: bool = False
    linked: str = ""
    """The identity that an agent listens to."""


@dataclass(slots=True)
class Room:
    """One room."""

    name: str
    sid: str
    made_at: float
    metadata: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    dispatches: dict[str, Dispatch] = field(default_factory=dict)

    @property
    def agents(self) -> list[str]:
        """Identities of the agents in it."""
        return [who for who, member in self.members.items() if member.participant.is_agent]


@dataclass(slots=True)
class _Fault:
    problem: Problem
    landed: bool


class FakeLiveKit:
    """One server."""

    def __init__(self, host: str = "fake.example") -> None:
        self.host = host
        self.workers: dict[str, Script] = {}
        """By agent name; a name without one is taken by nobody."""
        self.rooms: dict[str, Room] = {}
        self.up = True
        self.latency_s = 0.004
        """Of every call, there and back; 25 ms and more is a far server."""
        self.connect_s = 0.15
        self.connects_slowly = False
        """Whoever is listed is still connecting."""
        self.lag_s = 2.9
        """How late a presence event comes that no attribute change brings forward."""
        self.calls: list[Call] = []
        self.arrived = asyncio.Event()
        """Set by every request."""
        self.on_call: Callable[[Call], None] = lambda _call: None
        """Called as a request arrives, before anything has happened."""
        self.moves = asyncio.Event()
        """Set while it does not stand still."""
        self.moves.set()
        self._faults: dict[str, list[_Fault]] = {}
        self._gates: dict[str, asyncio.Event] = {}
        self._serial = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End all agents."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what a test makes it do --------------------------------------------------------------

    def fail(self, call: str, found: Problem, *, landed: bool = False, times: int = 1) -> None:
        """Fail the next calls of this name; `landed`: it is done all the same."""
        self._faults.setdefault(call, []).extend([_Fault(found, landed)] * times)

    def hold(self, call: str) -> asyncio.Event:
        """Keep calls of this name on the way until the event is set."""
        return self._gates.setdefault(call, asyncio.Event())

    def called(self, *names: str) -> list[str]:
        """Give the names of the calls so far, of these names only."""
        return [call.name for call in self.calls if call.name in names]

    def stop(self) -> None:
        """Die, as by a kill: nothing answers, everybody who is connected is told by the SDK."""
        self.up = False
        for room in self.rooms.values():
            for who, member in room.members.items():
                if member.listener is not None:
                    self.begin(self._gap(room, who, member.listener))

    def start(self) -> None:
        """Come back: rooms and their people are there again, dispatches are forgotten."""
        self.up = True
        for room in self.rooms.values():
            room.dispatches.clear()
            room.sid = self.new_id("RM")

    def freeze(self) -> None:
        """Stand still: nothing is answered, and what is sent to agents waits; nobody is told."""
        self.moves.clear()

    def thaw(self) -> None:
        """Go on; what has waited is done now."""
        self.moves.set()

    async def _gap(self, room: Room, who: str, listener: LinkListener) -> None:
        await asyncio.sleep(0.05)
        listener.link_changed(LinkState.RECONNECTING, "")
        await asyncio.sleep(0.2)
        for other in room.members:
            if other != who:
                listener.participant_left(other, "UNKNOWN_REASON")
        for _ in range(round(GIVES_UP_S / 0.5)):
            if self.up:
                listener.link_changed(LinkState.CONNECTED, "")
                await asyncio.sleep(2.0)
                for other, member in room.members.items():
                    if other != who:
                        listener.participant_joined(member.participant)
                return
            await asyncio.sleep(0.5)
        room.members.pop(who, None)
        listener.link_changed(LinkState.LOST, "UNKNOWN_REASON")

    # --- requests -----------------------------------------------------------------------------

    async def serve(self, name: str, room: str, work: Callable[[], _T]) -> _T:
        """Take a request, do it, answer: each way takes half the latency.

        Raises:
            PortError: The server is down, or the test wants this call to fail.
        """
        call = Call(name, room, self.now)
        self.calls.append(call)
        self.on_call(call)
        self.arrived.set()
        await asyncio.sleep(self.latency_s / 2)
        await self.moves.wait()
        gate = self._gates.get(name)
        if gate is not None:
            await gate.wait()
        if not self.up:
            raise PortError(problem(ProblemCode.CONNECTION_REFUSED, host=self.host))
        fault = self._faults[name].pop(0) if self._faults.get(name) else None
        if fault is not None and not fault.landed:
            raise PortError(fault.problem)
        answer = work()
        if fault is not None:
            raise PortError(fault.problem)
        await asyncio.sleep(self.latency_s / 2)
        return answer

    @property
    def now(self) -> float:
        """The loop's time."""
        return asyncio.get_running_loop().time()

    def new_id(self, kind: str) -> str:
        """Give an id that was never used."""
        self._serial += 1
        return f"{kind}_{self._serial:04}"

    def room(self, name: str, asks_for: str = "") -> Room:
        """Give a room; one that is made brings the agent of an unnamed worker, or asks for one."""
        if name not in self.rooms:
            self.rooms[name] = Room(name, self.new_id("RM"), self.now)
            if asks_for or "" in self.workers:
                self.dispatch(name, asks_for)
        return self.rooms[name]

    def listed(self) -> tuple[ListedRoom, ...]:
        """List the rooms."""
        return tuple(
            ListedRoom(
                name=r.name, sid=r.sid, made_at=r.made_at + NOON - START_S, people=len(r.members)
            )
            for r in self.rooms.values()
        )

    def delete_room(self, name: str) -> bool:
        """Delete a room and put everybody out; jobs that have not joined go on."""
        room = self.rooms.pop(name, None)
        if room is None:
            return False
        for member in room.members.values():
            if member.listener is not None:
                member.listener.link_changed(LinkState.LOST, "ROOM_DELETED")
        return True

    # --- people -------------------------------------------------------------------------------

    def join(self, room_name: str, participant: Participant, **traits: object) -> Member:
        """Let somebody in; others hear of it at once if an attribute comes with it."""
        room = self.room(room_name)
        member = Member(participant, self.now, **traits)  # type: ignore[arg-type]  # as named
        room.members[participant.identity] = member
        if participant.hidden:
            return member
        if participant.state:
            self._announce(room, member)
        else:
            asyncio.get_running_loop().call_later(self.lag_s, self._announce, room, member)
        return member

    def leave(self, room_name: str, identity: str, reason: str = "CLIENT_INITIATED") -> bool:
        """Let somebody go; whoever was announced is reported a batch later."""
        room = self.rooms.get(room_name)
        member = room.members.pop(identity, None) if room else None
        if room is None or member is None:
            return False
        if member.announced:
            tell = asyncio.get_running_loop().call_later
            tell(self.lag_s, self._tell_left, room, identity, reason)
        return True

    def change_state(self, room: Room, member: Member, state: str) -> None:
        """Set `lk.agent.state`, which brings a join forward."""
        seen = member.participant
        member.participant = Participant(
            identity=seen.identity,
            name=seen.name,
            is_agent=seen.is_agent,
            agent_name=seen.agent_name,
            state=state,
        )
        if not member.announced:
            self._announce(room, member)
        for listener in self._others(room, member):
            listener.participant_changed(member.participant)

    def _announce(self, room: Room, member: Member) -> None:
        if member.announced or room.members.get(member.participant.identity) is not member:
            return
        member.announced = True
        for listener in self._others(room, member):
            listener.participant_joined(member.participant)

    def _tell_left(self, room: Room, identity: str, reason: str) -> None:
        for member in room.members.values():
            if member.listener is not None and member.participant.identity != identity:
                member.listener.participant_left(identity, reason)

    def _others(self, room: Room, member: Member) -> list[LinkListener]:
        return [m.listener for m in room.members.values() if m.listener and m is not member]

    # --- dispatches and agents ----------------------------------------------------------------

    def dispatch(self, room_name: str, agent_name: str, metadata: str = "") -> str:
        """Ask for an agent: always succeeds, and says nothing of whether somebody takes it."""
        room = self.room(room_name)
        script = self.workers.get(agent_name)
        made = Dispatch(self.new_id("AD"), agent_name, metadata, self.now, script)
        room.dispatches[made.id] = made
        if script is None:
            return made.id
        job_id = self.new_id("AJ")
        if script.answers is Answer.DECLINES:
            made.job = Job(job_id, JobStatus.SUCCESS)
            return made.id
        identity = script.identity or f"agent-{job_id}"
        made.job = Job(job_id, JobStatus.RUNNING, identity, "AW_1")
        self.begin(self._live(room_name, made, script, identity))
        return made.id

    def withdraw(self, room_name: str, dispatch_id: str) -> bool:
        """Delete a dispatch; its job's end follows in the background."""
        room = self.rooms.get(room_name)
        made = room.dispatches.pop(dispatch_id, None) if room else None
        if made is None:
            return False
        made.deleted_at = self.now
        if made.job is not None and made.script is not None:
            self.begin(self._obey(room_name, made, made.script, made.job.identity))
        return True

    async def _obey(self, room: str, made: Dispatch, script: Script, identity: str) -> None:
        """Leave after the delete: for a job that is not listed yet, when it would have been."""
        if script.obeys_after_s is None:
            return
        await asyncio.sleep(script.obeys_after_s)
        await asyncio.sleep(max(0.0, made.made_at + script.listed_after_s - self.now))
        self.leave(room, identity)

    async def _live(self, room: str, made: Dispatch, script: Script, identity: str) -> None:
        if script.joins_after_s is None:
            return
        await asyncio.sleep(script.joins_after_s)
        agent = Participant(
            identity=identity,
            name=made.agent_name,
            is_agent=True,
            agent_name=made.agent_name,
            state=script.state,
        )
        member = self.join(room, agent, script=script)
        here = self.rooms[room]
        people = [m for m in here.members.values() if _can_be_linked(m.participant)]
        member.linked = people[0].participant.identity if people else ""
        if script.greeting and member.linked:
            self.speak(here, identity, script.greeting)
        if made.deleted_at is not None and script.obeys_after_s is not None:
            await asyncio.sleep(0.3)  # it notices soon that it was withdrawn
            await asyncio.sleep(max(0.0, made.made_at + script.listed_after_s - self.now))
            self.leave(room, identity)
            return
        if script.listens_after_s is not None:
            await asyncio.sleep(script.listens_after_s)
            self.change_state(here, member, "listening")
        if script.leaves_after_s is not None:
            await asyncio.sleep(script.leaves_after_s)
            self.leave(room, identity)

    def speak(self, room: Room, identity: str, text: str, topic: str = "lk.transcription") -> None:
        """Stream a line of this speaker to everybody in the room."""
        stream = self.new_id("TS")
        attributes = {"lk.segment_id": stream, "lk.transcription_final": "true"}
        for member in room.members.values():
            if member.listener is not None:
                member.listener.text_opened(stream, Topic(topic), identity, attributes)
                member.listener.text_chunk(stream, text)
                member.listener.text_closed(stream, attributes)

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Do something in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _can_be_linked(participant: Participant) -> bool:
    return not (participant.is_agent or participant.hidden)
