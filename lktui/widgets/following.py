"""Where a view of rows stands: at their end, which stays in view, or where the person left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lktui.core.shown_rows import Rows
from lktui.core.splices import Splice
from lktui.core.transcript import NOTE


@dataclass(frozen=True, slots=True)
class Following:
    """The end is in view and stays there."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The view stays where it is."""

    new: int
    """Rows added since out of the view."""

    def after(self, splices: Sequence[Splice], top: int, bottom: int, rows: Rows) -> Paused:
        """Count what a change of rows adds out of the view.

        Args:
            splices: The change.
            top: The first row in view before it.
            bottom: The last one.
            rows: All rows, after it.
        """
        new = self.new
        for splice in splices:
            more = splice.added - splice.removed
            if not (top < splice.at <= bottom or _is_note(splice, rows)):
                new += more
            if splice.at <= top:
                top += more
            if splice.at <= bottom:
                bottom += more
        return Paused(max(self.new, new))


def _is_note(splice: Splice, rows: Rows) -> bool:
    """Whether a change brings just a note: it is the person's own, and no news."""
    at = min(splice.at, len(rows) - 1)
    return splice.added == 1 and not splice.removed and rows.speaker(at) == NOTE


Follow = Following | Paused
