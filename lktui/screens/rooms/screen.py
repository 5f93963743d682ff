"""Rooms: what is there, whether the agent is really listening, and why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_reasons import ask_second, dispatches_of
from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.events import SessionId
from lktui.core.listed_room import known_agents
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.core.verdict import diagnosis_of
from lktui.core.wrap import clip
from lktui.screens.action_screen import does
from lktui.screens.chrome import attention_of
from lktui.screens.list_marks import RoomListScreen
from lktui.screens.rooms.listing import Listing
from lktui.screens.rooms.rows import COLUMNS, story_of_room, story_of_session
from lktui.screens.words import time_of_day
from lktui.session.controller import SessionController
from lktui.widgets.bindings import bindings
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import Part, line, state, tally
from lktui.widgets.list_table import Row

if TYPE_CHECKING:
    from lktui.screens.rooms.dispatch_sheet import DispatchSheet

_WHOLE = "-whole"
_ROOM_CELLS = 40
_COUNTED = {
    StateKind.FAILED: "failed",
    StateKind.WARNING: "doubtful",
    StateKind.WAITING: "waiting",
    StateKind.READY: "ready",
}


class RoomsScreen(RoomListScreen):
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
        self._listing = Listing()

    def resumed(self) -> None:
        """Keep the list of rooms fresh while it is looked at; go to what was started meanwhile."""
        super().resumed()
        if self.controller.focus != self._focus:
            self._focus = self.controller.focus
            self.draw()
            self.table.place_cursor(self._focus or "")

    # --- rows -------------------------------------------------------------------------------

    def all_rows(self) -> Iterable[Row]:
        """Give our conversations, then the other rooms."""
        controller = self.controller
        self._listing = Listing.of(controller)
        self.keep_marks(self._listing.subjects)
        now, wall = controller.clock.monotonic(), controller.clock.wall()
        return self._listing.rows(now=now, wall=wall, seen=controller.seen, marks=self.marks)

    def draw_body(self) -> None:
        """Follow a room to the row of its watch; keep the room under the cursor fresh."""
        before = self.row
        super().draw_body()
        if before is not None and before.key not in self._listing.subjects:
            self.table.place_cursor(self._listing.key_of_room(before.cells[1].text))
        row = self.row
        listed = self._listing.room(row.key) if row is not None else None
        others = (self._listing.other(one.key) for one in self.table.rows_in_view)
        in_view = tuple(other.name for other in others if other is not None)
        self.controller.look_into(listed.name if listed is not None else "", in_view)

    # --- words ------------------------------------------------------------------------------

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Count by state; say how old the list is if it could not be read since."""
        if self.marks:
            return Content("")
        now, wall = self.controller.clock.monotonic(), self.controller.clock.wall()
        kinds = Counter(self._listing.kind(row.key, now=now, wall=wall) for row in rows)
        counted = tally({(kind, word): kinds[kind] for kind, word in _COUNTED.items()})
        old = self._age_of_list()
        return line(counted, "  ", state(StateKind.STALE, old)) if old else counted

    def in_view(self) -> Content:
        """With marks: how many of how many."""
        return self.marks_in_view() if self.marks else super().in_view()

    def _age_of_list(self) -> str:
        old = self._listing.old
        if old is None or not old.read_wall:
            return ""
        return f"data {max(0, round(self.controller.clock.wall() - old.read_wall))} s old"

    def ticking(self) -> bool:
        """Count the age of old data too."""
        return super().ticking() or bool(self._age_of_list())

    def hint(self) -> Content:
        """Say why the list could not be read."""
        old = self._listing.old
        if old is None or old.problem is None or self.filter_by:
            return super().hint()
        history = (key_of(ActionId.HISTORY), "$key bold")
        told = state(StateKind.WARNING, diagnosis_of(old.problem).words)
        return line(told, "  ", history, (" history", "$muted"))

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
        session = self._listing.session(row.key)
        if session is None:
            room = self._listing.other(row.key)
            name = room.name if room is not None else row.key
            agents = ", ".join(known_agents(room)) if room is not None else ""
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
        session, room = self._listing.session(row.key), self._listing.other(row.key)
        if session is not None:
            return story_of_session(session, self.controller.clock.monotonic())
        if room is None:
            return DetailView()
        wall, ours = self.controller.clock.wall(), room.name in self._listing.queued
        return story_of_room(room, self._listing.old, wall, ours=ours)

    # --- actions ----------------------------------------------------------------------------

    def view(self) -> View:
        """Judge actions by the conversation or the room under the cursor, and by the marks."""
        row = self.row
        session = self._listing.session(row.key) if row is not None else None
        room = self._listing.room(row.key) if row is not None else None
        others = 0
        if session is not None and room is not None:
            others = max(0, room.people - 1 - len(room.agents))
        name = row.cells[1].text if row is not None else ""
        return msgspec.structs.replace(
            super().view(),
            session=session,
            room="" if session is not None and not session.room else name,
            listed=room,
            others=others,
            watches=self.controller.watches,
            marks=len(self.marks),
            marked=tuple(s for key in sorted(self.marks) if (s := self._listing.session(key))),
            failed=sum(session.failed for session in self._in_view()),
        )

    def _in_view(self) -> list[SessionState]:
        """Give the conversations behind the filter."""
        if not self.is_mounted:
            return []
        found = (self._listing.session(row.key) for row in self.table.rows)
        return [session for session in found if session is not None]

    @does(ActionId.ROOMS_OPEN)
    def _open(self, view: View) -> None:
        if view.session is not None:
            self.controller.look_at(attention_of(view.session))
            self.controller.focus = view.session.id
            self.show_live(view)

    @does(ActionId.ROOMS_RETRY)
    def _retry(self, view: View) -> None:
        chosen = view.marked if view.marks else (view.session,) if view.session else ()
        if not chosen and view.listed is not None:
            (agent,) = known_agents(view.listed)
            self.controller.dispatch_into(view.room, agent, again=True, agreed=True)
        for session in chosen:
            self.controller.look_at(attention_of(session))
            self.controller.retry(session.id, replace_live=session.alive)
        self.unmark()

    @does(ActionId.ROOMS_RETRY_FAILED)
    def _retry_failed(self, _view: View) -> None:
        count = self.controller.retry_all(session.id for session in self._in_view())
        self.controller.notice(f"retrying {count}")

    @does(ActionId.ROOMS_WATCH)
    def _watch(self, view: View) -> None:
        known = self.controller.watch_of(view.room)
        if known is not None:
            self.controller.stop_watching(known)
        elif self.controller.watch_room(view.room) is not None:
            room = clip(view.room, _ROOM_CELLS)
            self.controller.notice(f"watching {room}: nobody there sees it")

    @does(ActionId.ROOMS_START)
    def _start(self, view: View) -> None:
        self.controller.start_session()
        self.show_live(view)

    @does(ActionId.ROOMS_END)
    def _end(self, view: View) -> None:
        for session in view.marked if view.marks else (view.session,):
            if session is not None and not session.over:
                self.controller.look_at(attention_of(session))
                agreed = bool(view.marks or view.others)
                self.controller.end_session(session.id, agreed=agreed)
        self.unmark()

    # --- dispatching into a room --------------------------------------------------------------

    @does(ActionId.ROOMS_DISPATCH)
    def _open_sheet(self, view: View) -> Awaitable[None]:
        from lktui.screens.rooms.dispatch_sheet import DispatchSheet  # noqa: PLC0415 - brings the input

        known, metadata = self.controller.known_agents()
        return self.open_overlay(DispatchSheet(view.room, known, metadata))

    @property
    def _sheet(self) -> DispatchSheet:
        from lktui.screens.rooms.dispatch_sheet import DispatchSheet  # noqa: PLC0415 - as above

        return self.query_one(DispatchSheet)

    @does(ActionId.SHEET_DO)
    async def _dispatch(self, view: View) -> None:
        sheet = self._sheet
        room, agent, metadata = sheet.room, sheet.agent, sheet.metadata
        if not agent:
            self.refuse("it needs an agent's name")
            return
        await self.close_overlay()

        def dispatch(*, agreed: bool) -> None:
            self.controller.dispatch_into(room, agent, metadata, agreed=agreed)
            self.controller.notice(f"dispatching {agent}")

        question = ask_second(view, agent)
        if question is None:
            dispatch(agreed=False)
        else:
            self.ask(question, final=False, agreed=lambda: dispatch(agreed=True))

    @does(ActionId.SHEET_CLOSE)
    async def _close_sheet(self, _view: View) -> None:
        await self.close_overlay()

    @does(ActionId.SHEET_NEXT)
    def _next_field(self, _view: View) -> None:
        self._sheet.go()

    @does(ActionId.SHEET_PREVIOUS)
    def _previous_field(self, _view: View) -> None:
        self._sheet.go()

    @does(ActionId.SHEET_LATER)
    def _later_agent(self, _view: View) -> None:
        self._sheet.offer(1)

    @does(ActionId.SHEET_EARLIER)
    def _earlier_agent(self, _view: View) -> None:
        self._sheet.offer(-1)

    @does(ActionId.ROOMS_WITHDRAW)
    def _withdraw(self, view: View) -> None:
        ids = tuple(key for key, _ in dispatches_of(view))
        self.controller.withdraw(view.room, ids)

    @does(ActionId.ROOMS_DETAIL)
    def _whole_story(self, _view: View) -> None:
        self.toggle_class(_WHOLE)

    # --- marks --------------------------------------------------------------------------------

    @does(ActionId.ROOMS_MARK)
    def _mark(self, _view: View) -> None:
        self.mark_row()

    @does(ActionId.ROOMS_MARK_ALL)
    def _mark_all(self, _view: View) -> None:
        self.mark_all()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then the marks, then the message."""
        return None if self.clear_marks(view) else super().back(view)

    # --- order and copies ---------------------------------------------------------------------

    @does(ActionId.ROOMS_SORT)
    def _sort_by_next(self, _view: View) -> None:
        self.sort_by_next()

    @does(ActionId.ROOMS_REVERSE)
    def _reverse(self, _view: View) -> None:
        self.reverse_order()

    @does(ActionId.ROOMS_PAST)
    def _list_past(self, _view: View) -> None:
        self.show_past()

    @does(ActionId.ROOMS_COPY_ID)
    def _copy_name(self, view: View) -> None:
        self.copy(view.room)
