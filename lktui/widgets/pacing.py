"""How often a screen draws: at once, then every 100 ms at most, however much happens.

Where so many rows come that nobody can read them, frames stretch to 1 s: each of them would replace
all that is in view.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer

from lktui.clock import Clock

LEAST_S = 0.1
LONGEST_S = 1.0
_MANY_PER_S = 30.0
"""Rows; from here on they run through a view of 80x24 in half a second."""


class Pacer:
    """Draws once for all that happened; the first time at once, on the next turn of the loop.

    Args:
        host: Whose loop and timers are used.
        clock: For the time since the last drawing.
        draw: Called when it is time.
    """

    def __init__(self, host: MessagePump, clock: Clock, draw: Callable[[], None]) -> None:
        self._host, self._clock, self._draw_it = host, clock, draw
        self.is_waiting = False
        """Whether something that happened is not drawn yet."""
        self._drawn_at = float("-inf")
        self.least_s = LEAST_S
        """The time between two frames."""
        self._rows, self._counted_at = 0, clock.monotonic()
        self._next_frame: Timer | None = None

    def keep_up(self, rows: int) -> None:
        """Stretch the time to the next frame while too many rows come, and take that back.

        Args:
            rows: How many there are, each time that they are drawn.
        """
        now = self._clock.monotonic()
        came, passed_s = rows - self._rows, now - self._counted_at
        if passed_s <= 0:
            return
        self._rows, self._counted_at = rows, now
        faster = came / passed_s < _MANY_PER_S
        stretched = self.least_s / 2 if faster else self.least_s * 2
        self.least_s = min(LONGEST_S, max(LEAST_S, stretched))

    def ask(self) -> None:
        """Ask for a drawing; a second one before it is drawn costs nothing."""
        if self.is_waiting:
            return
        self.is_waiting = True
        wait_s = self._drawn_at + self.least_s - self._clock.monotonic()
        if wait_s <= 0:
            self._host.call_next(self._draw)
        else:
            self._next_frame = self._host.set_timer(wait_s, self._draw)

    def ebb(self) -> None:
        """Draw now, and as often as ever: of what came so fast this was the last."""
        self.least_s = LEAST_S
        if self._next_frame is not None:
            self._next_frame.stop()
        self._draw()

    def _draw(self) -> None:
        self.is_waiting = False
        self._drawn_at = self._clock.monotonic()
        self._draw_it()
