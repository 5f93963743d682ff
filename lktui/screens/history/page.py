"""`@`: what lktui did, newest first: each call with its result and the command that does the same.

Also the place of past messages. Secrets are never written here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from lktui.core.action_types import Scope, View
from lktui.core.actions import PARENTS, ActionId
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.core.history import HistoryEntry
from lktui.screens.action_screen import does
from lktui.screens.copying import copy_out
from lktui.screens.history.rows import COLUMNS, row_of, story_of, verdict_on
from lktui.screens.list_filter import ListFilter
from lktui.screens.list_moves import ListMoves
from lktui.screens.words import time_of_day
from lktui.session.controller import SessionController
from lktui.widgets.bindings import bindings
from lktui.widgets.breakpoints import classes_at
from lktui.widgets.detail import Detail, DetailView
from lktui.widgets.drawing import line
from lktui.widgets.footer import Footer
from lktui.widgets.list_table import ListTable
from lktui.widgets.pacing import Pacer
from lktui.widgets.rule import Rule
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall


class HistoryPage(ListMoves, ListFilter[None]):
    """A full page over the screen it was called on."""

    CSS_PATH = "history.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HISTORY)

    def __init__(self, controller: SessionController) -> None:
        super().__init__()
        self._controller = controller
        self._pacer = Pacer(self, controller.clock, self.show_found)
        self._raw = False
        self._title, self._heading = Rule(), Rule()

    @property
    def table(self) -> ListTable:
        """The list of entries."""
        return self.query_one(ListTable)

    @property
    def is_drawn(self) -> bool:
        """Whether everything that happened is on the screen."""
        return not self._pacer.is_waiting

    def compose(self) -> ComposeResult:
        """Put list, story, status and footer below each other."""
        yield self._title
        yield ListTable(COLUMNS, titles=False)
        yield self._heading
        yield Detail()
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    def on_mount(self) -> None:
        """List the entries, also those that are added while it is open."""
        self.add_class(*classes_at(self.app.size), update=False)
        self.watch(self._controller, "history", self._pacer.ask, init=False)
        self.watch(self._controller, "message", self._pacer.ask, init=False)
        self.show_found()

    def on_descendant_focus(self) -> None:
        """Show the filter's keys while it is typed."""
        self.show_found()

    def on_list_table_cursor_moved(self) -> None:
        """Tell the story of the entry that the cursor is on now."""
        self.show_found()

    @property
    def entry(self) -> HistoryEntry | None:
        """The entry under the cursor."""
        row = self.table.row
        entries = self._controller.history
        return next((one for one in entries if row and str(one.number) == row.key), None)

    def view(self) -> View:
        """Judge actions by how many entries there are."""
        return View(rows=len(self.table.rows), filtered=bool(self.filter_by))

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self._controller.notice(f"not now: {reason}")

    # --- drawing ----------------------------------------------------------------------------

    def show_found(self) -> None:
        """Show the entries behind the filter, and the story of the one under the cursor."""
        if not self.is_mounted:
            return
        sessions = tuple(self._controller.sessions.values())
        entries = self._controller.history
        rows = [row_of(entry, verdict_on(entry, sessions)) for entry in entries]
        shown = [row for row in rows if self.filter_by.matches(row.text)]
        nothing = f"no entry matches “{self.filter_by.text}”" if entries else "Nothing done yet."
        self.table.show(shown, empty=(((nothing, "bold"),),))
        count = f"{len(entries)} entr" + ("y" if len(entries) == 1 else "ies")
        note = (f"newest first, {count}", "$muted")
        self._title.show(("what lktui did", "$title bold"), right=note)
        self._show_story()
        found = f"{len(shown)} of {count}" if self.filter_by else count
        message = self._controller.message
        right = (message.text, "$foreground") if message else _PROMISE
        self.query_one(StatusLine).show(line(found), line(right))
        scopes = (Scope.FILTER,) if self.typing else (Scope.HISTORY, *PARENTS[Scope.HISTORY])
        last = help_entry(typing=True) if self.typing else None
        self.query_one(Footer).show(footer_entries(scopes, self.view()), last)

    def _show_story(self) -> None:
        entry, rule, detail = self.entry, self._heading, self.query_one(Detail)
        self.set_class(self._raw, "-raw")
        if entry is None:
            rule.show("")
            detail.show(DetailView())
            return
        verdict = verdict_on(entry, tuple(self._controller.sessions.values()))
        rule.show((entry.title, "$title bold"), right=(time_of_day(entry.wall), "$muted"))
        detail.show(story_of(entry, verdict, raw=self._raw))

    # --- actions ----------------------------------------------------------------------------

    @does(ActionId.HISTORY_COPY)
    def _copy_command(self, _view: View) -> None:
        entry = self.entry
        if entry is not None:
            self._copy([entry.command or entry.text])

    @does(ActionId.HISTORY_COPY_ALL)
    def _copy_all(self, _view: View) -> None:
        self._copy([row.text for row in self.table.rows])

    @does(ActionId.HISTORY_RAW)
    def _show_raw(self, _view: View) -> None:
        self._raw = not self._raw
        self.show_found()

    @does(ActionId.HISTORY_FILTER)
    def _filter_entries(self, _view: View) -> Awaitable[None]:
        return self.open_filter()

    @does(ActionId.HISTORY_CLOSE)
    def _close(self, view: View) -> Awaitable[None] | None:
        """Go back from the raw answer, then from the filter, then from the page."""
        if self._raw:
            self._show_raw(view)
        elif self.filter_by:
            return self.clear_filter(view)
        else:
            self.dismiss(None)
        return None

    def _copy(self, lines: list[str]) -> None:
        """Send lines to the terminal's clipboard."""
        copy_out(self.app, self._controller, "\n".join(lines))


_PROMISE = ("secrets are never written here", "$muted")
