"""How many are in a room, as stale as the real server tells it (facts/livekit.md section 4)."""

from __future__ import annotations

from lktui.sandbox.presence import next_tick


class RoomCount:
    """The published number of participants; pure, its owner keeps the time.

    A change is published at once if the last one is old enough, else at the next tick of a clock
    that was started with the room.

    Args:
        now: When the room was made.
        period: Least seconds between two changes.
    """

    def __init__(self, now: float, period: float) -> None:
        self._started = self._changed = now
        self._period = period
        self.value = 0

    def due(self, now: float) -> float:
        """Tell when somebody's coming or going is to be counted."""
        if now - self._changed > self._period:
            return now
        return next_tick(self._started, now, self._period)

    def publish(self, now: float, value: int) -> bool:
        """Take the true number; whether it is another than before."""
        if value == self.value:
            return False
        self.value, self._changed = value, now
        return True
