"""Counting the turns of a session by its events, as its transcript does, without its texts."""

from __future__ import annotations

from lktui.core.events import SegmentUpdated

REMEMBERED_KEYS = 4096
"""Committed lines that can still be changed: as many as a transcript remembers."""


class TurnCount:
    """Lines said so far in one session."""

    def __init__(self) -> None:
        self.turns = 0
        self._known: dict[str, None] = {}

    def take(self, segment: SegmentUpdated) -> None:
        """Count a segment that is final, once however often it comes; empty, it is none."""
        if not segment.final:
            return
        known = segment.key in self._known
        if segment.text and not known:
            self._known[segment.key] = None
            if len(self._known) > REMEMBERED_KEYS:
                del self._known[next(iter(self._known))]
            self.turns += 1
        elif known and not segment.text:
            del self._known[segment.key]
            self.turns -= 1
