"""The cleanup queue's items and their state machine.

Every room and dispatch that lktui makes is an item from before its creation until the server has
said that it is gone. An item names a profile and a URL, never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from lktui.core.problems import Problem

MAX_TRIES = 10
"""Tries that the server answered before an item is stuck; unanswered ones do not count."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
SPARED_WAIT_S = 60.0
"""Until a room that others use is looked at again."""
LAST_LOOK_S = 60.0
"""From the confirmed delete to the last look: an agent whose room is deleted while it connects
tries again 15.0 s later, and makes the room anew (seen on server 1.13.5 with agents 1.8.9); a busy
machine is given four times that.
"""
MAX_LOG = 12
"""Tries that an item remembers."""
_MAX_SAID_CHARS = 160
_JUMPED_S = LONGEST_WAIT_S + 1.0
"""No try is planned so far ahead: if one seems to be, the clock was set back."""


class What(StrEnum):
    """What an item stands for."""

    ROOM = "room"
    DISPATCH = "dispatch"


class ItemState(StrEnum):
    """Where an item is on its way; done and left are its ends.

    At `last_look` the server has said that it is gone, and it is looked for once more, since an
    agent that comes late makes its room anew, or sits in somebody else's.
    """

    LIVE = "live"
    DUE = "due"
    RUNNING = "running"
    WAITING = "waiting"
    STUCK = "stuck"
    KEPT = "kept"
    LAST_LOOK = "last_look"
    DONE = "done"
    LEFT = "left"


OPEN = frozenset({ItemState.DUE, ItemState.RUNNING, ItemState.WAITING, ItemState.STUCK})
"""States that somebody still has to work on."""
OVER = frozenset({ItemState.DONE, ItemState.LEFT})
GONE = OVER | {ItemState.LAST_LOOK}
"""States of what is not on the server any more, or is not ours to remove."""
RESTING = frozenset(
    {ItemState.DUE, ItemState.WAITING, ItemState.STUCK, ItemState.KEPT, ItemState.LAST_LOOK}
)
"""States in which nobody works on an item: another engine may take it."""
STARTS = frozenset({ItemState.DUE, ItemState.WAITING, ItemState.LAST_LOOK})
"""States in which a try or a look is planned."""


def rooms_in(items: Iterable[CleanupItem]) -> frozenset[str]:
    """Name the rooms of ours that the queue still knows."""
    return frozenset(
        item.name for item in items if item.what is What.ROOM and item.state not in OVER
    )


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try that did not remove an item."""

    at: float
    """Wall-clock seconds."""
    answered: bool
    said: str
    """What was met, in the words of its problem."""


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
    keep: bool = False
    """Rests as kept when it is not used any more, however its session ends."""
    identity: str = ""
    """Who we are in the room: nobody whom its removal would put out. Empty if others may have the
    same token; then we are known by `participant_sid`."""
    participant_sid: str = ""
    """The server's own id of our last stay in the room, which the list may still hold."""
    shared: bool = False
    """A room of a name that is not ours alone: another one may bear it some day."""
    sid: str = ""
    """The server's own id of a shared room, once it is known."""
    agreed: bool = False
    """A person has agreed that others who are in the room are put out."""
    came: tuple[str, ...] = ()
    """Its agents that were seen to connect: they are not on their way any more."""
    late: bool = False
    """An agent may be on its way all the same, or nobody knows: it needs a last look."""
    expected: tuple[str, ...] = ()
    """Of a dispatch in a room that stays: its agents that were not seen to connect before it was
    withdrawn. They are put out if they come all the same."""
    gone_at: float = 0.0
    """When the server said that it is gone, wall-clock seconds; 0: it has not, or it is back."""
    log: tuple[Try, ...] = ()
    """The last tries that failed, oldest first."""

    @property
    def all_tries(self) -> int:
        """Tries, whether the server answered or not."""
        return self.tries + self.misses

    def starts(self, now: float) -> bool:
        """Whether a try is to begin by itself; `now` in wall-clock seconds, which may jump."""
        wait_s = self.next_try_at - now
        return self.state in STARTS and (wait_s <= 0 or wait_s > _JUMPED_S)

    def due(self, now: float = 0.0) -> CleanupItem:
        """Nobody uses it any more: to be removed, or looked for, from `now` (wall clock) on."""
        if self.state in OVER:
            return self
        state = ItemState.LAST_LOOK if self.gone_at else ItemState.DUE
        return msgspec.structs.replace(self, state=state, next_try_at=now)

    def kept(self) -> CleanupItem:
        """Rest until a person names it."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, state=ItemState.KEPT)

    def released(self, now: float = 0.0) -> CleanupItem:
        """Its session uses it no more, or has died with its engine; nothing else changes."""
        if self.state is not ItemState.LIVE:
            return self
        return self.kept() if self.keep else self.due(now)

    def abandoned(self, now: float = 0.0) -> CleanupItem:
        """Its engine has died: what a person has to decide rests, all else is due now.

        Nothing tells which jobs that engine had withdrawn, so it needs a last look.
        """
        if self.state in RESTING - STARTS or self.state is ItemState.LAST_LOOK:
            return self
        late = msgspec.structs.replace(self, late=True)
        return late.released(now) if self.state is ItemState.LIVE else late.due(now)

    def running(self) -> CleanupItem:
        """A try or a look has begun; only what is planned can begin."""
        if self.state not in STARTS:
            return self
        return msgspec.structs.replace(self, state=ItemState.RUNNING)

    @property
    def agent_may_come(self) -> bool:
        """Whether an agent may come late: into our room, or into one that stays."""
        return self.late if self.what is What.ROOM else bool(self.expected)

    def gone(self, now: float) -> CleanupItem:
        """The server has said that it is gone; unless an agent may still come, it is done."""
        if self.state in OVER or not self.agent_may_come:
            return self.done()
        return msgspec.structs.replace(
            self,
            state=ItemState.LAST_LOOK,
            gone_at=now,
            next_try_at=now + LAST_LOOK_S,
            problem=None,
        )

    def returned(self, sid: str) -> CleanupItem:
        """A late agent has made the room anew, with this id: it is to be removed again."""
        if self.state in OVER:
            return self
        return msgspec.structs.replace(self, gone_at=0.0, sid=sid if self.shared else self.sid)

    def done(self) -> CleanupItem:
        """It is gone and stays so."""
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
        stuck = answered and tries >= MAX_TRIES and not self.gone_at
        waits = ItemState.LAST_LOOK if self.gone_at else ItemState.WAITING
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries + misses - 1, 20))
        wait = max(FIRST_WAIT_S, min(LONGEST_WAIT_S, wait * (0.75 + 0.5 * jitter)))
        return msgspec.structs.replace(
            self,
            state=ItemState.STUCK if stuck else waits,
            tries=tries,
            misses=misses,
            problem=problem,
            next_try_at=0.0 if stuck else now + wait,
            log=self._logged(problem, now, answered=answered),
        )

    def spared(self, problem: Problem, *, now: float, jitter: float) -> CleanupItem:
        """Others are in the room: it stays, and is looked at again; no try has failed.

        Args:
            problem: Who they are.
            now: Wall-clock seconds.
            jitter: A random number from 0 to 1.
        """
        if self.state in OVER:
            return self
        return msgspec.structs.replace(
            self,
            state=ItemState.WAITING,
            problem=problem,
            next_try_at=now + SPARED_WAIT_S * (0.75 + 0.5 * jitter),
        )

    def _logged(self, problem: Problem, now: float, *, answered: bool) -> tuple[Try, ...]:
        said = f"{problem.summary}: {problem.detail}" if problem.detail else problem.summary
        return (*self.log, Try(at=now, answered=answered, said=said[:_MAX_SAID_CHARS]))[-MAX_LOG:]
