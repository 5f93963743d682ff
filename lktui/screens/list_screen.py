"""The base of Profiles, Rooms and Cleanup: a list above, the story of its row below."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

import msgspec
from textual.app import ComposeResult
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.problems import Problem
from lktui.core.signs import StateKind
from lktui.screens.action_screen import does
from lktui.screens.dashboard import DashboardScreen
from lktui.screens.list_moves import ListMoves
from lktui.screens.list_sorting import ListSorting
from lktui.widgets.detail import Detail, DetailView
from lktui.widgets.drawing import Part, line
from lktui.widgets.list_table import ListTable, Row
from lktui.widgets.rule import Rule

_EMPTY = "-empty"


class ListScreen(ListMoves, ListSorting[None], DashboardScreen):
    """Filters and sorts rows, keeps the cursor on one, and tells its story."""

    # --- what subclasses say ----------------------------------------------------------------

    def all_rows(self) -> Iterable[Row]:
        """Give all rows in the list's own order."""
        raise NotImplementedError

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Count the states of the rows in view, for the status line."""
        raise NotImplementedError

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say what there is to do while the list is empty."""
        raise NotImplementedError

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give the hairline's title and its note."""
        raise NotImplementedError

    def story(self, row: Row) -> DetailView:
        """Tell a row's story."""
        raise NotImplementedError

    # --- drawing ----------------------------------------------------------------------------

    @property
    def table(self) -> ListTable:
        """The list."""
        return self.query_one(ListTable)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.table.row if self.is_mounted else None

    def compose_body(self) -> ComposeResult:
        """Yield list, hairline and detail."""
        yield ListTable(self.COLUMNS)
        yield Rule()
        yield Detail()

    def draw_body(self) -> None:
        """Show the rows behind the filter, in their order."""
        shown = self.found_rows(self.all_rows())
        empty = self.no_match() if self._all else self.nothing()
        # Where nothing has its style yet, all of it is styled right after this.
        self.set_class(not self._all, _EMPTY, update=self.is_styled)
        self.table.show(
            shown,
            empty=empty,
            empty_titles=bool(self._all),
            installation=self.controller.installation,
        )
        self._draw_story()

    def _draw_story(self) -> None:
        row, unusable = self.table.row, self.controller.unusable
        if unusable is not None:
            self.query_one(Rule).show(
                ("the engine cannot work; it tries again by itself", "$title bold")
            )
            self.query_one(Detail).show(story_of_problem(unusable))
            return
        if row is None:
            self.query_one(Rule).show("")
            self.query_one(Detail).show(DetailView())
            return
        title, note = self.heading(row)
        self.query_one(Rule).show(*title, right=(note, "$muted") if note else "")
        self.query_one(Detail).show(self.story(row))

    def in_view(self) -> Content:
        """Say how many rows there are, behind which filter, in which order."""
        return line(*self.rows_in_view(), self.counts(self.table.rows))

    def hint(self) -> Content:
        """Say how the filter is cleared."""
        if not self.filter_by:
            return Content("")
        return line((key_of(ActionId.BACK), "$key bold"), (" clears", "$muted"))

    def footer_scopes(self) -> tuple[Scope, ...]:
        """Show the filter's keys while it is typed."""
        return (Scope.FILTER,) if self.typing else super().footer_scopes()

    def view(self) -> View:
        """Add how many rows there are."""
        return msgspec.structs.replace(
            super().view(), rows=len(self.table.rows), filtered=bool(self.filter_by)
        )

    def on_list_table_cursor_moved(self) -> None:
        """Tell the story of the row that the cursor is on now; a key held down outruns it."""
        self.ask_to_draw()

    def on_list_table_looked_at(self, message: ListTable.LookedAt) -> None:
        """Take mark and bold off the row."""
        self.controller.look_at(message.attention)

    @does(ActionId.NEXT_NEED)
    def _next_need(self, _view: View) -> None:
        self._go_to_need(1)

    @does(ActionId.PREVIOUS_NEED)
    def _previous_need(self, _view: View) -> None:
        self._go_to_need(-1)

    def _go_to_need(self, way: int) -> None:
        if not self.table.move_to_need(way):
            self.refuse("no other row that way needs you")

    # --- filter and order -------------------------------------------------------------------

    def show_found(self) -> None:
        """Show the rows behind the filter."""
        self.draw()

    @does(ActionId.FILTER)
    def _filter_rows(self, _view: View) -> Awaitable[None]:
        return self.open_filter()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, or dismiss the message."""
        return self.clear_filter(view) if self.filter_by else super().back(view)

    # --- copying ----------------------------------------------------------------------------

    @does(ActionId.COPY)
    def _copy_row(self, _view: View) -> None:
        if self.row is not None:
            self.copy(self.row.text)

    @does(ActionId.COPY_ALL)
    def _copy_all(self, _view: View) -> None:
        self.copy("\n".join(row.text for row in self.table.rows))


def story_of_problem(found: Problem) -> DetailView:
    """Tell what keeps everything from working."""
    labels = (("seen", found.detail), ("cause", found.cause), ("do", found.resolution))
    return DetailView(StateKind.FAILED, found.summary, labels)
