"""One session as a fold over its events: phase, attempts, agent, timeline.

States are immutable; the transcript is kept apart (`core.transcript`) and only its revision is
here, so that a long conversation costs no copies.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lktui.core import gap as gaps
from lktui.core import story
from lktui.core.agent_events import AgentEvent, MemoryRead
from lktui.core.attempt import AgentView, Attempt, RetryProgress, Timings
from lktui.core.events import (
    AgentGone,
    AgentJoined,
    AgentPonged,
    AgentStateChanged,
    AnySessionEvent,
    AttemptBegan,
    CleanupResult,
    Connected,
    DispatchSent,
    JobsListed,
    LinkChanged,
    LinkStalled,
    LinkState,
    Mark,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    RetryPlanned,
    RetryStep,
    Role,
    RoomIntended,
    RoomOpened,
    SegmentUpdated,
    SessionEnded,
    SessionId,
    SessionOpened,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.problems import Problem
from lktui.core.profile import AuthMode, DispatchMode
from lktui.core.story import StoryLine
from lktui.core.told import Told
from lktui.core.verdict import Diagnosis, Outcome, diagnosis_of

MAX_STORY = 400
"""Lines of a timeline; beyond these the oldest of them are dropped but the first 100."""


class SessionState(msgspec.Struct, frozen=True, kw_only=True):
    """All that screens and headless verbs know of one session; times on the engine's clock."""

    id: SessionId
    profile: str = ""
    url: str = ""
    host: str = ""
    auth_mode: AuthMode = AuthMode.API
    dispatch_mode: DispatchMode = DispatchMode.AUTO
    agent_name: str = ""
    join_timeout_s: float = 15.0
    slow_reply_s: float = 3.0
    auto_cleanup: bool = True
    sees_dispatches: bool = True
    watched: bool = False
    """No conversation: an agent in somebody's room, judged by a hidden watch."""
    elsewhere: bool = False
    """It goes on in another lktui, and is only read here from the record."""
    opened_at: float = 0.0
    opened_wall: float = 0.0
    phase: Phase = Phase.OPENING
    phase_at: float = 0.0
    room: str = ""
    ours: bool = False
    identity: str = ""
    attempts: tuple[Attempt, ...] = ()
    diagnosis: Diagnosis | None = None
    problem: Problem | None = None
    link: LinkState = LinkState.CONNECTED
    link_at: float = 0.0
    gap: gaps.Gap | None = None
    """The newest hole in what we have heard."""
    told: Told = Told()
    retry: RetryProgress | None = None
    next_try_at: float | None = None
    """When something is tried again unasked; None if nothing is planned."""
    last_try: bool = False
    """There is no other such try after it."""
    story: tuple[StoryLine, ...] = ()
    timings: Timings = Timings()
    turns: int = 0
    """Lines said so far; the transcript counts them, since a line may come twice."""
    last_line: str = ""
    unsent: SegmentUpdated | None = None
    """The last typed line that could not be sent."""
    reply_s: float | None = None
    """How long the agent's last reply took to begin, seconds."""
    revision: int = 0
    """Of the transcript."""
    notice: str = ""
    cleanup: CleanupResult | None = None

    @property
    def attempt(self) -> Attempt | None:
        """The current attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def agent(self) -> AgentView | None:
        """The agent of the current attempt."""
        return self.attempts[-1].agent if self.attempts else None

    @property
    def over(self) -> bool:
        """Whether the session has ended, its cleanup result included."""
        return self.phase is Phase.ENDED

    @property
    def ready(self) -> bool:
        """Whether one can talk to the agent."""
        return self.diagnosis is not None and self.diagnosis.ok and not self.over

    @property
    def alive(self) -> bool:
        """Whether an agent is there that must not be replaced unasked."""
        return self.diagnosis is not None and self.diagnosis.alive and not self.over

    @property
    def went_wrong(self) -> bool:
        """Whether a verdict stands that is not a good one, over or not."""
        found = self.diagnosis
        return found is not None and found.settled and not found.ok

    @property
    def failed(self) -> bool:
        """Whether it waits for a retry: ours went wrong, and nothing is being done about it."""
        ours = self.stays_in_room or not self.watched
        busy = self.phase in (Phase.ENDING, Phase.ENDED, Phase.RETRYING)
        return ours and self.went_wrong and not busy

    @property
    def stays_in_room(self) -> bool:
        """Whether a retry dispatches again in the same room; else it is a new conversation.

        An agent that comes by token or by itself comes only to a room that is being made
        (facts/livekit.md section 3).
        """
        explicit = self.dispatch_mode is DispatchMode.EXPLICIT
        return explicit and self.sees_dispatches and not self.over

    @property
    def outcome(self) -> str:
        """The verdict's code, or `waiting`."""
        return self.diagnosis.code.value if self.diagnosis else Outcome.WAITING.value

    def apply(self, event: AnySessionEvent) -> SessionState:  # noqa: C901, PLR0912 - one case an event
        """Make the state after an event; an unknown one changes nothing."""
        change = msgspec.structs.replace
        match event:
            case SegmentUpdated():  # first, for most events are
                return self.said((event,))
            case SessionOpened():
                return change(
                    self,
                    profile=event.profile,
                    url=event.url,
                    host=event.host,
                    auth_mode=event.auth_mode,
                    dispatch_mode=event.dispatch_mode,
                    agent_name=event.agent_name,
                    join_timeout_s=event.join_timeout_s,
                    slow_reply_s=event.slow_reply_s,
                    auto_cleanup=event.auto_cleanup,
                    sees_dispatches=event.sees_dispatches,
                    watched=event.watched,
                    opened_at=event.at,
                    opened_wall=event.wall,
                    phase_at=event.at,
                )
            case PhaseEntered():
                return self._entered(event)
            case RoomIntended() | RoomOpened():
                ours = event.ours if isinstance(event, RoomOpened) else self.ours
                return change(self, room=event.room or self.room, ours=ours)
            case Connected():
                return change(self, identity=event.identity, room=event.room)
            case StepDone():
                return self._stepped(event)
            case AttemptBegan():
                attempt = Attempt(n=event.attempt, began_at=event.at)
                attempts = (*self.attempts, attempt)
                return change(self, attempts=attempts, diagnosis=None, next_try_at=None)
            case DispatchSent():
                sent = self._attempt(dispatch_id=event.dispatch_id)
                return change(sent, next_try_at=None)
            case JobsListed():
                return self._attempt(jobs=event.jobs)
            case AgentJoined():
                agent = AgentView(identity=event.identity, name=event.name, state_at=event.at)
                return self._attempt(agent=agent)
            case AgentStateChanged():
                return self._agent(event.identity, state=event.state, state_at=event.at)
            case AgentPonged():
                return self._agent(event.identity, pong_ms=event.pong_ms)
            case AgentGone():
                return self._agent(event.identity, here=False)
            case VerdictReached():
                return self._judged(event)
            case RetryStep():
                progress = RetryProgress(event.attempt, event.number, event.text, event.at)
                return change(self, retry=progress, next_try_at=None)._told(
                    story.of_retry(event, self.opened_at)
                )
            case RetryPlanned():
                due_at = event.at + event.delay_s
                return change(self, next_try_at=due_at, last_try=event.last)._told(
                    story.of_plan(event, self.opened_at)
                )
            case LinkChanged():
                gap = gaps.after_link(self.gap, event)
                return change(self, link=event.state, link_at=event.at, gap=gap)._told(
                    story.of_link(event, self.opened_at, self._n)
                )
            case LinkStalled():
                return change(self, gap=gaps.after_stall(self.gap, event))
            case MemoryRead():
                return change(self, gap=gaps.after_memory(self.gap, event))
            case ProblemRaised():
                return self._raised(event)
            case Notice():
                return change(self, notice=event.text)
            case SessionEnded():
                timings = change(self.timings, cleanup=round(event.took_ms, 1))
                return change(
                    self,
                    phase=Phase.ENDED,
                    phase_at=event.at,
                    retry=None,
                    next_try_at=None,
                    timings=timings,
                    cleanup=event.cleanup,
                )._told(story.of_end(event, self.opened_at, self._n, watched=self.watched))
            case _ if isinstance(event, AgentEvent):
                return change(self, told=self.told.after(event))
        return self

    @property
    def _n(self) -> int:
        return self.attempts[-1].n if self.attempts else 1

    def _told(self, line: StoryLine | None) -> SessionState:
        if line is None:
            return self
        lines = (*self.story, line)
        if len(lines) > MAX_STORY:
            lines = (*lines[:100], *lines[101:])
        return msgspec.structs.replace(self, story=lines)

    def _entered(self, event: PhaseEntered) -> SessionState:
        if self.over:
            return self
        retry = self.retry if event.phase is Phase.RETRYING else None
        return msgspec.structs.replace(self, phase=event.phase, phase_at=event.at, retry=retry)

    def _stepped(self, event: StepDone) -> SessionState:
        done = {event.step.value: round((event.at - self.opened_at) * 1000, 1)}
        state = self
        if event.step.value in Timings.__struct_fields__ and event.step is not Step.CLEANUP:
            known = getattr(self.timings, event.step.value)
            if known is None:
                state = msgspec.structs.replace(
                    state, timings=msgspec.structs.replace(self.timings, **done)
                )
            if state.attempts:
                old = state.attempts[-1].timings
                state = state._attempt(timings=msgspec.structs.replace(old, **done))
        return state._told(story.of_step(event, self.opened_at))

    def _attempt(self, **fields: object) -> SessionState:
        if not self.attempts:
            return self
        last = msgspec.structs.replace(self.attempts[-1], **fields)
        return msgspec.structs.replace(self, attempts=(*self.attempts[:-1], last))

    def _agent(self, identity: str, **fields: object) -> SessionState:
        agent = self.agent
        if agent is None or agent.identity != identity:
            return self
        return self._attempt(agent=msgspec.structs.replace(agent, **fields))

    def _judged(self, event: VerdictReached) -> SessionState:
        attempt_at = self.attempts[-1].began_at if self.attempts else self.opened_at
        began = event.diagnosis.since or attempt_at
        line = story.of_verdict(
            event.diagnosis,
            event.at - self.opened_at,
            (event.at - began) * 1000,
            event.attempt,
        )
        settled = self._attempt(diagnosis=event.diagnosis)
        planned = None if event.diagnosis.ok else self.next_try_at
        return msgspec.structs.replace(
            settled, diagnosis=event.diagnosis, next_try_at=planned
        )._told(line)

    def said(self, events: Sequence[SegmentUpdated]) -> SessionState:
        """Make the state after what was said in a row; one for each line would cost too much."""
        last, unsent, revision = self.last_line, self.unsent, self.revision + len(events)
        for event in (event for event in events if event.final and event.text):
            last = last if event.role is Role.YOU else event.text
            unsent = event if event.mark is Mark.NOT_SENT else unsent
        return msgspec.structs.replace(self, revision=revision, last_line=last, unsent=unsent)

    def _raised(self, event: ProblemRaised) -> SessionState:
        state = msgspec.structs.replace(self, problem=event.problem)
        if event.fatal:
            found = diagnosis_of(event.problem)
            state = msgspec.structs.replace(state._attempt(diagnosis=found), diagnosis=found)
        return state._told(story.of_problem(event.problem, event.at - self.opened_at, self._n))
