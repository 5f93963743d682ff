"""The shared reactive session controller: what every screen sees, and the product's verbs.

An unmounted DOMNode whose vars hold immutable snapshots; screens watch them and call the verbs.
It knows no widget and needs no running app (facts/textual.md, "State").
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from textual.reactive import var

from lktui.clock import Clock, SystemClock
from lktui.core.commands import (
    AnyCommand,
    DispatchInto,
    EndSession,
    Retry,
    Say,
    StartSession,
    WatchRooms,
    WithdrawDispatches,
)
from lktui.core.event import SessionId
from lktui.core.history import HistoryEntry
from lktui.core.problems import Problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean_lines
from lktui.core.signs import StateKind
from lktui.session.archive import Archive
from lktui.session.chronicle import Chronicle
from lktui.session.cleanup_verbs import CleanupVerbs
from lktui.session.engine_client import EngineClient, EngineHealth
from lktui.session.known_agents import agents_to_offer
from lktui.session.message import Message
from lktui.session.watch_verbs import WatchVerbs
from lktui.store.profiles import ProfileStore

if TYPE_CHECKING:
    from lktui.core.doctor import Checkup
    from lktui.core.events import AnyEvent, EngineFaulted, Hello, ProfileOutcome
    from lktui.core.fold import RoomsView
    from lktui.core.session import SessionState
    from lktui.session.examinations import Examinations
    from lktui.session.export_desk import ExportDesk, ExportProgress

MAX_LINE_CHARS = 8000
"""Longest line that is sent; LiveKit's text streams carry it in one piece."""


class SessionController(WatchVerbs, CleanupVerbs):
    """Rooms, sessions, queue and engine health for all screens; one instance an app."""

    rooms: var[RoomsView | None] = var(None)
    checkups: var[Mapping[str, Checkup]] = var(MappingProxyType({}), always_update=True)
    """What the doctor has found, by run."""
    outcomes: var[Mapping[str, ProfileOutcome]] = var(MappingProxyType({}), always_update=True)
    engine: var[EngineHealth] = var(EngineHealth.STARTING)
    unusable: var[Problem | None] = var(None)
    """Why the engine, which is up, can do nothing: without a journal nothing may be made."""
    refused: var[Problem | None] = var(None)
    """Why the conversation that was asked for last was not begun."""
    engine_restarts: var[int] = var(0)
    """Restarts that nobody has acknowledged yet."""
    lost_talks: var[int] = var(0)
    """Conversations that these restarts have ended."""
    history: var[tuple[HistoryEntry, ...]] = var(())
    """What was done and said, newest first."""
    message: var[Message | None] = var(None)
    """What the status line says now: the newest message, below it a problem that still stands."""
    seen: var[frozenset[str]] = var(frozenset())
    """Verdicts and items that the person has looked at: they need nobody any more."""
    exporting: var[ExportProgress | None] = var(None)
    """The export that is under way; None also as long as it is in its first slice."""
    installation: var[str] = var("")
    """Four characters in the names of our rooms; empty until the engine has said hello."""

    def __init__(
        self,
        engine: EngineClient,
        store: ProfileStore,
        archive: Archive,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(store, archive)
        self.clock = clock or SystemClock()
        self._engine = engine
        self.replays = False
        """Whether all that is heard happened before, and is only told again."""
        self._standing: Message | None = None
        self._reminder: Message | None = None
        self._polled: Profile | None = None
        self._dispatched: list[Profile] = []
        """As they were dispatched into rooms, newest last."""
        self._chronicle = Chronicle()
        self._greeted = False
        self._fault: Problem | None = None
        """What the engine said last of itself."""
        engine.on_events = self._on_events
        engine.on_health = self._on_health

    @cached_property
    def doctor(self) -> Examinations:
        """Whoever looks at profiles."""
        from lktui.session.examinations import Examinations  # noqa: PLC0415 - not at first paint

        return Examinations(self._send, self._store.env)

    @cached_property
    def exports(self) -> ExportDesk:
        """Whoever writes conversations to files."""
        from lktui.session.export_desk import ExportDesk  # noqa: PLC0415 - not at first paint

        return ExportDesk(self)

    def stop_export(self) -> bool:
        """Stop the export that takes long; False if there is none."""
        if self.exporting is None:
            return False
        self.exports.stop()
        return True

    # --- sessions ---------------------------------------------------------------------------

    def start_session(self, name: str = "") -> SessionId | None:
        """Start a conversation with a profile's agent, the one in use by default."""
        profile = self.profile(name)
        if profile is None:
            return None
        session = SessionId(os.urandom(6).hex())
        self.focus, self.refused = session, None
        self._send(StartSession(session=session, profile=profile))
        return session

    def say(self, session: SessionId, text: str) -> None:
        """Type a line to the agent; it is shown at once."""
        self._has_understood()
        text = clean_lines(text)[:MAX_LINE_CHARS]
        if text.strip():
            self._send(Say(session=session, key=f"typed:{os.urandom(6).hex()}", text=text))

    def retry(self, session: SessionId, *, replace_live: bool = False) -> None:
        """Dispatch again in the safe order; where that needs a new room, begin a new conversation.

        Args:
            session: Which one.
            replace_live: A person has agreed that an agent which is alive is removed.
        """
        self._has_understood()
        state = self.sessions.get(session)
        if state is None:
            return
        if state.watched and not state.stays_in_room:
            name = state.agent_name or (state.agent.name if state.agent else "")
            self.stop_watching(session)
            self.dispatch_into(state.room, name, again=True, agreed=replace_live)
            return
        if state.stays_in_room:
            self._send(Retry(session=session, replace_live=replace_live))
            return
        if not state.over:
            self.end_session(session)
        if self.start_session(state.profile) is None:
            self.notice(f"not now: the profile {state.profile} is gone or has faults")
        else:
            self.notice("trying again in a new room")

    def retry_all(self, sessions: Iterable[SessionId]) -> int:
        """Retry those of some sessions whose verdict is a failure; how many."""
        failed = [one for one in sessions if one in self.sessions and self.sessions[one].failed]
        for session in failed:
            self.retry(session)
        return len(failed)

    def dispatch_into(
        self, room: str, agent: str, metadata: str = "", *, again: bool = False, agreed: bool
    ) -> SessionId | None:
        """Dispatch an agent into a room that is there, and have it judged by a hidden watch.

        Args:
            room: Of the server of the profile in use.
            agent: Its name.
            metadata: What the dispatch is given; one that is made again keeps its own.
            again: What is there under this name goes first, safely.
            agreed: A person has agreed to what becomes of an agent of this name that is alive.
        """
        profile = self.profile()
        if profile is None:
            return None
        session = SessionId(os.urandom(6).hex())
        wanted = msgspec.structs.replace(profile, agent_name=agent, metadata=metadata)
        self._dispatched.append(wanted)
        asked = DispatchInto(session=session, profile=wanted, room=room, again=again, agreed=agreed)
        self._send(asked)
        return session

    def known_agents(self) -> tuple[tuple[str, ...], str]:
        """Name the agents that are known, those of the newest dispatches first.

        Returns:
            The names, and the metadata that was last given to the first of them.
        """
        profile = self.profile()
        others = (file.profile for file in self.profiles if file.profile is not None)
        names = agents_to_offer(
            self._dispatched,
            [profile, *others] if profile is not None else others,
            self.sessions.values(),
            self.rooms.rooms if self.rooms is not None else (),
        )
        last = self._dispatched[-1] if self._dispatched else profile
        return names, last.metadata if last is not None else ""

    def withdraw(self, room: str, ids: tuple[str, ...]) -> None:
        """Delete dispatches of a room; the agents that they brought leave."""
        if (profile := self.profile()) is not None:
            self._send(WithdrawDispatches(profile=profile, room=room, ids=ids))

    def end_session(self, session: SessionId, *, agreed: bool = False) -> None:
        """Leave and clean up.

        Args:
            session: Which one.
            agreed: A person has agreed that others who are in the room are put out.
        """
        self._send(EndSession(session=session, agreed=agreed))

    @property
    def talking(self) -> tuple[SessionState, ...]:
        """Conversations that are not over."""
        sessions = self.sessions.values()
        return tuple(state for state in sessions if not (state.over or state.watched))

    @property
    def ending_with_us(self) -> tuple[SessionState, ...]:
        """Conversations that end when the person leaves."""
        return () if self.replays else self.talking

    # --- rooms and queue --------------------------------------------------------------------

    def poll_rooms(self, *, on: bool) -> None:
        """Keep the list of rooms of the profile in use fresh, or stop."""
        profile = self.profile() if on else None
        if profile is not None and not profile.capabilities.list_rooms:
            profile = None
        if profile != self._polled:
            self._polled = profile
            self._send(WatchRooms(profile=profile))

    def forget_rooms(self) -> None:
        """Show no rooms until those of the profile in use are listed."""
        self.rooms = None

    # --- messages ---------------------------------------------------------------------------

    def notice(self, text: str, kind: StateKind | None = None, *, stays: bool = False) -> None:
        """Say something in the status line until the next key, or until it is dismissed."""
        self._say(text, kind, sticky=stays)

    def remind(self, text: str) -> None:
        """Say what can be done until the first line or retry, or until it is dismissed."""
        if text:
            self._reminder = self._say(text, sticky=True)

    def _has_understood(self) -> None:
        if self._reminder is not None and self._standing is self._reminder:
            self.dismiss()
        self._reminder = None

    def report(self, problem: Problem) -> None:
        """Say a problem in the status line until it is dismissed."""
        self.warn(problem.summary)

    def warn(self, text: str) -> None:
        """Say something doubtful in the status line until it is dismissed."""
        self._say(text, StateKind.WARNING, sticky=True)

    def note(self, text: str, result: str = "", kind: StateKind | None = None) -> None:
        """Write something down in the history."""
        self.history = self._chronicle.add_note(text, result, self.clock.wall(), kind)

    def key_pressed(self) -> None:
        """The person has seen what the status line said; a problem stays."""
        self.engine_restarts = self.lost_talks = 0
        self.message = self._standing

    def dismiss(self) -> bool:
        """Take the problem out of the status line; False if there is none."""
        stood, self._standing, self.message = self._standing, None, None
        return stood is not None

    def look_at(self, subject: str) -> None:
        """The person has looked at a verdict or an item, named by what needed attention."""
        if subject not in self.seen:
            self.seen |= {subject}

    # --- the engine -------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect to the engine."""
        await self._engine.start()

    async def stop(self, grace_s: float) -> None:
        """End everything and the engine; what remains it finishes without us."""
        await self.exports.close()
        await self._engine.stop(grace_s)

    def _send(self, command: AnyCommand) -> None:
        self._engine.send(command)

    def _say(self, text: str, kind: StateKind | None = None, *, sticky: bool = False) -> Message:
        message = Message(text=text, wall=self.clock.wall(), kind=kind, sticky=sticky)
        self.note(text, kind=kind)
        self._standing = message if sticky else self._standing
        self.message = message
        return message

    def _on_health(self, health: EngineHealth) -> None:
        if health is EngineHealth.RESTARTING and self.engine is EngineHealth.UP:
            self.engine_restarts += 1
            self.lost_talks += len(self.talking)
        if health is EngineHealth.UP and self.engine is EngineHealth.RESTARTING and self._polled:
            self._send(WatchRooms(profile=self._polled))
        self.engine = health

    def _on_events(self, events: list[AnyEvent]) -> None:
        """Fold a batch and publish what it changed: one change of each var."""
        # The engine's first word comes after the first paint, which needs no event.
        from lktui.core.events import (  # noqa: PLC0415 - as above
            ApiCalled,
            EngineFaulted,
            Hello,
            OrphansFound,
            RecordCaughtUp,
        )
        from lktui.session.sentences import said_of  # noqa: PLC0415 - the same

        before = self._fold.state
        after = self._fold.apply(events)
        self.archive.hear(events)
        cannot_work = self.unusable is not None
        for event in events:
            match event:
                case Hello():
                    self._greet(event)
                    cannot_work = not event.installation
                case EngineFaulted():
                    self._fault = event.problem
                    self._refuse(event)
                case OrphansFound():
                    self._found_orphans(event)
                case RecordCaughtUp():
                    self._solved()
            said = said_of(event)
            if isinstance(said, Problem):
                self.report(said)
            elif said is not None:
                self.notice(said)
        if calls := [event for event in events if isinstance(event, ApiCalled)]:
            self.history = self._chronicle.add_calls(calls)
        self.unusable = self._fault if cannot_work else None
        if after.rooms is not before.rooms and self._is_of_profile_in_use(after.rooms):
            self.rooms = after.rooms
        self.queue_read = after.queue_read
        self._time_tries(after.cleanup)
        if dict(after.cleanup) != dict(before.cleanup):
            self.cleanup = after.cleanup
        if after.checkups is not before.checkups:
            self.checkups = after.checkups
        if dict(after.outcomes) != dict(before.outcomes):
            self.outcomes = after.outcomes
        self.sessions = after.sessions

    def _refuse(self, event: EngineFaulted) -> None:
        """Wait no longer for a conversation that the engine cannot begin."""
        if event.refused and event.refused == self.focus:
            self.focus, self.refused = None, event.problem

    def _solved(self) -> None:
        """Say no longer what the engine said last of itself."""
        if self._standing and self._fault and self._standing.text == self._fault.summary:
            self.dismiss()

    def _greet(self, hello: Hello) -> None:
        """Take the engine's word; one that begins anew has forgotten what it polled."""
        if self._greeted and self._polled is not None:
            self._send(WatchRooms(profile=self._polled))
            self._send(self._looked_into)
        if self.unusable is not None and hello.installation:
            self._solved()
            self.notice("the engine works again")
        self._greeted, self.installation = True, hello.installation

    def _is_of_profile_in_use(self, rooms: RoomsView | None) -> bool:
        return rooms is not None and rooms.profile == self.profile_in_use
