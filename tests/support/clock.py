"""Time that no test waits for: an event loop whose clock jumps to the next thing that is due.

`asyncio.sleep`, `asyncio.timeout` and every timer of the code under test run on it, so a minute
of a conversation takes no time and always happens in the same order.
"""

from __future__ import annotations

import asyncio
import selectors

from tests.support.fakes.still_clock import NOON

START_S = 1000.0
"""Where the monotonic clock begins: 0 means never in many places."""


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where a real one would sleep, time moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = START_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give what is ready now; if nothing is, the wait is over at once.

        Raises:
            RuntimeError: Nothing is due, so that a real loop would wait for ever.
        """
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing is under way: the test would wait for ever")
        if not ready and timeout is not None:
            self.now_s += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds; `START_S` at first."""
        return self._jumping.now_s

    def block(self, duration_s: float) -> None:
        """Let time pass in which the loop does nothing, as on a busy machine."""
        self._jumping.now_s += duration_s


class LoopClock:
    """The `Clock` port on the running loop's time."""

    def __init__(self) -> None:
        self.set_by_s = 0.0
        """So far the machine's clock was set forward, or back."""

    def monotonic(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        """Seconds since the epoch; noon at first."""
        return NOON + self.monotonic() - START_S + self.set_by_s

    async def sleep(self, duration_s: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(duration_s)
