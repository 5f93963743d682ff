"""All tries of one item: when, whether the server answered, and what it said."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.cleanup import CleanupItem
from lktui.core.signs import GLYPHS, StateKind
from lktui.screens.action_screen import does
from lktui.screens.cleanup.rows import name_of, story_of
from lktui.screens.list_screen import ListScreen
from lktui.screens.words import time_of_day
from lktui.session.controller import SessionController
from lktui.widgets.bindings import bindings
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES, Part, line
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("time", 8, 8),
    Column("server", 11, 11),
    Column("said", 50, 60, elastic=True),
)


class TriesScreen(ListScreen):
    """Lies over Cleanup until one goes back; the newest try comes first."""

    CSS_PATH = "cleanup.tcss"
    SCOPE = Scope.TRIES
    TITLE = "Cleanup"
    NOUN = "tries"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TRIES)

    def __init__(self, controller: SessionController, item: str) -> None:
        """Make the page.

        Args:
            controller: Knows the item.
            item: Its id.
        """
        super().__init__(controller)
        self._item_id = item

    @property
    def _item(self) -> CleanupItem | None:
        return self.controller.cleanup.get(self._item_id)

    def all_rows(self) -> Iterator[Row]:
        """Give the tries, newest first."""
        item = self._item
        for number, one in reversed(list(enumerate(item.log))) if item is not None else ():
            kind = StateKind.FAILED if one.answered else StateKind.STALE
            words = "answered" if one.answered else "no answer"
            yield Row(
                str(number),
                (
                    Cell(time_of_day(one.at), "$muted", one.at),
                    Cell(f"{GLYPHS[kind]} {words}", STYLES[kind], words),
                    Cell(one.said, "$foreground", one.said),
                ),
            )

    def in_view(self) -> Content:
        """Say how many tries there were, and how many of them are remembered."""
        item = self._item
        if self.filter_by or item is None or item.all_tries <= len(item.log):
            return super().in_view()
        return line(f"the last {len(item.log)} of {item.all_tries} tries")

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Leave it to the number of rows."""
        del rows
        return Content("")

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say that none has failed."""
        back: tuple[Part, ...] = (
            (key_of(ActionId.TRIES_CLOSE), "$key bold"),
            "  back to the queue",
        )
        return ((("No try has failed.", "bold"),), (), back)

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give the item and when it was made."""
        del row
        item = self._item
        if item is None:
            return (("forgotten", "$title bold"),), ""
        what: Part = f"  {item.what}"
        made = f"made {time_of_day(item.made_at)}" if item.made_at else ""
        return ((name_of(item), "$title bold"), what, (f"  {item.profile}", "$muted")), made

    def story(self, row: Row) -> DetailView:
        """Tell why the item is still there, with all that the try under the cursor met."""
        item = self._item
        if item is None:
            return DetailView()
        told = story_of(item, self.controller.clock.wall())
        said = item.log[int(row.key)].said if int(row.key) < len(item.log) else ""
        labels = tuple((name, said if name == "seen" else text) for name, text in told.labels)
        return msgspec.structs.replace(told, labels=labels)

    @does(ActionId.TRIES_CLOSE)
    def _close(self, _view: View) -> None:
        self.dismiss()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then go back to the queue."""
        if self.filter_by:
            return super().back(view)
        self.dismiss()
        return None
