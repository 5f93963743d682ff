"""Rooms: what is there, whether the agent is really listening, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.events import ListedRoom, SessionId
from lktui.core.fold import RoomsView
from lktui.core.session import SessionState, row_state
from lktui.core.signs import StateKind
from lktui.screens.action_screen import does
from lktui.screens.chrome import attention_of
from lktui.screens.list_screen import ListScreen
from lktui.screens.rooms.rows import (
    COLUMNS,
    room_key,
    row_of_room,
    row_of_session,
    state_of_room,
    story_of_room,
    story_of_session,
)
from lktui.screens.words import time_of_day
from lktui.session.controller import SessionController
from lktui.widgets.bindings import bindings
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import Part, line, state, tally
from lktui.widgets.list_table import Row

_COUNTED = {
    StateKind.FAILED: "failed",
    StateKind.WARNING: "doubtful",
    StateKind.WAITING: "waiting",
    StateKind.READY: "ready",
}


class RoomsScreen(ListScreen):
    """Our conversations first, newest first, then the other rooms of the profile's server."""

    CSS_PATH = "rooms.tcss"
    SCOPE = Scope.ROOMS
    TITLE = "Rooms"
    NOUN = "rooms"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ROOMS)

    def __init__(self, controller: SessionController) -> None:
        super().__init__(controller)
        self._focus: SessionId | None = None

    def resumed(self) -> None:
        """Keep the list of rooms fresh while it is looked at; go to what was started meanwhile."""
        self.controller.poll_rooms(on=True)
        if self.controller.focus != self._focus:
            self._focus = self.controller.focus
            self.draw()
            self.table.place_cursor(self._focus or "")

    def on_screen_suspend(self) -> None:
        """Leave the server alone while nobody looks."""
        self.controller.poll_rooms(on=False)

    # --- rows -------------------------------------------------------------------------------

    @property
    def _sessions(self) -> list[SessionState]:
        sessions = self.controller.sessions.values()
        return sorted(sessions, key=lambda session: session.opened_wall, reverse=True)

    @property
    def _listed(self) -> dict[str, ListedRoom]:
        rooms = self.controller.rooms
        return {room.name: room for room in rooms.rooms} if rooms is not None else {}

    @property
    def _old(self) -> RoomsView | None:
        """The list of rooms if it could not be read since."""
        rooms = self.controller.rooms
        return rooms if rooms is not None and rooms.problem is not None else None

    def _others(self) -> list[ListedRoom]:
        """Give the rooms in which we have no conversation, newest first."""
        own = {session.room for session in self._sessions}
        others = [room for room in self._listed.values() if room.name not in own]
        return sorted(others, key=lambda room: room.made_at, reverse=True)

    def all_rows(self) -> Iterator[Row]:
        """Give our conversations, then the other rooms."""
        clock, listed, seen = self.controller.clock, self._listed, self.controller.seen
        now, wall = clock.monotonic(), clock.wall()
        for session in self._sessions:
            room = listed.get(session.room)
            yield row_of_session(session, room, now=now, wall=wall, seen=seen)
        for other in self._others():
            yield row_of_room(other, wall=wall, stale=self._old is not None)

    def _kind(self, row: Row) -> StateKind:
        session = self._session(row)
        if session is not None:
            return row_state(session, self.controller.clock.monotonic())[0]
        room = self._room(row)
        return state_of_room(room, stale=self._old is not None)[0] if room else StateKind.OVER

    def _session(self, row: Row) -> SessionState | None:
        return self.controller.sessions.get(SessionId(row.key))

    def _room(self, row: Row) -> ListedRoom | None:
        return next((room for room in self._listed.values() if room_key(room) == row.key), None)

    # --- words ------------------------------------------------------------------------------

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Count by state; say how old the list is if it could not be read since."""
        kinds = Counter(self._kind(row) for row in rows)
        counted = tally({(kind, word): kinds[kind] for kind, word in _COUNTED.items()})
        old = self._age_of_list()
        return line(counted, "  ", state(StateKind.STALE, old)) if old else counted

    def _age_of_list(self) -> str:
        old = self._old
        if old is None or not old.read_wall:
            return ""
        return f"data {max(0, round(self.controller.clock.wall() - old.read_wall))} s old"

    def ticking(self) -> bool:
        """Count the age of old data too."""
        return super().ticking() or bool(self._age_of_list())

    def hint(self) -> Content:
        """Say why the list could not be read."""
        if self._old is None or self._old.problem is None or self.filter_by:
            return super().hint()
        return line(state(StateKind.WARNING, self._old.problem.summary))

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say why there is no row, and what to do."""
        profile, rooms = self.controller.profile(), self.controller.rooms
        choose: tuple[Part, ...] = (
            (key_of(ActionId.SHOW_PROFILES), "$key bold"),
            "  choose another profile",
        )
        if profile is None:
            return ((("No profile is in use.", "bold"),), (), choose)
        agent = f" with “{profile.agent_name}”" if profile.agent_name else ""
        start: tuple[Part, ...] = (
            (key_of(ActionId.ROOMS_START), "$key bold"),
            f"  start a conversation{agent}: creates a room, dispatches, joins",
        )
        if not profile.capabilities.list_rooms:
            return (
                (("This profile cannot list rooms", "bold"), " (no API key)."),
                ("Your own conversations are listed here.",),
                (),
                start,
                choose,
            )
        found = self.controller.unusable or (rooms.problem if rooms is not None else None)
        if found is not None:
            return ((state(StateKind.FAILED, found.summary, bold=True),), (found.cause,),
                    (found.resolution,), (), choose)  # fmt: skip
        if rooms is None or not rooms.read_wall:
            return ((state(StateKind.WAITING, f"reading the rooms of {profile.host}"),), (), start)
        note = "Rooms that other programs create appear here within seconds."
        return (
            (("No rooms on this server.", "bold"),),
            (),
            start,
            choose,
            (),
            ((note, "$muted"),),
        )

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give room, agent and attempt, and when something last happened."""
        session = self._session(row)
        if session is None:
            room = self._room(row)
            name = room.name if room is not None else row.key
            agents = ", ".join(room.agents) if room is not None else ""
            title: tuple[Part, ...] = ((name, "$title bold"),)
            return (*title, f"  {agents}") if agents else title, self._age_of_list()
        attempt = f"  attempt {session.attempt.n}" if session.attempt else ""
        last = session.story[-1].at_s if session.story else 0.0
        return (
            (session.room or "no room yet", "$title bold"),
            f"  {session.agent_name}",
            (attempt, "$muted"),
        ), time_of_day(session.opened_wall + last)

    def story(self, row: Row) -> DetailView:
        """Tell how the conversation came to where it is, or what is known of the room."""
        session = self._session(row)
        if session is not None:
            return story_of_session(session, self.controller.clock.monotonic())
        room = self._room(row)
        return story_of_room(room, stale=self._old is not None) if room else DetailView()

    # --- actions ----------------------------------------------------------------------------

    def view(self) -> View:
        """Judge actions by the conversation under the cursor."""
        row = self.row
        session = self._session(row) if row is not None else None
        room = self._listed.get(session.room) if session is not None else None
        others = max(0, room.people - 1 - len(room.agents)) if room is not None else 0
        name = row.cells[1].text if row is not None else ""
        return msgspec.structs.replace(super().view(), session=session, room=name, others=others)

    @does(ActionId.ROOMS_OPEN)
    def _open(self, view: View) -> None:
        if view.session is not None:
            self.controller.look_at(attention_of(view.session))
            self.controller.focus = view.session.id
            self.show_live(view)

    @does(ActionId.ROOMS_RETRY)
    def _retry(self, view: View) -> None:
        if view.session is not None:
            self.controller.look_at(attention_of(view.session))
            self.controller.retry(view.session.id, replace_live=view.session.ready)

    @does(ActionId.ROOMS_RETRY_FAILED)
    def _retry_failed(self, _view: View) -> None:
        count = self.controller.retry_failed()
        self.controller.notice(f"retrying {count}")

    @does(ActionId.ROOMS_START)
    def _start(self, view: View) -> None:
        self.controller.start_session()
        self.show_live(view)

    @does(ActionId.ROOMS_END)
    def _end(self, view: View) -> None:
        if view.session is not None:
            self.controller.look_at(attention_of(view.session))
            self.controller.end_session(view.session.id, agreed=bool(view.others))

    @does(ActionId.ROOMS_SORT)
    def _sort_by_next(self, _view: View) -> None:
        self.sort_by_next()

    @does(ActionId.ROOMS_REVERSE)
    def _reverse(self, _view: View) -> None:
        self.reverse_order()

    @does(ActionId.ROOMS_COPY_ID)
    def _copy_name(self, view: View) -> None:
        self.copy(view.room)
