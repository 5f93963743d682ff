"""Marked rows of a list: what an action acts on instead of the row under the cursor."""

from __future__ import annotations

from collections.abc import Collection

from textual.content import Content
from textual.screen import ScreenResultType

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.screens.action_screen import does
from lktui.screens.list_screen import ListScreen
from lktui.screens.list_sorting import ListSorting
from lktui.widgets.drawing import line

_SIGN = "◆"


class ListMarks(ListSorting[ScreenResultType]):
    """Marks rows of one list; subclasses give the keys and say which rows are there."""

    marks: frozenset[str] = frozenset()
    """Keys of the marked rows."""
    _anchor = ""
    """Key of the row that was marked last: where a range begins."""

    def keep_marks(self, keys: Collection[str]) -> None:
        """Let go of marks whose rows are not there any more."""
        self.marks &= frozenset(keys)

    def mark_row(self) -> None:
        """Mark the row, or unmark it, and go down."""
        row = self.table.row
        if row is not None:
            self.marks ^= {row.key}
            self._anchor = row.key
            self.table.move_by(1)
            self.show_found()

    @does(ActionId.MARK_RANGE)
    def _mark_range(self, _view: View) -> None:
        """Mark from the row that was marked last to the one under the cursor, either way."""
        at = self.table.row
        if at is None:
            return
        keys, here = [row.key for row in self.table.rows], at.key
        begin = self._anchor if self._anchor in keys else here
        first, last = sorted((keys.index(begin), keys.index(here)))
        self.marks |= frozenset(keys[first : last + 1])
        self._anchor = here
        self.show_found()

    def mark_all(self) -> None:
        """Mark all rows in view."""
        self.marks = frozenset(row.key for row in self.table.rows)
        self.show_found()

    def unmark(self) -> None:
        """Take all marks away."""
        if self.marks:
            self.marks = frozenset()
            self.show_found()

    def clear_marks(self, _view: View) -> bool:
        """Take the marks away for `esc`, unless a filter goes first; whether there were any."""
        if not self.marks or self.filter_by:
            return False
        self.unmark()
        return True

    def marks_in_view(self) -> Content:
        """Say how many of how many are marked."""
        marked = (f"{_SIGN} {len(self.marks)} marked", "$mark bold")
        return line(marked, f" of {len(self.table.rows)} {self.NOUN}")


class MarkingScreen(ListMarks[None], ListScreen):
    """One of the dashboard's lists, with marks."""


class RoomListScreen(MarkingScreen):
    """A list that tells what is in the rooms of the server in use, kept fresh while it is shown."""

    def resumed(self) -> None:
        """Keep the list of rooms fresh."""
        self.controller.poll_rooms(on=True)

    def on_screen_suspend(self) -> None:
        """Leave the server alone while nobody looks; the next screen may have begun already."""
        self.controller.poll_rooms(on=isinstance(self.app.screen, RoomListScreen))
