"""Whom to ask next about the rooms of one server, and when: pure, and never out of breath.

Five requests in any second are shared by the list itself, the room that somebody looks at, the
rows on the screen and, with what is left, all other rooms. Whoever was never asked goes first, and
need not keep the distance that those keep who are asked again and again
(facts/engine-split.md, "Watching rooms").
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from enum import Enum, IntEnum, auto

import msgspec

LIST_EVERY_S = 2.4
IN_VIEW_EVERY_S = 2.0
DISPATCHES_EVERY_S = 4.8
OTHERS_EVERY_S = 4.8
A_SECOND = 5
RESTED_S = 0.15
"""Whoever moves through the rows passes most of them: a room is gone to after so long."""
_SECOND_S = 1.0
_APART_S = _SECOND_S / A_SECOND


class Matter(Enum):
    """What is asked for."""

    ROOMS = auto()
    PEOPLE = auto()
    DISPATCHES = auto()


class Ask(msgspec.Struct, frozen=True):
    """One request; a room's unless it is for the list."""

    matter: Matter
    room: str = ""


class _Rank(IntEnum):
    """Of those that are due the lowest goes first, and of these who waits for longest."""

    LIST = auto()
    NEW = auto()
    """Nobody has asked it since it came into view, or since somebody has gone to it."""
    IN_VIEW = auto()
    OTHER = auto()


class _Wish(msgspec.Struct, frozen=True):
    rank: _Rank
    due_at: float
    ask: Ask


_LIST = Ask(Matter.ROOMS)


class LookOrder:
    """The order of the requests to one server; times are seconds on one clock."""

    def __init__(self) -> None:
        self._rooms: tuple[str, ...] = ()
        self._in_view: frozenset[str] = frozenset()
        self._covered: frozenset[str] = frozenset()
        self._looked_into = ""
        self._gone_to_at = 0.0
        self._not_asked: set[Matter] = set()
        """Of the room that is looked into, since somebody has gone to it."""
        self._near: tuple[str, ...] = ()
        self._far: tuple[Ask, ...] = ()
        self._asked: dict[Ask, float] = {}
        self._starts: deque[float] = deque(maxlen=A_SECOND)

    # --- what is known --------------------------------------------------------------------------

    def listed(self, rooms: Iterable[str]) -> None:
        """Take the names of all rooms; of two that were never asked the first is asked first."""
        self._rooms = tuple(rooms)
        there = {"", *self._rooms}
        self._asked = {ask: at for ask, at in self._asked.items() if ask.room in there}
        self._sort()

    def covered(self, rooms: Collection[str]) -> None:
        """Name the rooms in which we are: who is there is told by events."""
        covered = frozenset(rooms)
        if covered != self._covered:
            self._covered = covered
            self._sort()

    def look_into(self, room: str, in_view: Collection[str], now: float) -> None:
        """Put a room before all others, then those in view.

        Args:
            room: Its name; empty: none.
            in_view: Rooms whose rows somebody sees.
            now: From when on.
        """
        self._in_view = frozenset(in_view)
        if room != self._looked_into:
            self._looked_into, self._gone_to_at = room, now
            self._not_asked = {Matter.PEOPLE, Matter.DISPATCHES}
        self._sort()

    # --- what is asked --------------------------------------------------------------------------

    def next(self, now: float) -> tuple[Ask, float]:
        """Choose what is asked next, and say when: now, or later.

        What is known may change until then, so it is chosen again each time.
        """
        wanted = list(self._wanted())
        due = [one for one in wanted if one.due_at <= now]
        chosen = min(due, key=_rank_and_age) if due else min(wanted, key=_age)
        if chosen.rank is _Rank.OTHER:  # nobody who is on the screen waits for one who is not
            near = min((one for one in wanted if one.rank is not _Rank.OTHER), key=_age)
            chosen = near if near.due_at < now + _APART_S else chosen
        return chosen.ask, max(now, chosen.due_at, self._free_at(chosen.rank))

    def asked(self, ask: Ask, now: float) -> None:
        """Take note that something is asked now."""
        self._starts.append(now)
        self._asked[ask] = now
        if ask.room == self._looked_into:
            self._not_asked.discard(ask.matter)

    def _wanted(self) -> Iterator[_Wish]:
        """Give the list, what is on the screen, and of all others who waits for longest."""
        yield _Wish(_Rank.LIST, self._again_at(_LIST, LIST_EVERY_S), _LIST)
        for room in self._near:
            ask = Ask(Matter.PEOPLE, room)
            if room == self._looked_into:
                yield self._of_looked_into(Ask(Matter.DISPATCHES, room), DISPATCHES_EVERY_S)
            if room in self._covered:
                continue
            if room == self._looked_into:
                yield self._of_looked_into(ask, IN_VIEW_EVERY_S)
            else:
                rank = _Rank.IN_VIEW if ask in self._asked else _Rank.NEW
                yield _Wish(rank, self._again_at(ask, IN_VIEW_EVERY_S), ask)
        if self._far:
            longest = min(self._far, key=self._asked_at)
            yield _Wish(_Rank.OTHER, self._again_at(longest, OTHERS_EVERY_S), longest)

    def _sort(self) -> None:
        """Tell rooms that somebody sees from all others that have to be asked."""
        self._near = tuple(room for room in self._rooms if self._is_near(room))
        self._far = tuple(
            Ask(Matter.PEOPLE, room)
            for room in self._rooms
            if not self._is_near(room) and room not in self._covered
        )

    def _is_near(self, room: str) -> bool:
        return room == self._looked_into or room in self._in_view

    def _of_looked_into(self, ask: Ask, every_s: float) -> _Wish:
        if ask.matter in self._not_asked:
            return _Wish(_Rank.NEW, self._gone_to_at + RESTED_S, ask)
        return _Wish(_Rank.IN_VIEW, self._again_at(ask, every_s), ask)

    def _again_at(self, ask: Ask, every_s: float) -> float:
        return self._asked_at(ask) + every_s

    def _asked_at(self, ask: Ask) -> float:
        return self._asked.get(ask, -math.inf)

    def _free_at(self, rank: _Rank) -> float:
        """When the server may be asked again; what is new need not keep its distance."""
        full = len(self._starts) == A_SECOND
        free_at = self._starts[0] + _SECOND_S if full else -math.inf
        if rank is _Rank.NEW or not self._starts:
            return free_at
        return max(free_at, self._starts[-1] + _APART_S)


def _rank_and_age(wish: _Wish) -> tuple[int, float]:
    return wish.rank, wish.due_at


def _age(wish: _Wish) -> float:
    return wish.due_at
