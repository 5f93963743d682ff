"""Finds rooms that look like ours and that nobody's queue stands for; deletes what is chosen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable

from lktui.core.commands import DeleteOrphans, FindOrphans
from lktui.core.events import AnyEvent, ListedRoom, OrphansFound
from lktui.core.orphans import Orphan, item_of, maker_of, order_of, prefix_of
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.janitor import Janitor
from lktui.engine.ports import Gateway, ServerApi
from lktui.store.journal import Journal

MAX_LOOKS = 500
"""Rooms whose people are asked for; of more the server's own count is shown."""
_AT_ONCE = 8


class OrphanFinder:
    """Answers one search at a time with an event; deletes by way of the queue.

    Args:
        journal: Where the items of all engines are.
        gateway: Makes API clients.
        janitor: Removes what a person has chosen.
        emit: Takes the events.
    """

    def __init__(
        self,
        journal: Journal,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
    ) -> None:
        self._journal, self._gateway, self._janitor, self._emit = journal, gateway, janitor, emit

    async def handle(self, command: FindOrphans | DeleteOrphans) -> None:
        """Do what is asked; what goes wrong comes back as an event."""
        profile = command.profile
        try:
            if isinstance(command, FindOrphans):
                self._emit(OrphansFound(profile=profile.name, orphans=await self._find(profile)))
            elif profile.read_only:
                self._failed(profile, problem(ProblemCode.READ_ONLY, name=profile.name))
            else:
                self._delete(profile, command.orphans)
        except PortError as error:
            self._failed(profile, error.problem)

    def _failed(self, profile: Profile, found: Problem) -> None:
        self._emit(OrphansFound(profile=profile.name, problem=found))

    async def _find(self, profile: Profile) -> tuple[Orphan, ...]:
        """Look through a server's rooms.

        The queue is asked before and after the list: an item is there before its room, and over
        only after it.
        """
        api, prefix = self._gateway.server_api(profile), prefix_of(profile.room_prefix)
        covered = self._covered()
        listed = await api.list_rooms()
        covered |= self._covered()
        candidates = [
            (room, maker)
            for room in listed
            if (maker := maker_of(room.name, prefix)) is not None and room.name not in covered
        ]
        gate = asyncio.Semaphore(_AT_ONCE)
        looks = [_look_into(api, gate, room, maker) for room, maker in candidates[:MAX_LOOKS]]
        found = list(await asyncio.gather(*looks))
        found += [
            _orphan(room, maker, people=room.people) for room, maker in candidates[MAX_LOOKS:]
        ]
        ours = self._journal.installation
        return tuple(sorted(found, key=lambda orphan: order_of(orphan, ours)))

    def _delete(self, profile: Profile, orphans: Iterable[Orphan]) -> None:
        covered = {item.room for item in self._journal.open_items()}
        for orphan in orphans:
            if orphan.name not in covered:
                item = item_of(orphan, profile, f"orphan-{os.urandom(6).hex()}")
                self._janitor.take(item, profile)

    def _covered(self) -> set[str]:
        return {clean(item.room) for item in self._journal.open_items()}


async def _look_into(
    api: ServerApi, gate: asyncio.Semaphore, room: ListedRoom, maker: str
) -> Orphan:
    async with gate:
        there = [other for other in await api.participants(room.name) if not other.hidden]
    people = sum(other.is_person and not other.is_agent for other in there)
    return _orphan(room, maker, people=people, agents=sum(other.is_agent for other in there))


def _orphan(room: ListedRoom, maker: str, *, people: int, agents: int = 0) -> Orphan:
    return Orphan(
        name=room.name,
        sid=room.sid,
        made_at=room.made_at,
        made_by=maker,
        people=people,
        agents=agents,
    )
