"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio

NOON = 1_763_812_920.0
"""2025-11-22 12:02:00 UTC."""


class StillClock:
    """Both clocks move together, and by hand only."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        """Seconds; 1000 at first."""
        return self.now_s

    def wall(self) -> float:
        """Seconds since the epoch; noon at first."""
        return NOON + self.now_s - 1000.0

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    async def sleep(self, duration_s: float) -> None:
        """Pass the time at once."""
        self.now_s += duration_s
        await asyncio.sleep(0)
