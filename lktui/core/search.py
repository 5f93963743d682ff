"""Finding a text in rows, as it is typed: every hit, in slices, so that no key waits.

Rows may be a million and more may come meanwhile: a search follows their splices as a view does.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

import msgspec

from lktui.core.shown_rows import Rows
from lktui.core.transcript import Splice

_SLICE_ROWS, _SLICE_CHARS = 2_500, 1 << 19
"""Looking through this much takes 5 to 10 ms, whichever comes first."""


class Query(msgspec.Struct, frozen=True, dict=True):
    """What is searched for, as it was typed.

    Literal and without regard to case unless it has a capital; `~` before it makes it a regular
    expression. One that is not a valid expression is taken literally.
    """

    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.text) and self.text != "~"

    @property
    def is_valid(self) -> bool:
        """Whether it is no regular expression, or one that can be read."""
        return not self.text.startswith("~") or _compiled(self.text[1:], re.NOFLAG) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        wanted = self.text
        flags = re.NOFLAG if any(map(str.isupper, _letters(wanted))) else re.IGNORECASE
        expression = _compiled(wanted[1:], flags) if wanted.startswith("~") else None
        literal = wanted.removeprefix("~")
        return expression or re.compile(re.escape(literal), flags)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Find it in a text: start and end of each hit, none of them empty."""
        if not self:
            return []
        return [
            found.span() for found in self._pattern.finditer(text) if found.end() > found.start()
        ]


class Hit(msgspec.Struct, frozen=True, order=True):
    """One place where it was found."""

    row: int
    start: int
    """In the row's text, characters."""
    end: int


class Search:
    """All hits of one query in some rows, and the one that one is at.

    Args:
        rows: Where; they may change, `advance` follows.
        query: What.
        origin: The row from which on the first hit is wanted.
    """

    def __init__(self, rows: Rows, query: Query, origin: int = 0) -> None:
        self.query = query
        self.hit: Hit | None = None
        """Where one is; None as long as nothing was found."""
        self.hits = 0
        """How many were found so far."""
        self._rows, self._origin = rows, origin
        self._found = array("I")  # the rows that have hits, ascending
        self._counts = array("I")
        self._looked_at = 0
        self._edits = rows.edits

    @property
    def is_done(self) -> bool:
        """Whether every row was looked at, those that came last as well."""
        return self._looked_at >= len(self._rows) and self._edits == self._rows.edits

    @property
    def number(self) -> int:
        """Count the hits up to the one that one is at; 0 is none."""
        if self.hit is None:
            return 0
        before = sum(self._counts[: bisect_left(self._found, self.hit.row)])
        return before + bisect_right(self._hits_of(self.hit.row), self.hit)

    def advance(self) -> bool:
        """Look at some more rows; True while there are any left.

        The first hit is the first one from the origin on, or else the last one before it.
        """
        self._follow()
        stop = min(len(self._rows), self._looked_at + _SLICE_ROWS)
        spent = 0
        while self._looked_at < stop and spent < _SLICE_CHARS:
            text = self._rows.text(self._looked_at)
            spent += len(text)
            count = len(self.query.spans(text))
            if count:
                self._found.append(self._looked_at)
                self._counts.append(count)
                self.hits += count
            self._looked_at += 1
        if self.hit is None and self._found:
            if self._found[-1] >= self._origin:
                place = bisect_left(self._found, self._origin)
                self.hit = self._hits_of(self._found[place])[0]
            elif self.is_done:
                self.hit = self._hits_of(self._found[-1])[-1]
        return not self.is_done

    def next(self) -> None:
        """Go to the next hit, from the last one to the first."""
        if self.hit is None:
            return
        later = [hit for hit in self._hits_of(self.hit.row) if hit > self.hit]
        if not later and self._found:
            place = bisect_right(self._found, self.hit.row)
            later = self._hits_of(self._found[place % len(self._found)])
        self.hit = later[0] if later else None

    def previous(self) -> None:
        """Go to the hit before, from the first one to the last."""
        if self.hit is None:
            return
        earlier = [hit for hit in self._hits_of(self.hit.row) if hit < self.hit]
        if not earlier and self._found:
            earlier = self._hits_of(self._found[bisect_left(self._found, self.hit.row) - 1])
        self.hit = earlier[-1] if earlier else None

    def _hits_of(self, row: int) -> list[Hit]:
        return [Hit(row, start, end) for start, end in self.query.spans(self._rows.text(row))]

    def _follow(self) -> None:
        """Look again at what has changed, and at what stands behind it."""
        if self._edits == self._rows.edits:
            return
        splices = self._rows.splices_since(self._edits)
        self._edits = self._rows.edits
        first = 0 if splices is None else min((splice.at for splice in splices), default=0)
        if first < self._looked_at:
            place = bisect_left(self._found, first)
            del self._found[place:], self._counts[place:]
            self.hits = sum(self._counts)
            self._looked_at = first
        self._stay(splices)

    def _stay(self, splices: Sequence[Splice] | None) -> None:
        """Stay on the hit where its row is now; what is gone is searched for anew."""
        hit = self.hit
        if hit is None:
            return
        for splice in splices or ():
            if hit.row >= splice.at + splice.removed:
                hit = Hit(hit.row + splice.added - splice.removed, hit.start, hit.end)
        self._origin = min(hit.row, max(0, len(self._rows) - 1))
        stays = splices is not None and hit.row < len(self._rows)
        self.hit = hit if stays and hit in self._hits_of(hit.row) else None


def _letters(wanted: str) -> str:
    """Leave out what has a backslash before it: its capital means something else."""
    return re.sub(r"\\.", "", wanted) if wanted.startswith("~") else wanted


def _compiled(pattern: str, flags: re.RegexFlag) -> re.Pattern[str] | None:
    """Give the expression, or None if it is not a valid one."""
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        return None
