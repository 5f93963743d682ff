"""When a last look may be made: never too early, however the machine's clock is set meanwhile.

What was deleted here is looked for after a time of this process; wall time, which may jump, is for
what another engine has deleted.
"""

from __future__ import annotations

from lktui.clock import Clock
from lktui.core.cleanup import LAST_LOOK_S, CleanupItem, ItemState


class LastLooks:
    """The deletes of one engine.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._gone: dict[str, float] = {}
        """By item, on the monotonic clock."""

    def note(self, before: CleanupItem | None, after: CleanupItem) -> None:
        """Take note of an item's change: it may have been deleted just now."""
        if after.state is not ItemState.LAST_LOOK and after.state is not ItemState.RUNNING:
            self._gone.pop(after.id, None)
        elif before is not None and after.gone_at not in {0.0, before.gone_at}:
            self._gone[after.id] = self._clock.monotonic()

    def start(self, item: CleanupItem) -> bool:
        """Whether a try or a look is to begin by itself now."""
        gone = self._gone.get(item.id)
        if gone is not None and self._clock.monotonic() - gone < LAST_LOOK_S:
            return False
        return item.starts(self._clock.wall())
