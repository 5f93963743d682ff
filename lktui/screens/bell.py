"""The bell: once for each conversation or watch that begins to need a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lktui.core.event import SessionId
from lktui.core.session import SessionState
from lktui.screens.chrome import attention_of


class Bell:
    """Rings for what the header marks with `!`.

    Args:
        ring: Rings once.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._needed: frozenset[str] = frozenset()

    def heed(self, sessions: Mapping[SessionId, SessionState]) -> None:
        """Ring if something needs a person that did not need one before."""
        needs = frozenset(name for one in sessions.values() if (name := attention_of(one)))
        if not needs <= self._needed:
            self._ring()
        self._needed = needs
