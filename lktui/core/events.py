"""All that can happen: one tagged union of frozen structs, also the format of the journal.

State is a fold over these and nothing else. They are encoded as maps, so that a reader of another
version skips fields it does not know; every field that a newer version adds has a default.
Text in an event is sanitised already.
"""

from __future__ import annotations

from enum import StrEnum

from lktui.core.agent_events import (
    AgentErred,
    AgentHandedOff,
    MemoryRead,
    SessionSilent,
    ToolUpdated,
    TurnMeasured,
    UsageCounted,
)
from lktui.core.doctor import CheckDone, CheckupBegan, CheckupDone
from lktui.core.engine_events import Bye, EngineFaulted, Hello, OutcomesRead, ProfileOutcome
from lktui.core.event import Event, SessionEvent, SessionId
from lktui.core.evidence import Job
from lktui.core.phases import LinkState, Phase
from lktui.core.problems import Problem
from lktui.core.profile import AuthMode, DispatchMode
from lktui.core.record_events import RecordCaughtUp, RecordWritten, SessionsForgotten
from lktui.core.server_events import (
    ApiCalled,
    CleanupChanged,
    CleanupForgotten,
    CleanupRan,
    DispatchesWithdrawn,
    JournalMended,
    ListedDispatch,
    ListedRoom,
    OrphansFound,
    QueueRead,
    RoomsListed,
    RoomsRead,
    RoomsUnlisted,
)
from lktui.core.verdict import Diagnosis

__all__ = [
    "AgentErred",
    "AgentHandedOff",
    "ApiCalled",
    "Bye",
    "CheckDone",
    "CheckupBegan",
    "CheckupDone",
    "CleanupChanged",
    "CleanupForgotten",
    "CleanupRan",
    "DispatchesWithdrawn",
    "EngineFaulted",
    "Event",
    "Hello",
    "JournalMended",
    "LinkState",
    "ListedDispatch",
    "ListedRoom",
    "MemoryRead",
    "OrphansFound",
    "OutcomesRead",
    "Phase",
    "ProfileOutcome",
    "QueueRead",
    "RecordCaughtUp",
    "RecordWritten",
    "RoomsListed",
    "RoomsRead",
    "RoomsUnlisted",
    "SessionEvent",
    "SessionId",
    "SessionSilent",
    "SessionsForgotten",
    "ToolUpdated",
    "TurnMeasured",
    "UsageCounted",
]
"""Those that are defined elsewhere: to importers all events are here."""


# --- a session ------------------------------------------------------------------------------


class SessionOpened(SessionEvent, frozen=True, tag="session_opened"):
    """A session was asked for and is recorded; nothing has been sent yet."""

    profile: str
    url: str
    host: str
    auth_mode: AuthMode
    dispatch_mode: DispatchMode
    agent_name: str
    join_timeout_s: float
    reply_timeout_s: float = 30.0
    slow_reply_s: float = 3.0
    auto_cleanup: bool = True
    sees_dispatches: bool = True
    watched: bool = False
    """It is no conversation: an agent in somebody's room, judged by a hidden watch."""


class RoomIntended(SessionEvent, frozen=True, tag="room_intended"):
    """Durable before the room can exist; the name is empty where a token will tell it."""

    room: str


class DispatchIntended(SessionEvent, frozen=True, tag="dispatch_intended"):
    """Durable before CreateDispatch."""

    room: str
    agent_name: str
    attempt: int


class PhaseEntered(SessionEvent, frozen=True, tag="phase"):
    """The session goes on to another phase."""

    phase: Phase


class Step(StrEnum):
    """Things of the timeline; the first seven are the keys of `timings_ms`."""

    ROOM = "room"
    CONNECT = "connect"
    DISPATCH = "dispatch"
    JOINED = "joined"
    READY = "ready"
    FIRST_REPLY = "first_reply"
    CLEANUP = "cleanup"
    TOKEN = "token"  # noqa: S105 - a step
    JOBS = "jobs"
    STATE = "state"
    LOOKED = "looked"
    DISPATCH_DELETED = "dispatch_deleted"
    AGENT_GONE = "agent_gone"
    AGENT_REMOVED = "agent_removed"
    LEFT = "left"
    LINK = "link"
    ROOM_DELETED = "room_deleted"


class StepDone(SessionEvent, frozen=True, tag="step"):
    """One line of the timeline."""

    step: Step
    attempt: int = 1
    took_ms: float | None = None
    subject: str = ""
    """What the step's words need: a name, an identity, a count."""


class RoomOpened(SessionEvent, frozen=True, tag="room_opened"):
    """The room is known; `ours` tells whether we made it and so may delete it."""

    room: str
    ours: bool


class Connected(SessionEvent, frozen=True, tag="connected"):
    """We are in the room."""

    identity: str
    room: str
    others: int


class AttemptBegan(SessionEvent, frozen=True, tag="attempt"):
    """A dispatch attempt begins; the first is number 1."""

    attempt: int


class DispatchSent(SessionEvent, frozen=True, tag="dispatch_sent"):
    """CreateDispatch has answered."""

    attempt: int
    dispatch_id: str
    agent_name: str


class JobsListed(SessionEvent, frozen=True, tag="jobs"):
    """ListDispatch shows something new for the attempt's dispatch."""

    attempt: int
    jobs: tuple[Job, ...]


class AgentJoined(SessionEvent, frozen=True, tag="agent_joined"):
    """The attempt's agent is in the room."""

    attempt: int
    identity: str
    name: str


class AgentStateChanged(SessionEvent, frozen=True, tag="agent_state"):
    """`lk.agent.state` of the attempt's agent."""

    identity: str
    state: str


class AgentPonged(SessionEvent, frozen=True, tag="agent_ponged"):
    """The agent's session has answered its first ping."""

    identity: str
    pong_ms: float


class AgentGone(SessionEvent, frozen=True, tag="agent_gone"):
    """The attempt's agent has left the room."""

    identity: str
    reason: str


class VerdictReached(SessionEvent, frozen=True, tag="verdict"):
    """What is to be thought of the attempt now."""

    attempt: int
    diagnosis: Diagnosis


class RetryStep(SessionEvent, frozen=True, tag="retry_step"):
    """A retry goes on: 1 look, 2 delete, 3 old agent leaves, 4 dispatch."""

    attempt: int
    number: int
    text: str


class RetryPlanned(SessionEvent, frozen=True, tag="retry_planned"):
    """Something will be tried again unasked: a call that failed, or with `auto_retry` a verdict."""

    attempt: int
    """The one that goes on, or the one to come."""
    delay_s: float
    last: bool
    """There is no other try after it."""
    why: str = ""


class Notice(SessionEvent, frozen=True, tag="notice"):
    """A sentence for the status line, such as `already retrying NAME`."""

    text: str


class Role(StrEnum):
    """Who speaks."""

    YOU = "you"
    AGENT = "agent"
    USER = "user"


class Mark(StrEnum):
    """What is to be said about a line, as a word after its text."""

    NONE = ""
    UNCONFIRMED = "unconfirmed"
    INTERRUPTED = "interrupted"
    NOT_SENT = "not sent"
    HISTORY = "earlier"


class SegmentUpdated(SessionEvent, frozen=True, tag="segment"):
    """The newest text of something that is being said or was said."""

    key: str
    """Identity and segment or stream id: unique in the session."""
    identity: str
    speaker: str
    """The name to show, sanitised."""
    role: Role
    text: str
    final: bool
    opened_at: float
    """When its first stream opened, on the engine's clock: the order of the transcript."""
    first_text_at: float
    mark: Mark = Mark.NONE


class LinkChanged(SessionEvent, frozen=True, tag="link"):
    """Our connection to the room changed."""

    state: LinkState
    reason: str = ""
    since: float = 0.0
    """While reconnecting: from when on nothing was heard, if that is earlier; 0 is not."""


class LinkStalled(SessionEvent, frozen=True, tag="stalled"):
    """The server stood still until now, and our connection has outlived that: nothing was lost."""

    began_at: float
    """On the engine's clock."""


class Noted(SessionEvent, frozen=True, tag="noted"):
    """A person has noted something on a turn; a later one on the same turn replaces it."""

    about: float
    """When the turn began, on the clock of its session's engine."""
    text: str
    """Empty: there is no note any more."""


class ProblemRaised(SessionEvent, frozen=True, tag="problem"):
    """Something went wrong; `fatal` means that the session could not be opened or has ended."""

    problem: Problem
    fatal: bool


class CleanupResult(StrEnum):
    """How a session's cleanup ended; public in `--json`."""

    DONE = "done"
    LEFT = "left"
    PENDING = "pending"
    KEPT = "kept"
    NOT_OURS = "not_ours"


class SessionEnded(SessionEvent, frozen=True, tag="ended"):
    """The session is over and its cleanup has this result for now."""

    cleanup: CleanupResult
    took_ms: float
    made: bool = True
    """Whether there was anything on the server to clean up."""


AnyEvent = (
    Hello | OutcomesRead | Bye | EngineFaulted
    | SessionOpened | RoomIntended | DispatchIntended | PhaseEntered | StepDone | RoomOpened
    | Connected | AttemptBegan | DispatchSent | JobsListed | AgentJoined | AgentStateChanged
    | AgentPonged | AgentGone | VerdictReached | RetryStep | RetryPlanned | Notice | SegmentUpdated
    | LinkChanged | LinkStalled | Noted | ProblemRaised | SessionEnded
    | ToolUpdated | AgentHandedOff | TurnMeasured | AgentErred | SessionSilent | UsageCounted
    | MemoryRead
    | QueueRead | CleanupChanged | CleanupForgotten | CleanupRan | RoomsListed | RoomsUnlisted
    | RoomsRead | DispatchesWithdrawn | OrphansFound | JournalMended | ApiCalled
    | SessionsForgotten | RecordWritten | RecordCaughtUp | CheckupBegan | CheckDone | CheckupDone
)  # fmt: skip
"""The union that decoders need; each tag once."""

AnySessionEvent = (
    SessionOpened | RoomIntended | DispatchIntended | PhaseEntered | StepDone | RoomOpened
    | Connected | AttemptBegan | DispatchSent | JobsListed | AgentJoined | AgentStateChanged
    | AgentPonged | AgentGone | VerdictReached | RetryStep | RetryPlanned | Notice | SegmentUpdated
    | LinkChanged | LinkStalled | Noted | ProblemRaised | SessionEnded
    | ToolUpdated | AgentHandedOff | TurnMeasured | AgentErred | SessionSilent | UsageCounted
    | MemoryRead
)  # fmt: skip
