"""What is known of a dispatch attempt: who was seen, listed and heard, and when.

Facts only; what follows from them is `core.dispatch`. Times are seconds on the engine's clock, and
0 is never. The order in which facts come to be known leaves no trace here.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lktui.core.problems import Problem
from lktui.core.profile import DispatchMode

MAX_UNANSWERED = 32
"""Pings remembered while an agent is silent: the first one and their number count."""
EVENT_LAG_S = 3.0
"""Presence events are up to this late: without the list a leave may not be known yet."""
GAP_S = 10.0
"""An agent comes back up to so long after our own connection did (facts/livekit.md section 5)."""
PINGS_FOR_PRESENT = 3
"""Pings without an answer until a listening agent is taken for one without a session."""


NOTICED_S = 30.0
"""Within this the SDK has noticed that the server is gone (facts/livekit.md section 5)."""


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
    listed_at: float = 0.0
    """When it was last seen in the list of participants."""
    ponged: bool = False
    """It has answered a ping: it has a session, and a ping that stays unanswered says something."""
    pings_missed: int = 0
    """Before the first pong, and since `begun_at`."""
    begun_at: float = 0.0
    """When its state said that it is no longer starting; earlier pings say nothing."""
    spoke: bool = False
    """A reply has come: it listens, whatever its pings say."""
    ready_at: float = 0.0
    """When the first pong or reply came."""
    heard_at: float = 0.0
    """The newest sign of life: a pong, text, an event of its session, a new state."""
    unanswered: tuple[float, ...] = ()
    """When pings were sent that nothing has followed, oldest first."""

    @property
    def has_begun(self) -> bool:
        """Whether its state says that it is not starting any more."""
        return self.state not in ("", "initializing")

    @property
    def silent_since(self) -> float:
        """When the first ping was sent that stays unanswered; 0 while it answers."""
        return self.unanswered[0] if self.unanswered else 0.0

    def in_state(self, state: str, at: float) -> Agent:
        """Give what is known once it is in a state.

        A session that is starting does not answer earlier pings later: one that has begun is asked
        anew. Who sets its first state only after it was taken for a plain agent stays one until it
        answers: conversations with it are under way.
        """
        if state == self.state:
            return self
        settled = not self.state and self.pings_missed >= PINGS_FOR_PRESENT
        if self.has_begun or settled:
            return msgspec.structs.replace(self, state=state)
        return msgspec.structs.replace(self, state=state, begun_at=at, pings_missed=0)

    def after_early_miss(self, sent_at: float) -> Agent:
        """Give what is known after a ping without a pong from one who has never answered."""
        if self.ponged or sent_at < self.begun_at:
            return self
        return msgspec.structs.replace(self, pings_missed=self.pings_missed + 1)

    def after_sign(self, at: float) -> Agent:
        """Give what is known after a sign of life: pings from before it are no silence."""
        heard_at = max(at, self.heard_at)
        unanswered = tuple(sent for sent in self.unanswered if sent > heard_at)
        return msgspec.structs.replace(self, heard_at=heard_at, unanswered=unanswered)

    def after_miss(self, sent_at: float) -> Agent:
        """Give what is known after a ping that nothing has followed, however late that is told."""
        if sent_at <= self.heard_at or sent_at in self.unanswered:
            return self
        unanswered = tuple(sorted((*self.unanswered, sent_at)))[:MAX_UNANSWERED]
        return msgspec.structs.replace(self, unanswered=unanswered)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """The newest line that was typed and has had no answer yet."""

    asked_at: float
    reply_timeout_s: float = 30.0
    heard: bool = False
    """The agent's session has taken it for a turn of its user."""
    others: tuple[str, ...] = ()
    """Names of the people besides us whom the agent may listen to."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that an attempt's verdict rests on."""

    mode: DispatchMode
    agent_name: str = ""
    sees_dispatches: bool = True
    """False without an API key: no job list, no participant list."""
    sees_people: bool = False
    """Who is there is asked for all the same: whenever the agent is silent."""
    dispatched_at: float = 0.0
    join_timeout_s: float = 15.0
    room_was_there: bool = False
    """Automatic dispatch happens only when a room is made."""
    asked_for: tuple[str, ...] = ()
    """Agents that the room's own configuration or other dispatches name."""
    jobs: tuple[Job, ...] = ()
    jobs_listed_at: float = 0.0
    """When the list of dispatches was last read."""
    missing_since: float = 0.0
    """Since when the list, where it could be read, has not held the dispatch any more."""
    people_asked_at: float = 0.0
    """Since when the list that was last read had been owed, tries that failed included."""
    people_listed_at: float = 0.0
    """When the list of participants was last read."""
    agent: Agent | None = None
    doubles: tuple[str, ...] = ()
    """Identities of further agents of the same name in the room."""
    agent_left_at: float = 0.0
    agent_left_why: str = ""
    """livekit.DisconnectReason, where an event told it."""
    reconnecting: bool = False
    linked_at: float = 0.0
    """When our own connection was last made or came back."""
    room_gone: bool = False
    question: Question | None = None
    reply_error: str = ""
    """What the agent's session said of a reply that failed; empty once it has spoken again."""
    failure: Problem | None = None
    """CreateDispatch itself failed: there is nothing to wait for."""

    @property
    def identities(self) -> frozenset[str]:
        """Who the listed jobs come as; a worker may choose another identity than its job's."""
        taken = (job for job in self.jobs if not job.declined)
        return frozenset(job.identity or f"agent-{job.id}" for job in taken)

    @property
    def beginning(self) -> str:
        """What ages of evidence count from, in words: who only watches has dispatched nobody."""
        return "we came" if self.sees_people else "the dispatch"

    def unheard_since(self, now: float) -> float:
        """Say when the first ping was sent that neither agent nor list have followed; 0: none is.

        An older silence is the agent's own: the SDK notices sooner that the server is gone.
        """
        agent = self.agent
        if agent is None or self.people_listed_at > agent.silent_since:
            return 0.0
        return agent.silent_since if now - agent.silent_since <= NOTICED_S else 0.0

    def question_after(self, at: float) -> Question | None:
        """Give the question that is open, if it was asked after this moment."""
        asked = self.question
        return asked if asked is not None and asked.asked_at > at else None

    @property
    def dispatch_missing(self) -> bool:
        """The list was read and does not hold the dispatch any more."""
        return self.missing_since > 0
