"""Columns of a list: which are shown at a width, and how wide each is. Arithmetic only."""

from __future__ import annotations

import msgspec

from lktui.core.wrap import Align, Where
from lktui.widgets.drawing import WIDE_CELLS

GUTTER_CELLS = 2
"""Before the first column: the cursor's bar, then `!` for what needs the person."""
ELASTIC_CELLS = 40
"""Widest that a column grows to."""
_EDGE_CELLS = 1


class Column(msgspec.Struct, frozen=True):
    """One column; the widths are those of look.md section 2."""

    title: str
    cells: int
    """At 80 columns; 0 is not there."""
    wide_cells: int
    """From 120 columns on."""
    leave: int = 0
    """Which leaves first where the row is too short, 1 first; 0 never leaves."""
    align: Align = "left"
    cut: Where = "end"
    elastic: bool = False
    """Takes what is over; of several the last that is shown."""
    gap: int = 2
    """Blanks after it below 120 columns."""
    rooms: bool = False
    """Names of rooms, which are shortened so that they stay apart."""


class Place(msgspec.Struct, frozen=True):
    """Where a column stands."""

    index: int
    """Of the column, and of its cell in a row."""
    cells: int
    gap: int
    """Blanks after it; 0 after the last."""


def places(columns: tuple[Column, ...], width: int) -> tuple[Place, ...]:
    """Lay columns out for a width in cells; those that do not fit leave in their order."""
    wide = width >= WIDE_CELLS
    shown = {
        index: column.wide_cells if wide else column.cells
        for index, column in enumerate(columns)
        if (column.wide_cells if wide else column.cells)
    }
    gaps = {index: 2 if wide else columns[index].gap for index in shown}
    room = width - GUTTER_CELLS - _EDGE_CELLS
    leaving = sorted((columns[index].leave, index) for index in shown if columns[index].leave)
    while leaving and _needed(shown, gaps) > room:
        del shown[leaving.pop(0)[1]]
    spare = room - _needed(shown, gaps)
    elastic = max((index for index in shown if columns[index].elastic), default=-1)
    if elastic >= 0:
        grown = min(ELASTIC_CELLS, shown[elastic] + spare)
        shown[elastic] = max(1 if spare < 0 else shown[elastic], grown)
    last = max(shown, default=-1)
    return tuple(
        Place(index, cells, 0 if index == last else gaps[index]) for index, cells in shown.items()
    )


def _needed(shown: dict[int, int], gaps: dict[int, int]) -> int:
    last = max(shown, default=-1)
    return sum(cells + (gaps[index] if index != last else 0) for index, cells in shown.items())
