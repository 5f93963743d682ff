"""The order of a list's rows, and what is said of it: the same keys wherever rows can be sorted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.screen import ScreenResultType

from lktui.core.actions import ActionId, key_of
from lktui.core.signs import StateKind
from lktui.core.sorting import Order, sorted_by
from lktui.screens.list_filter import ListFilter
from lktui.widgets.columns import Column
from lktui.widgets.drawing import Part, state
from lktui.widgets.list_table import Row


class ListSorting(ListFilter[ScreenResultType]):
    """Filters and sorts the rows of one list; subclasses give the keys of sorting."""

    COLUMNS: ClassVar[tuple[Column, ...]]
    NOUN: ClassVar[str]
    """What the rows are, in the plural."""
    _order = Order()
    _all: tuple[Row, ...] = ()

    def found_rows(self, rows: Iterable[Row]) -> list[Row]:
        """Take all rows, in the list's own order, and give those behind the filter in this one."""
        by_key = {row.key: row for row in rows}
        self._all = tuple(by_key.values())
        arranged = (by_key[key] for key in self._order.arranged(by_key))
        return [row for row in arranged if self.filter_by.matches(self.filtered_text(row))]

    def filtered_text(self, row: Row) -> str:
        """Give what of a row the filter looks at."""
        return row.text

    def no_match(self) -> tuple[tuple[Part, ...], ...]:
        """Say that no row is behind the filter."""
        what = f"0 of {len(self._all)} {self.NOUN} match “{self.filter_by.text}”."
        if not self.filter_by.is_valid:
            what = f"“{self.filter_by.text}” is no valid regex, and no {self.NOUN} hold it as text."
        return (
            ((what, "bold"),),
            (),
            ((key_of(ActionId.BACK), "$key bold"), "  shows all"),
        )

    def rows_in_view(self) -> list[Part]:
        """Say how many rows there are, behind which filter, in which order."""
        rows = self.table.rows
        parts: list[Part] = [f"{len(rows)} {_counted(self.NOUN, len(rows))}"]
        if self.filter_by:
            parts = [
                (key_of(ActionId.FILTER), "$key bold"),
                f"{self.filter_by.text}  {len(rows)} of {len(self._all)} {self.NOUN}",
            ]
            if not self.filter_by.is_valid:
                parts.append("  ")
                parts.append(state(StateKind.WARNING, "no valid regex"))
        if self.is_sorted:
            down = ", reversed" if self._order.reverse else ""
            parts.append((f"  by {self.COLUMNS[self._order.column].title}{down}", "$muted"))
        return parts

    @property
    def is_sorted(self) -> bool:
        """Whether an order was asked for, other than the list's own."""
        return self._order.column >= 0

    def sort_by_next(self) -> None:
        """Take the next column that is shown, after the last one the list's own order."""
        shown = self.table.shown_columns
        later = [column for column in shown if column > self._order.column]
        if later:
            self._sort(later[0], reverse=False)
        else:
            self._order = Order()
            self.show_found()

    def reverse_order(self) -> None:
        """Turn the order around."""
        shown = self.table.shown_columns
        column = self._order.column if self._order.column >= 0 else shown[0]
        self._sort(column, reverse=not self._order.reverse)

    def _sort(self, column: int, *, reverse: bool) -> None:
        values = {row.key: row.cells[column].sort for row in self._all}
        self._order = sorted_by(column, values, reverse=reverse)
        self.show_found()


def _counted(noun: str, count: int) -> str:
    return noun.removesuffix("s") if count == 1 else noun
