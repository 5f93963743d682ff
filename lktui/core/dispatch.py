"""What is known of a dispatch attempt, and what follows from it: the diagnosis table as data.

CreateDispatch answers 200 whatever happens, and a job stays RUNNING after its process has died
(facts/livekit.md section 3). So an attempt is judged by the agent's presence, its state and its
answers to pings; the job list only tells how far a missing agent came. What cannot be told apart
from outside is said as two causes.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.signs import StateKind, seconds

LIST_TRUE_S = 5.5
"""`jobs=[]` proves nothing before this age of a dispatch (facts/livekit.md section 3)."""
UNREAD_S = 2.0
"""So long after the list should be true its not being readable is a verdict of its own."""
GRACE_S = 1.0
"""A raw agent that sets no state is counted as present this long after it joined."""
PINGS_FOR_PRESENT = 3
"""Pings without an answer until a listening agent is taken for one without a session."""


class Outcome(StrEnum):
    """The code of a verdict; public in `--json`."""

    WAITING = "waiting"
    READY = "ready"
    PRESENT = "present"
    NOT_TAKEN = "not_taken"
    REJECTED = "rejected"
    NOT_JOINED = "not_joined"
    NO_AGENT = "no_agent"
    AUTO_NO_AGENT = "auto_no_agent"
    NOT_READY = "not_ready"
    LEFT = "left"
    ROOM_GONE = "room_gone"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    AUTH_FAILED = "auth_failed"
    CONNECT_FAILED = "connect_failed"


class JobStatus(StrEnum):
    """JS_PENDING and so on of livekit.JobStatus, without the prefix."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


class Job(msgspec.Struct, frozen=True):
    """One job of a dispatch, as ListDispatch shows it."""

    id: str
    status: JobStatus
    identity: str = ""
    """The agent's identity; empty when the job was declined."""
    worker: str = ""

    @property
    def declined(self) -> bool:
        """Whether the agent's request handler rejected it: it ended as it began, with nobody."""
        return self.status is JobStatus.SUCCESS and not self.identity


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A participant of kind agent that this attempt counts as its own."""

    identity: str
    name: str = ""
    state: str = ""
    """`lk.agent.state`: initializing, idle, listening, thinking, speaking; raw agents set none."""
    joined_at: float = 0.0
    """Seconds on the engine's monotonic clock."""
    ponged: bool = False
    pings_missed: int = 0
    spoke: bool = False
    """A reply has come: it listens, whatever its pings say."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that an attempt's verdict rests on; times in seconds on the engine's clock."""

    mode: DispatchMode
    agent_name: str = ""
    sees_dispatches: bool = True
    """False without an API key: no job list, no participant list."""
    dispatched_at: float = 0.0
    join_timeout_s: float = 15.0
    jobs: tuple[Job, ...] = ()
    jobs_listed_at: float = 0.0
    """When the list was last read; 0 is never."""
    dispatch_missing: bool = False
    """The list was read and does not hold the dispatch any more."""
    agent: Agent | None = None
    agent_left_at: float = 0.0
    reconnecting: bool = False
    room_gone: bool = False
    failure: Problem | None = None
    """CreateDispatch itself failed: there is nothing to wait for."""

    @property
    def identities(self) -> frozenset[str]:
        """Who the listed jobs come as; a worker may choose another identity than its job's."""
        taken = (job for job in self.jobs if not job.declined)
        return frozenset(job.identity or f"agent-{job.id}" for job in taken)


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, or what is still waited for."""

    code: Outcome
    kind: StateKind
    words: str
    """For a table row: at most 23 cells."""
    summary: str
    seen: tuple[str, ...] = ()
    cause: str = ""
    resolution: str = ""
    ready_s: float | None = None
    """From the dispatch to the first pong, seconds; None if there was none."""

    @property
    def ok(self) -> bool:
        """Whether one can talk to the agent."""
        return self.code in (Outcome.READY, Outcome.PRESENT)

    @property
    def settled(self) -> bool:
        """Whether this is a verdict."""
        return self.code is not Outcome.WAITING

    def problem(self) -> Problem | None:
        """The same as a Problem; None for what is well or still open."""
        if self.ok or not self.settled or self.code in _FINER:
            return None
        return Problem(
            code=ProblemCode(self.code.value),
            summary=self.summary,
            cause=self.cause,
            resolution=self.resolution,
            detail="; ".join(self.seen),
        )


_FINER = (Outcome.AUTH_FAILED, Outcome.CONNECT_FAILED)
"""Outcomes whose Problem has a code of its own, finer than the outcome."""

_ROWS: dict[Outcome, tuple[StateKind, str]] = {
    Outcome.NOT_TAKEN: (StateKind.FAILED, "no worker took it"),
    Outcome.REJECTED: (StateKind.FAILED, "agent declined"),
    Outcome.NOT_JOINED: (StateKind.FAILED, "taken, never joined"),
    Outcome.NO_AGENT: (StateKind.FAILED, "no agent in {timeout}"),
    Outcome.AUTO_NO_AGENT: (StateKind.FAILED, "no agent in {timeout}"),
    Outcome.NOT_READY: (StateKind.FAILED, "joined, not ready"),
    Outcome.LEFT: (StateKind.OVER, "agent left"),
    Outcome.ROOM_GONE: (StateKind.OVER, "room gone"),
    Outcome.WITHDRAWN: (StateKind.OVER, "withdrawn"),
    Outcome.REPLACED: (StateKind.FAILED, "put out"),
    Outcome.AUTH_FAILED: (StateKind.FAILED, "auth failed"),
    Outcome.CONNECT_FAILED: (StateKind.FAILED, "cannot connect"),
}
"""Verdicts on what went wrong, as a row shows them (look.md section 4)."""

_FINER_WORDS = {
    ProblemCode.SERVER_LOST: "connection lost",
    ProblemCode.ENGINE_LOST: "engine stopped",
    ProblemCode.INTERNAL: "failed",
    ProblemCode.SERVER_ERROR: "server error",
    ProblemCode.RATE_LIMITED: "server says: slow down",
    ProblemCode.READ_ONLY: "profile is read-only",
    ProblemCode.STATE_UNUSABLE: "nothing can be recorded",
    ProblemCode.SECRET_UNRESOLVED: "secret not readable",
}
"""Where the outcome's own words would say something that was not seen."""

AUTH_CODES = frozenset(
    {
        ProblemCode.AUTH_FAILED,
        ProblemCode.PERMISSION_DENIED,
        ProblemCode.TOKEN_EXPIRED,
        ProblemCode.TOKEN_NOT_YET_VALID,
        ProblemCode.TOKEN_INVALID,
        ProblemCode.TOKEN_WRONG_ROOM,
    }
)


def diagnose(evidence: Evidence, now: float) -> Diagnosis:
    """Judge an attempt by what is known of it at `now`; the same evidence gives the same verdict.

    Returns:
        A verdict as soon as the facts allow one; before that `waiting`, with what for and until
        when.
    """
    if evidence.room_gone:
        return _verdict(Outcome.ROOM_GONE, evidence, ("the server closed the room",))
    if evidence.agent is not None:
        return _of_agent(evidence, evidence.agent, now)
    if evidence.failure is not None:
        return diagnosis_of(evidence.failure)
    return _of_absence(evidence, now)


def outcome_of(found: Problem) -> Outcome:
    """The outcome of a session that could not be opened; its problem's code may be finer."""
    if found.code is ProblemCode.REPLACED:
        return Outcome.REPLACED
    if found.code is ProblemCode.ROOM_GONE:
        return Outcome.ROOM_GONE
    return Outcome.AUTH_FAILED if found.code in AUTH_CODES else Outcome.CONNECT_FAILED


def diagnosis_of(found: Problem) -> Diagnosis:
    """The same problem as a verdict, for the row and the detail below it."""
    code = outcome_of(found)
    kind, words = _ROWS[code]
    return Diagnosis(
        code=code,
        kind=kind,
        words=_FINER_WORDS.get(found.code, words),
        summary=found.summary,
        seen=(found.detail,) if found.detail else (),
        cause=found.cause,
        resolution=found.resolution,
    )


def _of_agent(evidence: Evidence, agent: Agent, now: float) -> Diagnosis:
    took = max(0.0, agent.joined_at - evidence.dispatched_at)
    if evidence.agent_left_at and not evidence.reconnecting:
        lasted = seconds(evidence.agent_left_at - agent.joined_at)
        return _verdict(
            Outcome.LEFT, evidence, (f"{agent.identity} was in the room for {lasted}",), lasted
        )
    if agent.ponged or agent.spoke:
        return Diagnosis(
            code=Outcome.READY,
            kind=StateKind.READY,
            words=agent.state or "ready",
            summary=f"Ready {seconds(now - evidence.dispatched_at)} after the dispatch",
            seen=(f"{agent.identity} " + ("answers pings" if agent.ponged else "has replied"),),
            ready_s=now - evidence.dispatched_at,
        )
    if evidence.reconnecting:
        return _waiting(evidence, now, agent.state or "joined", "for the link to come back")
    stuck = agent.state == "initializing"
    if not stuck and agent.pings_missed >= PINGS_FOR_PRESENT and now - agent.joined_at >= GRACE_S:
        state = f"state {agent.state}" if agent.state else "sets no state"
        return Diagnosis(
            code=Outcome.PRESENT,
            kind=StateKind.WARNING,
            words="joined, unconfirmed",
            summary="In the room, but answers no ping",
            seen=(
                f"{agent.identity} joined after {seconds(took)}; {state}",
                f"{agent.pings_missed} pings unanswered",
            ),
            cause="plain workers never answer pings; or its session has not started",
            resolution="Say something: a reply settles it",
        )
    if stuck and now - agent.joined_at >= evidence.join_timeout_s:
        return _verdict(
            Outcome.NOT_READY,
            evidence,
            (f"{agent.identity} in the room since {seconds(took)}; no pong",),
        )
    return _waiting(evidence, now, agent.state or "joined", "for the first pong")


def _of_absence(evidence: Evidence, now: float) -> Diagnosis:
    age = now - evidence.dispatched_at
    late = age >= evidence.join_timeout_s
    explicit = evidence.mode is DispatchMode.EXPLICIT
    if evidence.reconnecting:
        return _waiting(evidence, now, "waiting", "for the link to come back")
    listed_age = evidence.jobs_listed_at - evidence.dispatched_at
    if explicit and evidence.sees_dispatches:
        if any(job.declined for job in evidence.jobs):
            return _verdict(Outcome.REJECTED, evidence, ("one job, ended as it began",))
        if evidence.dispatch_missing:
            return _verdict(Outcome.WITHDRAWN, evidence, ("no such dispatch listed any more",))
        if not evidence.jobs and listed_age >= LIST_TRUE_S:
            seen = f"no job listed at {seconds(listed_age)}; nobody joined"
            return _verdict(Outcome.NOT_TAKEN, evidence, (seen,))
        if evidence.jobs and late:
            seen = f"job {evidence.jobs[0].id} runs; after {seconds(age)} no agent in the room"
            return _verdict(Outcome.NOT_JOINED, evidence, (seen,))
        if age >= max(evidence.join_timeout_s, LIST_TRUE_S + UNREAD_S):
            return _of_unread_list(evidence)
        told = "for a worker" if not evidence.jobs else "for the agent to join"
        return _waiting(evidence, now, "waiting", told)
    if late:
        code = Outcome.NO_AGENT if explicit or not evidence.sees_dispatches else None
        return _verdict(
            code or Outcome.AUTO_NO_AGENT,
            evidence,
            (f"no agent joined within {seconds(evidence.join_timeout_s)}",),
        )
    return _waiting(evidence, now, "waiting", "for an agent to join")


def _of_unread_list(evidence: Evidence) -> Diagnosis:
    """Nobody came, and how far the job got cannot be told: the server does not list it."""
    timeout = f"{evidence.join_timeout_s:g}s"
    found = _verdict(
        Outcome.NO_AGENT, evidence, ("the server's list of dispatches could not be read",)
    )
    return msgspec.structs.replace(
        found,
        cause=f"Agent didn't join within {timeout}: wrong name, no worker, or a slow one; the"
        " list that would tell them apart could not be read",
        resolution="Check agent deployment and dispatch name; then retry",
    )


def _verdict(
    code: Outcome, evidence: Evidence, seen: tuple[str, ...], lasted: str = ""
) -> Diagnosis:
    timeout = f"{evidence.join_timeout_s:g}s"
    words = problem(
        ProblemCode(code.value),
        agent=evidence.agent_name or "any",
        timeout=timeout,
        job=evidence.jobs[0].id if evidence.jobs else "–",
        lasted=lasted,
    )
    kind, row = _ROWS[code]
    return Diagnosis(
        code=code,
        kind=kind,
        words=row.format(timeout=f"{evidence.join_timeout_s:g} s"),
        summary=words.summary,
        seen=seen,
        cause=words.cause,
        resolution=words.resolution,
    )


def _waiting(evidence: Evidence, now: float, words: str, what: str) -> Diagnosis:
    since = evidence.agent.joined_at if evidence.agent is not None else evidence.dispatched_at
    left = max(0.0, since + evidence.join_timeout_s - now)
    return Diagnosis(
        code=Outcome.WAITING,
        kind=StateKind.WAITING,
        words=words,
        summary=f"Waiting {what}, {left:.0f} s more at most",
    )
