"""Rows as a view sees them: all of a transcript's, or those of some speakers and kinds."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Protocol

from lktui.core.filtering import Filter
from lktui.core.transcript import Row, Splice

_REMEMBERED_EDITS = 64


class Rows(Protocol):
    """What can be drawn and searched; it tells how it changes by `splices_since`."""

    @property
    def edits(self) -> int:
        """Goes up with every change of rows."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Row: ...

    def __iter__(self) -> Iterator[Row]: ...

    def text(self, index: int) -> str:
        """Give a row's text alone."""
        ...

    def speaker(self, index: int) -> str:
        """Give what stands in a row's speaker's column alone."""
        ...

    def text_bytes(self, start: int, stop: int) -> int:
        """Count the text of some rows in bytes: what it costs to wrap them."""
        ...

    def splices_since(self, edit: int) -> Sequence[Splice] | None:
        """Tell how rows changed since `edits` had this value; None: everything may be new."""
        ...


class FilteredRows:
    """Those rows whose speaker's column matches: a speaker, or a kind such as `tool` or `gap`.

    Args:
        rows: All of them; they may change.
        by: What the column must match.
    """

    def __init__(self, rows: Rows, by: Filter) -> None:
        self._rows, self._by = rows, by
        self._known: dict[str, bool] = {}
        self._seen_edits, self._counted = rows.edits, len(rows)
        self._shown = array("I", self._matching(0, len(rows)))
        self._own_edits = 1
        self._log = deque([Splice(0, 0, len(self._shown))], maxlen=_REMEMBERED_EDITS)

    @property
    def edits(self) -> int:
        """Goes up with every change of the rows that are shown."""
        self._follow()
        return self._own_edits

    def __len__(self) -> int:
        self._follow()
        return len(self._shown)

    def __getitem__(self, index: int) -> Row:
        return self._rows[self._shown[index]]

    def __iter__(self) -> Iterator[Row]:
        return (self._rows[row] for row in self._shown)

    def text(self, index: int) -> str:
        """Give a row's text alone."""
        return self._rows.text(self._shown[index])

    def speaker(self, index: int) -> str:
        """Give what stands in a row's speaker's column alone."""
        return self._rows.speaker(self._shown[index])

    def text_bytes(self, start: int, stop: int) -> int:
        """Count the text of some rows in bytes."""
        return sum(self._rows.text_bytes(row, row + 1) for row in self._shown[start:stop])

    def splices_since(self, edit: int) -> Sequence[Splice] | None:
        """Tell how the rows that are shown changed since `edits` had this value."""
        self._follow()
        missed = self._own_edits - edit
        if missed > len(self._log):
            return None
        return tuple(self._log)[len(self._log) - missed :]

    def _matching(self, start: int, stop: int) -> Iterator[int]:
        return (row for row in range(start, stop) if self._matches(self._rows.speaker(row)))

    def _matches(self, speaker: str) -> bool:
        known = self._known.get(speaker)
        if known is None:
            known = self._known[speaker] = self._by.matches(speaker)
        return known

    def _follow(self) -> None:
        """Take over the changes of all rows."""
        if self._rows.edits == self._seen_edits:
            return
        splices = self._rows.splices_since(self._seen_edits)
        self._seen_edits = self._rows.edits
        if splices is None:
            splices = (Splice(0, self._counted, len(self._rows)),)
        self._counted = len(self._rows)
        whole = composed(splices)
        if whole is None:
            return
        first = bisect_left(self._shown, whole.at)
        last = bisect_left(self._shown, whole.at + whole.removed)
        shift = whole.added - whole.removed
        later = self._shown[last:]
        new = array("I", self._matching(whole.at, whole.at + whole.added))
        self._shown[first:] = new + (array("I", (row + shift for row in later)) if shift else later)
        if last > first or new:
            self._log.append(Splice(first, last - first, len(new)))
            self._own_edits += 1


def composed(splices: Sequence[Splice]) -> Splice | None:
    """Make one change of several that came one after another; it may cover more than they do.

    The places of each count as the rows were then; only those of the whole count as they are now.

    Returns:
        The whole; None if there was no change.
    """
    whole: Splice | None = None
    for splice in splices:
        if whole is None:
            whole = splice
            continue
        at = min(whole.at, splice.at)
        end = max(whole.at + whole.added, splice.at + splice.removed)
        removed = end - whole.added + whole.removed - at
        whole = Splice(at, removed, end - at - splice.removed + splice.added)
    return whole


def each_once(rows: Rows) -> Iterator[Row]:
    """Give the rows in their order, each once, also while others come and go meanwhile."""
    at, edits = 0, rows.edits
    while True:
        for splice in rows.splices_since(edits) or ():
            if splice.at < at:
                before = at - splice.at
                kept = splice.added if before >= splice.removed else min(before, splice.added)
                at += kept - min(before, splice.removed)
        edits = rows.edits
        if at >= len(rows):
            return
        yield rows[at]
        at += 1
