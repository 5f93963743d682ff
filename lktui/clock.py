"""Time as a port, so that tests move it by hand."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where all times and waits of the engine, the session layer and the screens come from."""

    def monotonic(self) -> float:
        """Seconds on CLOCK_MONOTONIC, shared by all processes of a machine."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, duration_s: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        """Seconds on CLOCK_MONOTONIC."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    async def sleep(self, duration_s: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(duration_s)
