"""All sessions, the queue and the rooms as one fold: what the controller and the commands share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

from lktui.core import agent_words, gap
from lktui.core.agent_events import AgentEvent
from lktui.core.cleanup import CleanupItem
from lktui.core.doctor import CheckDone, Checkup, CheckupBegan, CheckupDone, applied
from lktui.core.events import (
    AnyEvent,
    CleanupChanged,
    CleanupForgotten,
    LinkChanged,
    LinkState,
    ListedRoom,
    Noted,
    OutcomesRead,
    ProblemRaised,
    ProfileOutcome,
    QueueRead,
    RoomsListed,
    RoomsUnlisted,
    SegmentUpdated,
    SessionEvent,
    SessionId,
    SessionOpened,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.problems import Problem
from lktui.core.session import SessionState
from lktui.core.story import StoryLine
from lktui.core.transcript import Transcript

_OF_THE_BEGINNING = (Step.FIRST_REPLY, Step.JOBS)


class RoomsView(msgspec.Struct, frozen=True, kw_only=True):
    """The rooms of one profile's server, with their age."""

    profile: str
    rooms: tuple[ListedRoom, ...] = ()
    read_wall: float = 0.0
    """When the list was last read, seconds since the epoch; 0 is never."""
    problem: Problem | None = None
    """Why the last reading failed: then what is shown is old."""


class State(msgspec.Struct, frozen=True):
    """A snapshot; its mappings are never changed once published."""

    sessions: Mapping[SessionId, SessionState] = MappingProxyType({})
    cleanup: Mapping[str, CleanupItem] = MappingProxyType({})
    rooms: RoomsView | None = None
    outcomes: Mapping[str, ProfileOutcome] = MappingProxyType({})
    """By profile."""
    queue_read: bool = False
    """Whether the queue is known: what is not in it is gone."""
    checkups: Mapping[str, Checkup] = MappingProxyType({})
    """What the doctor has found, by run."""


class Fold:
    """Applies batches of events; holds the transcripts, which are plain stores."""

    def __init__(self) -> None:
        self.state = State()
        self.transcripts: dict[SessionId, Transcript] = {}

    def transcript(self, session: SessionId) -> Transcript:
        """Give the transcript of a session, made when first asked for."""
        if session not in self.transcripts:
            self.transcripts[session] = Transcript()
        return self.transcripts[session]

    def apply(self, events: Iterable[AnyEvent]) -> State:
        """Take a batch and publish one new snapshot."""
        events = list(events)
        cleanup = dict(self.state.cleanup)
        rooms = self.state.rooms
        outcomes = dict(self.state.outcomes)
        sessions = self._sessions(events, outcomes)
        queue_read = self.state.queue_read
        for event in events:
            match event:
                case SessionEvent():  # first, for most events are
                    pass
                case OutcomesRead():
                    read = {outcome.profile: outcome for outcome in event.outcomes}
                    outcomes = read | outcomes
                case QueueRead():
                    # An engine may die after it has written `done` and before it says so.
                    cleanup = {item_id: item.done() for item_id, item in cleanup.items()}
                    cleanup.update((item.id, item) for item in event.items)
                    queue_read = True
                case CleanupChanged():
                    cleanup.update((item.id, item) for item in event.items)
                case CleanupForgotten():
                    for gone in event.ids:
                        cleanup.pop(gone, None)
                case RoomsListed():
                    rooms = RoomsView(
                        profile=event.profile, rooms=event.rooms, read_wall=event.wall
                    )
                case RoomsUnlisted():
                    old = rooms if rooms and rooms.profile == event.profile else None
                    rooms = msgspec.structs.replace(
                        old or RoomsView(profile=event.profile),
                        problem=event.problem,
                        read_wall=max(event.read_wall, old.read_wall if old else 0.0),
                    )
                case _:
                    pass
        self.state = State(
            MappingProxyType(sessions),
            MappingProxyType(cleanup),
            rooms,
            MappingProxyType(outcomes),
            queue_read,
            _checkups(self.state.checkups, events),
        )
        return self.state

    def _sessions(
        self, events: list[AnyEvent], outcomes: dict[str, ProfileOutcome]
    ) -> dict[SessionId, SessionState]:
        """Apply what the events tell of sessions, and write down how these went."""
        sessions = dict(self.state.sessions)
        said: dict[SessionId, list[SegmentUpdated]] = {}
        for event in events:
            if isinstance(event, SegmentUpdated):
                if event.session in sessions:
                    self.transcript(event.session).apply(event)
                    said.setdefault(event.session, []).append(event)
            elif isinstance(event, SessionEvent):
                self._count_in(sessions, event.session, said.pop(event.session, ()))
                known = sessions.get(event.session)
                if known is None and not isinstance(event, SessionOpened):
                    continue
                session = self._session(known or SessionState(id=event.session), event)
                sessions[event.session] = session
                if isinstance(event, VerdictReached | ProblemRaised):
                    outcomes.update(_outcome(session, event.wall))
        for session_id, lines in said.items():
            self._count_in(sessions, session_id, lines)
        return sessions

    def _session(self, before: SessionState, event: SessionEvent) -> SessionState:
        state = before.apply(event)  # type: ignore[arg-type]  # every tagged subclass is in the union
        if state.story is not before.story and _stands_between_lines(before, event):
            self._add_fact(state, state.story[-1])
        if isinstance(event, Noted):
            self.transcript(event.session).note(event.about, event.text)
            state = msgspec.structs.replace(state, revision=state.revision + 1)
        if isinstance(event, AgentEvent):
            agent_words.tell(self.transcript(event.session), event)
            state = msgspec.structs.replace(state, revision=state.revision + 1)
        if state.gap is not None and state.gap != before.gap and _begun(before):
            gap.tell(self.transcript(event.session), state.gap, state.opened_at)
            state = msgspec.structs.replace(state, revision=state.revision + 1)
        return state

    def _count_in(
        self,
        sessions: dict[SessionId, SessionState],
        session: SessionId,
        lines: Sequence[SegmentUpdated],
    ) -> None:
        """Have a session's state tell of lines that its transcript has."""
        if not lines:
            return
        transcript = self.transcript(session)
        reply = transcript.last_reply
        sessions[session] = msgspec.structs.replace(
            sessions[session].said(lines),
            turns=transcript.turns,
            reply_s=reply.latency_s if reply else None,
        )

    def _add_fact(self, state: SessionState, told: StoryLine) -> None:
        took_s = None if told.took_ms is None else told.took_ms / 1000
        at = state.opened_at + told.at_s
        self.transcript(state.id).add_fact(at, told.what, told.text, took_s, told.kind)


def _checkups(known: Mapping[str, Checkup], events: Iterable[AnyEvent]) -> Mapping[str, Checkup]:
    found = [one for one in events if isinstance(one, CheckupBegan | CheckDone | CheckupDone)]
    if not found:
        return known
    checkups = dict(known)
    for event in found:
        checkup = applied(checkups.get(event.run), event)
        if checkup is not None:
            checkups[event.run] = checkup
    return MappingProxyType(checkups)


def _stands_between_lines(before: SessionState, event: SessionEvent) -> bool:
    """Tell whether what happened belongs into the conversation, not to how it began.

    When the first words came is told by the line itself, and a job may be listed seconds after
    its agent is there; a gap has a row of its own.
    """
    told_by_gap = isinstance(event, LinkChanged) and (
        event.state is LinkState.RECONNECTING or before.link is LinkState.RECONNECTING
    )
    of_beginning = isinstance(event, StepDone) and event.step in _OF_THE_BEGINNING
    return _begun(before) and not told_by_gap and not of_beginning


def _begun(session: SessionState) -> bool:
    return session.turns > 0 or session.timings.ready is not None


def _outcome(session: SessionState, wall: float) -> dict[str, ProfileOutcome]:
    outcome = profile_outcome(session, wall)
    return {session.profile: outcome} if outcome is not None else {}


def profile_outcome(session: SessionState, wall: float) -> ProfileOutcome | None:
    """Say how a session went for its profile; None while no verdict stands."""
    found = session.diagnosis
    if found is None or not found.settled:
        return None
    return ProfileOutcome(profile=session.profile, diagnosis=found, wall=wall)
