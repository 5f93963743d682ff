"""Whom an agent listens to: one participant, linked once and never exchanged for another."""

from __future__ import annotations

import asyncio

ALONE_S = 120.0
"""An agent that nobody joins leaves after this long."""
RETURN_S = 30.0
"""So long a user whose connection broke may take to come back."""
_MAY_RETURN = frozenset({"UNKNOWN_REASON", "DUPLICATE_IDENTITY", "MIGRATION", "SIGNAL_CLOSE"})
"""Reasons of leaving that are no farewell: while we reconnect everybody is said to have left."""


class Audience:
    """The user of one conversation."""

    def __init__(self) -> None:
        self.user = ""
        """Identity of the linked participant; empty while there is none."""
        self._linked = asyncio.Event()
        self._here = asyncio.Event()
        self._away = asyncio.Event()
        self._for_good = False

    def joined(self, identity: str) -> bool:
        """Take note of a person; whether they have just become the user."""
        if self.user and identity != self.user:
            return False
        new, self.user = not self.user, identity
        self._for_good = False
        self._away.clear()
        self._here.set()
        self._linked.set()
        return new

    def left(self, identity: str, reason: str) -> None:
        """Take note of a leave; the reason is the server's."""
        if identity == self.user:
            self._for_good = reason not in _MAY_RETURN
            self._here.clear()
            self._away.set()

    async def gone(self) -> str:
        """Wait until nobody is left to talk to, and say why."""
        if not await _within(ALONE_S, self._linked):
            return "nobody came"
        while True:
            await self._away.wait()
            if self._for_good:
                return "the user left"
            if not await _within(RETURN_S, self._here):
                return "the user did not come back"


async def _within(limit_s: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            return await event.wait()
    except TimeoutError:
        return False
