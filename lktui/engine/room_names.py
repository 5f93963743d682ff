"""What rooms are really called, where that is not fit to be shown.

A server takes any name, control characters too; everywhere but here a room goes by its safe one.
"""

from __future__ import annotations

from lktui.core.sanitize import clean

_MAX_CHARS = 512
"""Twice what a server allows."""
_MAX_KNOWN = 5000


class RoomNames:
    """Remembers the real names of the rooms that were listed."""

    def __init__(self) -> None:
        self._real: dict[str, str] = {}

    def shown(self, real: str) -> str:
        """Give the safe name, by which the real one is found again."""
        shown = clean(real, limit=_MAX_CHARS)
        if shown != real:
            self._real.pop(shown, None)
            self._real[shown] = real
            if len(self._real) > _MAX_KNOWN:
                del self._real[next(iter(self._real))]
        return shown

    def real(self, shown: str) -> str:
        """Give the name to ask a server by."""
        return self._real.get(shown, shown)
