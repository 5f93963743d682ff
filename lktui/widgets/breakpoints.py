"""Which classes a screen has at which size of the terminal, so that style sheets can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from textual.geometry import Size

from lktui.widgets.drawing import FULL_CELLS, FULL_ROWS, LEAST_CELLS, LEAST_ROWS, WIDE_CELLS

BY_WIDTH: Final[list[tuple[int, str]]] = [
    (0, "-w0"),
    (LEAST_CELLS, "-w60"),
    (FULL_CELLS, "-w80"),
    (WIDE_CELLS, "-w120"),
]
BY_HEIGHT: Final[list[tuple[int, str]]] = [
    (0, "-h0"),
    (LEAST_ROWS, "-short"),
    (FULL_ROWS, "-tall"),
]
"""Least size in cells and the class from there on, as Textual's breakpoints are declared."""


def classes_at(size: Size) -> Iterator[str]:
    """Give the classes of a size, which Textual sets only after it has drawn a new screen once."""
    yield _reached(size.width, BY_WIDTH)
    yield _reached(size.height, BY_HEIGHT)


def is_too_small(size: Size) -> bool:
    """Tell whether nothing can be drawn but that it is too small."""
    return size.width < LEAST_CELLS or size.height < LEAST_ROWS


def _reached(cells: int, breakpoints: Sequence[tuple[int, str]]) -> str:
    return max(point for point in breakpoints if point[0] <= cells)[1]
