"""The order of a list's rows: it changes by a key press only, whatever their values do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

SortValue = str | float | None
"""What a cell is sorted by; None is unknown and sorts last."""


class Order(msgspec.Struct, frozen=True):
    """An order that was asked for; rows that came later stand before it, in their own order."""

    column: int = -1
    """-1 is the list's own order."""
    reverse: bool = False
    keys: tuple[str, ...] = ()
    """Of the rows, as they were sorted."""

    def arranged(self, keys: Iterable[str]) -> list[str]:
        """Put the keys of rows, given in the list's own order, into this one."""
        places = {key: place for place, key in enumerate(self.keys)}
        return sorted(keys, key=lambda key: places.get(key, -1))


def sorted_by(column: int, values: Mapping[str, SortValue], *, reverse: bool) -> Order:
    """Make the order by a column.

    Args:
        column: Its index.
        values: What each row is sorted by, by the row's key, in the list's own order.
        reverse: The greatest first; the unknown stay last.
    """
    known = [key for key, value in values.items() if value is not None]
    unknown = [key for key, value in values.items() if value is None]
    known.sort(key=lambda key: _comparable(values[key]), reverse=reverse)
    return Order(column, reverse, (*known, *unknown))


def _comparable(value: SortValue) -> tuple[int, float, str]:
    if isinstance(value, str):
        return (1, 0.0, value.casefold())
    return (0, value or 0.0, "")
