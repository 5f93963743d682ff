"""Which row is on which line: wrapped heights of a million rows, right where one looks.

Rows are in blocks. A block is settled when its heights are measured at the present width; until
then it keeps estimates. Whoever draws settles the lines around the view first, the rest later in
slices, so that neither a resize nor a long transcript holds up a key.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from lktui.core.transcript import Splice

_BLOCK_ROWS = 256
_BLOCK_BYTES = 64_000
_SLICE_BYTES, _ROW_BYTES = 64_000, 16
"""Wrapping this much takes 4 ms, or 15 ms if it is all wide characters; a row counts besides."""
_MEASURED_AT_ONCE = 64
"""Added rows beyond this number are estimated at first."""


@dataclass(slots=True)
class _Block:
    ends: array[int]
    """For each row the number of lines up to its end, from the block's start."""
    settled: bool


@dataclass(frozen=True, slots=True)
class Position:
    """A line as part of a row: it stays the same when rows above it change."""

    row: int
    line: int
    """From the row's first line."""

    def moved(self, splice: Splice) -> Position:
        """Follow the place through a change of rows."""
        if self.row < splice.at:
            return self
        if self.row >= splice.at + splice.removed:
            return Position(self.row + splice.added - splice.removed, self.line)
        return Position(min(self.row, splice.at + max(0, splice.added - 1)), self.line)


class LineIndex:
    """Cumulative heights of rows.

    Args:
        measure: Gives the lines that a row takes at the present width, at least one.
        weigh: Gives the bytes of text of rows `start` to `stop`.
    """

    def __init__(self, measure: Callable[[int], int], weigh: Callable[[int, int], int]) -> None:
        self._measure = measure
        self._weigh = weigh
        self._blocks: list[_Block] = []
        self._first_rows: list[int] = [0]
        self._first_lines: list[int] = [0]
        self._unsettled_from = 0

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._first_rows[-1]

    @property
    def lines(self) -> int:
        """How many lines all rows take, as far as is known."""
        return self._first_lines[-1]

    @property
    def settled(self) -> bool:
        """Whether every row is measured."""
        return self._unsettled_from >= len(self._blocks)

    def splice(self, at: int, removed: int, added: int) -> None:
        """Take over a change of rows; the rows must have changed already."""
        if at == self.rows and not removed and added <= _MEASURED_AT_ONCE:
            for row in range(at, at + added):
                self._append(row)
            return
        first = min(self._block_of(at), max(0, len(self._blocks) - 1))
        last = self._block_of(at + removed - 1) if removed else first
        start = self._first_rows[first]
        old_stop = self._first_rows[min(last + 1, len(self._blocks))]
        if at == self.rows:
            first, last, start, old_stop = len(self._blocks), len(self._blocks), at, at
        self._blocks[first : last + 1] = self._estimated(start, old_stop - removed + added)
        self._count(first)
        self._unsettled_from = min(self._unsettled_from, first)

    def unsettle(self) -> None:
        """Take all heights for estimates, for the width has changed."""
        for block in self._blocks:
            block.settled = False
        self._unsettled_from = 0

    def locate(self, line: int) -> Position:
        """Find the row that a line belongs to."""
        index = min(bisect_right(self._first_lines, line), len(self._blocks)) - 1
        ends = self._blocks[index].ends
        rest = line - self._first_lines[index]
        row = min(bisect_right(ends, rest), len(ends) - 1)
        return Position(self._first_rows[index] + row, rest - (ends[row - 1] if row else 0))

    def line_of(self, place: Position) -> int:
        """Count the lines before a place; one that the row does not have any more is its last."""
        index = self._block_of(place.row)
        ends = self._blocks[index].ends
        row = place.row - self._first_rows[index]
        start = ends[row - 1] if row else 0
        return self._first_lines[index] + start + min(place.line, ends[row] - start - 1)

    def settle_around(self, row: int, lines_before: int, lines_after: int) -> None:
        """Measure a row's block, and its neighbours until so many lines are settled around it."""
        if not self._blocks:
            return
        middle = self._block_of(row)
        self._settle(middle)
        before = middle
        while before > 0 and self._lines_between(before, row) < lines_before:
            before -= 1
            self._settle(before)
        after = middle
        while after < len(self._blocks) - 1 and self._lines_from(row, after) < lines_after:
            after += 1
            self._settle(after)
        self._count(before)

    def settle_slice(self) -> None:
        """Measure some more rows, from the first to the last."""
        first, spent = self._unsettled_from, 0
        while self._unsettled_from < len(self._blocks) and spent < _SLICE_BYTES:
            index = self._unsettled_from
            if not self._blocks[index].settled:
                spent += self._weigh(self._first_rows[index], self._first_rows[index + 1])
                spent += _ROW_BYTES * len(self._blocks[index].ends)
                self._settle(index)
            self._unsettled_from += 1
        if first < len(self._blocks):
            self._count(first)

    def _lines_between(self, block: int, row: int) -> int:
        """Count the lines from a block's start to a row, by what the blocks say themselves."""
        middle = self._block_of(row)
        inside = row - self._first_rows[middle]
        lines = self._blocks[middle].ends[inside - 1] if inside else 0
        return lines + sum(self._blocks[index].ends[-1] for index in range(block, middle))

    def _lines_from(self, row: int, block: int) -> int:
        """Count the lines from a row to a block's end, by what the blocks say themselves."""
        middle = self._block_of(row)
        above = self._lines_between(middle, row)
        return sum(self._blocks[index].ends[-1] for index in range(middle, block + 1)) - above

    def _append(self, row: int) -> None:
        height = self._measure(row)
        last = self._blocks[-1] if self._blocks else None
        start = self._first_rows[-2] if last else 0
        if (
            last is None
            or len(last.ends) >= _BLOCK_ROWS
            or self._weigh(start, row + 1) > _BLOCK_BYTES
        ):
            self._unsettled_from += self.settled
            last = _Block(array("I"), settled=True)
            self._blocks.append(last)
            self._first_rows.append(row)
            self._first_lines.append(self._first_lines[-1])
        last.ends.append((last.ends[-1] if last.ends else 0) + height)
        self._first_rows[-1] += 1
        self._first_lines[-1] += height

    def _estimated(self, start: int, stop: int) -> list[_Block]:
        """Make blocks of one line a row."""
        blocks: list[_Block] = []
        while start < stop:
            size = min(_BLOCK_ROWS, stop - start)
            while size > 1 and self._weigh(start, start + size) > _BLOCK_BYTES:
                size //= 2
            blocks.append(_Block(array("I", range(1, size + 1)), settled=False))
            start += size
        return blocks

    def _settle(self, index: int) -> None:
        block = self._blocks[index]
        if block.settled:
            return
        first = self._first_rows[index]
        heights = (self._measure(row) for row in range(first, first + len(block.ends)))
        block.ends = array("I", accumulate(heights))
        block.settled = True

    def _block_of(self, row: int) -> int:
        return bisect_right(self._first_rows, row, hi=len(self._blocks)) - 1

    def _count(self, first: int) -> None:
        """Sum up rows and lines again from a block on."""
        blocks = self._blocks[first:]
        rows = (len(block.ends) for block in blocks)
        lines = (block.ends[-1] for block in blocks)
        self._first_rows[first:] = accumulate(rows, initial=self._first_rows[first])
        self._first_lines[first:] = accumulate(lines, initial=self._first_lines[first])
