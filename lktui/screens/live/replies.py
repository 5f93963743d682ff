"""How fast the agent answers: what is told of all its replies."""

from __future__ import annotations

from bisect import insort
from collections import deque
from dataclasses import dataclass

from lktui.core.transcript import Reply, Transcript

BARS = "▁▂▃▄▅▆▇█"
_NEWEST = 64
"""As many as are ever drawn."""


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """Of at least one reply; seconds from the end of a line to the first words of its answer."""

    count: int
    first_s: float
    median_s: float
    slowest: Reply
    newest_s: tuple[float, ...]
    """The newest ones, oldest first."""

    def bars(self, cells: int) -> tuple[str, float]:
        """Draw the newest replies, one a cell, from zero to the slowest of them.

        Returns:
            The bars, and what the highest of them stands for, in seconds.
        """
        shown = self.newest_s[-cells:]
        top = max(shown)
        steps = len(BARS) - 1
        heights = (round(value / top * steps) if top else 0 for value in shown)
        return "".join(BARS[height] for height in heights), top


class ReplyLog:
    """Sums up the replies of one transcript; a new one costs no look at the others.

    Args:
        rows: Whose replies.
    """

    def __init__(self, rows: Transcript) -> None:
        self.rows = rows
        self._begin()
        self._edits = 0
        self._counted = 0

    def _begin(self) -> None:
        self._sorted: list[float] = []
        self._newest: deque[float] = deque(maxlen=_NEWEST)
        self._first_s = 0.0
        self._slowest: Reply | None = None

    @property
    def times(self) -> ReplyTimes | None:
        """What is told of them now; None if there is none."""
        self._follow()
        if self._slowest is None:
            return None
        middle = len(self._sorted) // 2
        pair = self._sorted[middle - (len(self._sorted) + 1) % 2 : middle + 1]
        return ReplyTimes(
            count=len(self._sorted),
            first_s=self._first_s,
            median_s=sum(pair) / len(pair),
            slowest=self._slowest,
            newest_s=tuple(self._newest),
        )

    def _follow(self) -> None:
        """Take over new replies; where one has changed, all of them."""
        if self._edits == self.rows.edits:
            return
        splices = self.rows.splices_since(self._edits)
        self._edits = self.rows.edits
        start = self._counted
        if splices is None or any(splice.at < start for splice in splices):
            self._begin()
            start = 0
        self._counted = len(self.rows)
        for reply in self.rows.replies(start):
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        if not self._sorted:
            self._first_s = reply.latency_s
        insort(self._sorted, reply.latency_s)
        self._newest.append(reply.latency_s)
        if self._slowest is None or reply.latency_s > self._slowest.latency_s:
            self._slowest = reply
