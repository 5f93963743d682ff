"""Where things that an agent tells of belong between the lines of a transcript.

Arrival does not order them: tool calls and the text of the reply come in streams of their own,
and the reply's may be first. The agent's own times do: every event says when it was made, and a
line that the agent remembers has a place here already, so that it bounds what was made before and
after it (facts/livekit.md section 1, "RemoteSession").
"""

from __future__ import annotations

import math
from collections import deque

import msgspec

_MAX_LINES = 32
_MAX_DELAYS = 64
_BESIDE_S = 2e-6
"""So close to a line stands what is kept on its side; what was measured of the line is closer."""


class _Line(msgspec.Struct, frozen=True):
    made_at: float
    began_at: float


class SessionOrder:
    """The times of one agent; all that it makes is in seconds since the epoch by its clock."""

    def __init__(self) -> None:
        self._delays: deque[float] = deque(maxlen=_MAX_DELAYS)
        self._lines: deque[_Line] = deque(maxlen=_MAX_LINES)

    def came(self, made_at: float, at: float) -> None:
        """Take note of how long a message took, the difference between the clocks included.

        Args:
            made_at: When it was made.
            at: When it began to arrive, on the engine's clock.
        """
        if made_at:
            self._delays.append(at - made_at)

    def line(self, made_at: float, began_at: float) -> None:
        """Take note of a line whose place is known.

        Args:
            made_at: When the agent began it, or took it from its user.
            began_at: Its place, on the engine's clock.
        """
        if made_at:
            self._lines.append(_Line(made_at, began_at))

    def place(self, made_at: float, at: float) -> float:
        """Give the place of something, on the engine's clock.

        Args:
            made_at: When it was made; 0 if that is not known.
            at: When its message began to arrive.
        """
        return self.between_lines(made_at, self.estimate(made_at, at))

    def estimate(self, made_at: float, at: float) -> float:
        """Give a time of the agent's clock on the engine's; `at` if it is not known.

        The message that was fastest lately tells best how the clocks stand to each other.
        """
        return made_at + min(self._delays) if made_at and self._delays else at

    def between_lines(self, made_at: float, place: float) -> float:
        """Give a place anew that is on the wrong side of a line; any other stays as it is."""
        if not made_at:
            return place
        before = [line for line in self._lines if line.made_at <= made_at]
        behind = [line for line in self._lines if line.made_at > made_at]
        first = max(before, key=_made_at).began_at if before else -math.inf
        last = min(behind, key=_made_at).began_at if behind else math.inf
        if first < last and place <= first:
            return first + _BESIDE_S
        if first < last and place >= last:
            return last - _BESIDE_S
        return place


def _made_at(line: _Line) -> float:
    return line.made_at
