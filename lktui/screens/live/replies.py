"""How fast the agent answers: what is told of all its replies."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from lktui.core.transcript import Reply

BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class ReplyTimes:
    """Of at least one reply; seconds from the end of a line to the first words of its answer."""

    first_s: float
    median_s: float
    slowest: Reply
    each_s: tuple[float, ...]
    """Oldest first."""

    @classmethod
    def of(cls, replies: Sequence[Reply]) -> ReplyTimes | None:
        """Sum them up; None if there is none."""
        if not replies:
            return None
        each_s = tuple(reply.latency_s for reply in replies)
        return cls(
            first_s=each_s[0],
            median_s=statistics.median(each_s),
            slowest=max(replies, key=lambda reply: reply.latency_s),
            each_s=each_s,
        )

    def bars(self, cells: int) -> tuple[str, float]:
        """Draw the newest replies, one a cell, from zero to the slowest of them.

        Returns:
            The bars, and what the highest of them stands for, in seconds.
        """
        shown = self.each_s[-cells:]
        top = max(shown)
        steps = len(BARS) - 1
        heights = (round(value / top * steps) if top else 0 for value in shown)
        return "".join(BARS[height] for height in heights), top
