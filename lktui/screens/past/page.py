"""`H`: the sessions of the record, newest first; any of them opens in Live."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from lktui.core.action_types import Question, Scope, View
from lktui.core.actions import ACTIONS, PARENTS, ActionId, key_of
from lktui.core.events import SessionId
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.core.problems import PortError
from lktui.screens.action_screen import does
from lktui.screens.asking import ask_on_sheet
from lktui.screens.chrome import message_of
from lktui.screens.copying import copy_out
from lktui.screens.exporting import Exporting
from lktui.screens.list_marks import ListMarks
from lktui.screens.list_moves import ListMoves
from lktui.screens.past.rows import COLUMNS, row_of, story_of
from lktui.session.controller import SessionController
from lktui.store.record import PastSession
from lktui.widgets.bindings import bindings
from lktui.widgets.breakpoints import classes_at
from lktui.widgets.detail import Detail, DetailView
from lktui.widgets.drawing import line
from lktui.widgets.footer import Footer
from lktui.widgets.list_table import ListTable, Row
from lktui.widgets.overlay import Overlay
from lktui.widgets.rule import Rule
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall

_NO_SESSION = ((("No session yet.", "bold"),),)


class PastPage(Exporting, ListMoves, ListMarks[SessionId | None]):
    """A full page over the screen it was called on; its result is the session to show."""

    CSS_PATH = "past.tcss"
    NOUN = "sessions"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PAST)

    def __init__(self, controller: SessionController) -> None:
        super().__init__()
        self.controller = controller
        self._sessions: dict[str, PastSession] = {}
        self._title, self._heading = Rule(), Rule()

    @property
    def table(self) -> ListTable:
        """The list."""
        return self.query_one(ListTable)

    def compose(self) -> ComposeResult:
        """Put list, story, status and footer below each other."""
        yield self._title
        yield ListTable(COLUMNS)
        yield self._heading
        yield Detail()
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    def on_mount(self) -> None:
        """Read the list, anew whenever a session has ended or begun."""
        self.add_class(*classes_at(self.app.size), update=False)
        self.watch(self.controller, "message", self.show_found, init=False)
        self.watch(self.controller, "exporting", self._show_status, init=False)
        self.watch(self.controller.archive, "changes", self._read, init=False)
        self._read()

    def _read(self) -> None:
        try:
            found = self.controller.archive.sessions()
        except PortError as error:
            self.controller.report(error.problem)
            found = ()
        self._sessions = {session.id: session for session in found}
        self.keep_marks(self._sessions)
        self.show_found()

    def on_descendant_focus(self) -> None:
        """Show the filter's keys while it is typed."""
        self.show_found()

    def on_list_table_cursor_moved(self) -> None:
        """Tell the story of the session that the cursor is on now; no row looks different."""
        self._show_story()

    @property
    def session(self) -> PastSession | None:
        """The session under the cursor."""
        row = self.table.row
        return self._sessions.get(row.key) if row is not None else None

    def view(self) -> View:
        """Judge actions by how many sessions there are."""
        session = self.session
        return View(
            rows=len(self.table.rows),
            filtered=bool(self.filter_by),
            room=session.room if session is not None else "",
            marks=len(self.marks),
        )

    @property
    def takes_text(self) -> bool:
        """Whether printable keys are text: also in what lies over the page."""
        return self.typing or bool(self.query(Overlay))

    def is_covered(self, name: ActionId) -> bool:
        """Whether something lies over what an action's key is for."""
        over = next(iter(self.query(Overlay)), None)
        return over is not None and ACTIONS[name].scope is not over.SCOPE

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self.controller.notice(f"not now: {reason}")

    def filtered_text(self, row: Row) -> str:
        """Look also at what the list has no column for: the agent, and the session's id."""
        return f"{row.text}  {self._sessions[row.key].agent}  {row.key}"

    @property
    def chosen(self) -> tuple[PastSession, ...]:
        """The marked sessions, in the order of the list; without marks the one under the cursor."""
        here = self.session
        if not self.marks:
            return (here,) if here is not None else ()
        return tuple(one for one in self._sessions.values() if one.id in self.marks)

    # --- drawing ----------------------------------------------------------------------------

    def show_found(self) -> None:
        """Show the sessions behind the filter, and the story of the one under the cursor."""
        if not self.is_mounted:
            return
        now = self.controller.clock.wall()
        rows = [
            row_of(session, now, marked=session.id in self.marks)
            for session in self._sessions.values()
        ]
        shown = self.found_rows(rows)
        self.table.show(
            shown,
            empty=self.no_match() if rows else _NO_SESSION,
            installation=self.controller.installation,
        )
        count = f"{len(rows)} session" + ("" if len(rows) == 1 else "s")
        note = (count if self.is_sorted else f"newest first, {count}", "$muted")
        self._title.show(("past sessions", "$title bold"), right=note)
        self._show_story()
        self._show_status()
        over = next(iter(self.query(Overlay)), None)
        scopes = (over.SCOPE,) if over is not None else (Scope.PAST, *PARENTS[Scope.PAST])
        scopes = (Scope.FILTER,) if self.typing else scopes
        last = help_entry(typing=self.takes_text)
        self.query_one(Footer).show(footer_entries(scopes, self.view()), last)

    def _show_status(self) -> None:
        found = self.marks_in_view() if self.marks else line(*self.rows_in_view())
        self.query_one(StatusLine).show(found, message_of(self.controller))

    def _show_story(self) -> None:
        session = self.session
        if session is None:
            self._heading.show("")
            self.query_one(Detail).show(DetailView())
            return
        name = session.room or session.profile
        self._heading.show((name, "$title bold"), right=(key_of(ActionId.PAST_OPEN), "$key bold"))
        self.query_one(Detail).show(story_of(session))

    # --- what rises from the bottom ---------------------------------------------------------

    async def open_overlay(self, over: Overlay) -> None:
        """Let something rise from the bottom and take the keys."""
        await self.mount(over)
        self.show_found()

    async def close_overlay(self) -> None:
        """Take away what lies over the page; the list has the keys again."""
        await self.query(Overlay).remove()
        table: Widget = self.table
        self.set_focus(table)
        self.show_found()

    # --- actions ----------------------------------------------------------------------------

    @does(ActionId.PAST_OPEN)
    def _open(self, _view: View) -> None:
        if self.session is not None:
            self.dismiss(self.session.id)

    @does(ActionId.PAST_EXPORT)
    def _open_export(self, _view: View) -> Awaitable[None] | None:
        chosen = self.chosen
        if not chosen:
            return None
        name = chosen[0].room or chosen[0].id
        if len(chosen) > 1:
            name = f"{len(chosen)} marked sessions"
        return self.open_export(tuple(session.id for session in chosen), name)

    @does(ActionId.PAST_FILTER)
    def _filter_sessions(self, _view: View) -> Awaitable[None]:
        return self.open_filter()

    @does(ActionId.PAST_COPY)
    def _copy(self, _view: View) -> None:
        if self.table.row is not None:
            self._copy_rows((self.table.row,))

    @does(ActionId.PAST_COPY_ALL)
    def _copy_all(self, _view: View) -> None:
        self._copy_rows(self.table.rows)

    def _copy_rows(self, rows: tuple[Row, ...]) -> None:
        copy_out(self.app, self.controller, "\n".join(f"{row.text}  {row.key}" for row in rows))

    @does(ActionId.PAST_DELETE)
    def _delete(self, _view: View) -> None:
        self.controller.forget_sessions(tuple(session.id for session in self.chosen))
        self.unmark()

    @does(ActionId.PAST_SORT)
    def _sort_by_next(self, _view: View) -> None:
        self.sort_by_next()

    @does(ActionId.PAST_REVERSE)
    def _reverse_order(self, _view: View) -> None:
        self.reverse_order()

    @does(ActionId.PAST_MARK)
    def _mark(self, _view: View) -> None:
        self.mark_row()

    @does(ActionId.PAST_MARK_ALL)
    def _mark_all(self, _view: View) -> None:
        self.mark_all()

    @does(ActionId.PAST_HELP)
    def _help(self, view: View) -> None:
        from lktui.screens.help.page import HelpPage  # noqa: PLC0415 - when asked for

        def chosen(name: ActionId | None) -> None:
            if name is not None:
                self.perform(name)

        self.app.push_screen(HelpPage((Scope.PAST, *PARENTS[Scope.PAST]), view), chosen)

    @does(ActionId.PAST_CLOSE)
    def _close(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then the marks, stop an export, close the page."""
        if self.clear_marks(view):
            return None
        if self.filter_by:
            return self.clear_filter(view)
        if not self.controller.stop_export():
            self.dismiss(None)
        return None

    def ask(self, question: Question, *, final: bool, agreed: Callable[[], object]) -> None:
        """Put the question on a sheet."""
        ask_on_sheet(self.app, question, final=final, agreed=agreed)
