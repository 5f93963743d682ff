"""What an engine would say: events of conversations and cleanup items in many states."""

from __future__ import annotations

from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.dispatch import diagnose
from lktui.core.events import (
    AgentJoined,
    AgentPonged,
    AgentStateChanged,
    AnyEvent,
    AttemptBegan,
    CleanupResult,
    Connected,
    DispatchSent,
    ListedRoom,
    Phase,
    PhaseEntered,
    RoomIntended,
    RoomOpened,
    SessionEnded,
    SessionId,
    SessionOpened,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.evidence import Agent, Evidence, Job, JobStatus
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import AuthMode, DispatchMode
from lktui.core.verdict import Diagnosis
from tests.support.fakes.still_clock import NOON

NO_WORKER = "no worker"
LISTENING = "listening"


class Conversation:
    """Makes the events of one conversation.

    Args:
        name: Ends the room's name and is the session's id.
        agent: The agent's name.
        profile: The profile's name.
        age_s: How long ago it was opened, seconds.
        room: Its name, if it is not one that lktui would choose.
    """

    def __init__(
        self,
        name: str,
        agent: str = "checkout",
        *,
        profile: str = "staging",
        age_s: float = 10.0,
        room: str = "",
    ) -> None:
        self.id = SessionId(name)
        self.agent, self.profile = agent, profile
        self.room = room or f"preclinical-test-k7qd{name}"
        self.at, self.wall = 1000.0 - age_s, NOON - age_s

    def ended(self, after_s: float) -> SessionEnded:
        """Its end, with everything removed."""
        return SessionEnded(
            session=self.id,
            at=self.at + after_s,
            wall=self.wall + after_s,
            cleanup=CleanupResult.DONE,
            took_ms=12.0,
        )

    def opening(self) -> list[AnyEvent]:
        """Up to the dispatch: 153 ms."""
        at, wall, session = self.at, self.wall, self.id
        who = f"tester-{session[:4]}"
        return [
            SessionOpened(
                at=at,
                wall=wall,
                session=session,
                profile=self.profile,
                url="wss://voice-staging.example.net",
                host="voice-staging.example.net",
                auth_mode=AuthMode.API,
                dispatch_mode=DispatchMode.EXPLICIT,
                agent_name=self.agent,
                join_timeout_s=15.0,
            ),
            RoomIntended(at=at, wall=wall, session=session, room=self.room),
            RoomOpened(at=at + 0.012, wall=wall, session=session, room=self.room, ours=True),
            self._step(Step.ROOM, 0.012, 12.0, "created"),
            PhaseEntered(at=at + 0.012, wall=wall, session=session, phase=Phase.CONNECTING),
            Connected(at=at + 0.149, session=session, identity=who, room=self.room, others=0),
            self._step(Step.CONNECT, 0.149, 137.0, who),
            PhaseEntered(at=at + 0.149, wall=wall, session=session, phase=Phase.DISPATCHING),
            AttemptBegan(at=at + 0.149, session=session, attempt=1),
            DispatchSent(
                at=at + 0.153,
                session=session,
                attempt=1,
                dispatch_id="AD_x8Kq2LmN4cTz",
                agent_name=self.agent,
            ),
            self._step(Step.DISPATCH, 0.153, 4.0, "AD_x8Kq2LmN4cTz"),
            PhaseEntered(at=at + 0.153, wall=wall, session=session, phase=Phase.WAITING),
        ]

    def not_taken(self) -> list[AnyEvent]:
        """Nobody takes the job."""
        found = diagnose(self._evidence(jobs_listed_at=self.at + 5.7), self.at + 5.7)
        return [
            *self.opening(),
            self._step(Step.JOBS, 0.157, None, "job list: empty"),
            *self._verdict(found, 5.651),
        ]

    def never_joined(self) -> list[AnyEvent]:
        """A worker takes the job and its agent does not come."""
        job = Job("AJ_5d20aa", JobStatus.RUNNING, "agent-AJ_5d20aa")
        evidence = self._evidence(
            jobs=(job,), jobs_listed_at=self.at + 15, people_listed_at=self.at + 15.2
        )
        found = diagnose(evidence, self.at + 15.2)
        return [*self.opening(), *self._verdict(found, 15.2)]

    def ready(self, state: str = "listening") -> list[AnyEvent]:
        """The agent joins and answers."""
        at, identity = self.at, "agent-AJ_9QmZr4cT"
        agent = Agent(identity=identity, state=state, joined_at=at + 0.4, ponged=True)
        found = diagnose(self._evidence(agent=agent), at + 0.563)
        joined = AgentJoined(
            at=at + 0.4, session=self.id, attempt=1, identity=identity, name=self.agent
        )
        return [
            *self.opening(),
            joined,
            self._step(Step.JOINED, 0.4, None, identity),
            AgentPonged(at=at + 0.563, session=self.id, identity=identity, pong_ms=12.0),
            AgentStateChanged(at=at + 0.563, session=self.id, identity=identity, state=state),
            self._step(Step.READY, 0.563, None, "pong"),
            *self._verdict(found, 0.563),
        ]

    def _evidence(
        self,
        *,
        jobs: tuple[Job, ...] = (),
        jobs_listed_at: float = 0.0,
        people_listed_at: float = 0.0,
        agent: Agent | None = None,
    ) -> Evidence:
        return Evidence(
            mode=DispatchMode.EXPLICIT,
            agent_name=self.agent,
            dispatched_at=self.at + 0.153,
            jobs=jobs,
            jobs_listed_at=jobs_listed_at,
            people_listed_at=people_listed_at,
            agent=agent,
        )

    def _step(self, step: Step, after_s: float, took_ms: float | None, subject: str) -> StepDone:
        return StepDone(
            at=self.at + after_s,
            wall=self.wall + after_s,
            session=self.id,
            step=step,
            took_ms=took_ms,
            subject=subject,
        )

    def _verdict(self, found: Diagnosis, after_s: float) -> list[AnyEvent]:
        at, wall = self.at + after_s, self.wall + after_s
        reached = VerdictReached(at=at, wall=wall, session=self.id, attempt=1, diagnosis=found)
        phase = PhaseEntered(at=at, wall=wall, session=self.id, phase=Phase.TALKING)
        return [reached, phase]


def listed(name: str, agent: str = "", state: str = "", *, people: int = 2) -> ListedRoom:
    """Make a room that somebody else made four minutes ago."""
    return ListedRoom(
        name=name,
        sid=f"RM_{name}",
        made_at=NOON - 240,
        people=people,
        agents=(agent,) if agent else (),
        agent_states=(state,) if agent else (),
        looked=True,
    )


def item(name: str, state: ItemState, *, tries: int = 0, age_s: float = 60.0) -> CleanupItem:
    """Make a cleanup item; one that was tried has met a refused key."""
    refused = problem(ProblemCode.AUTH_FAILED, detail="401 from voice-eu.example.net")
    what = What.DISPATCH if name.startswith("AD_") else What.ROOM
    return CleanupItem(
        id=name,
        what=what,
        name=name,
        room=name if what is What.ROOM else "preclinical-test-k7qdaa17d0",
        profile="prod-eu",
        url="wss://voice-eu.example.net",
        state=state,
        tries=tries,
        next_try_at=NOON + 38 if state is ItemState.WAITING else 0.0,
        made_at=NOON - age_s,
        problem=refused if tries else None,
    )
