"""The cleanup queue's items and their state machine.

Every room and dispatch that lktui makes is an item from before its creation until the server has
said that it is gone. An item names a profile and a URL, never a secret.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lktui.core.problems import Problem

MAX_TRIES = 10
"""Tries that the server answered before an item is stuck; unanswered ones do not count."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0


class What(StrEnum):
    """What an item stands for."""

    ROOM = "room"
    DISPATCH = "dispatch"


class ItemState(StrEnum):
    """Where an item is on its way; done and left are its ends."""

    LIVE = "live"
    DUE = "due"
    RUNNING = "running"
    WAITING = "waiting"
    STUCK = "stuck"
    KEPT = "kept"
    DONE = "done"
    LEFT = "left"


OPEN = frozenset({ItemState.DUE, ItemState.RUNNING, ItemState.WAITING, ItemState.STUCK})
"""States that somebody still has to work on."""
OVER = frozenset({ItemState.DONE, ItemState.LEFT})


class CleanupItem(msgspec.Struct, frozen=True, kw_only=True):
    """One room or dispatch of ours."""

    id: str
    what: What
    name: str
    """The room's name, or the dispatch's id; empty until the server has given one."""
    room: str
    profile: str
    url: str
    session: str = ""
    agent_name: str = ""
    state: ItemState = ItemState.LIVE
    tries: int = 0
    """Tries that the server answered."""
    misses: int = 0
    """Tries that it did not."""
    next_try_at: float = 0.0
    """Wall-clock seconds; 0 is at once."""
    made_at: float = 0.0
    """Wall-clock seconds."""
    problem: Problem | None = None

    def due(self, now: float = 0.0) -> CleanupItem:
        """Nobody uses it any more: to be removed, from `now` (wall-clock seconds) on."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.DUE, next_try_at=now)

    def kept(self) -> CleanupItem:
        """Rest until a person names it."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.KEPT)

    def running(self) -> CleanupItem:
        """A try has begun."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.RUNNING)

    def done(self) -> CleanupItem:
        """The server has said that it is gone, after the last look."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.DONE, problem=None)

    def left(self) -> CleanupItem:
        """Nobody can delete it or look: we have left, and the server's time-outs do the rest."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.LEFT)

    def failed(self, problem: Problem, *, now: float, answered: bool, jitter: float) -> CleanupItem:
        """A try has failed.

        Args:
            problem: Why.
            now: Wall-clock seconds.
            answered: Whether the server answered; while it cannot be reached tries go on.
            jitter: A random number from 0 to 1.
        """
        if self.state in OVER:
            return self
        tries = self.tries + answered
        misses = self.misses + (not answered)
        stuck = answered and tries >= MAX_TRIES
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries + misses - 1, 20))
        wait = max(FIRST_WAIT_S, min(LONGEST_WAIT_S, wait * (0.75 + 0.5 * jitter)))
        return msgspec.structs.replace(
            self,
            state=ItemState.STUCK if stuck else ItemState.WAITING,
            tries=tries,
            misses=misses,
            problem=problem,
            next_try_at=0.0 if stuck else now + wait,
        )
