"""How often a screen draws: at once, then every 100 ms at most, however much happens."""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump

from lktui.clock import Clock

LEAST_S = 0.1


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

    def ask(self) -> None:
        """Ask for a drawing; a second one before it is drawn costs nothing."""
        if self.is_waiting:
            return
        self.is_waiting = True
        wait_s = self._drawn_at + LEAST_S - self._clock.monotonic()
        if wait_s <= 0:
            self._host.call_next(self._draw)
        else:
            self._host.set_timer(wait_s, self._draw)

    def _draw(self) -> None:
        self.is_waiting = False
        self._drawn_at = self._clock.monotonic()
        self._draw_it()
