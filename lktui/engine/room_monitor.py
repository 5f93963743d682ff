"""The list of rooms of one profile's server, read gently.

One list_rooms every 2.4 s; who is in a room is asked for a few rooms a round, those on the screen
first, so that a crowd never costs more than five requests a second
(facts/engine-split.md, "Watching rooms"). The room that somebody looks at is read each time, with
its dispatches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import msgspec

from lktui.clock import Clock
from lktui.core.events import (
    AnyEvent,
    ListedDispatch,
    ListedRoom,
    RoomsListed,
    RoomsRead,
    RoomsUnlisted,
)
from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.failures import of_unforeseen
from lktui.engine.ports import NOBODY, Gateway, ServerApi
from lktui.tasks import Tasks

EVERY_S = 2.4
ROOMS_A_ROUND = 9
"""With the list itself and the room that somebody looks at: five requests a second."""
READ_AT_ONCE = 8
"""Rooms that are looked into at the same time when all are read once."""
_LONGEST_WAIT_S = 30.0


class RoomMonitor:
    """Watches the rooms of one profile at a time.

    Args:
        gateway: Makes API clients.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(self, gateway: Gateway, emit: Callable[[AnyEvent], None], clock: Clock) -> None:
        self._gateway, self._emit, self._clock = gateway, emit, clock
        self._tasks = Tasks("the room list", self._broke)
        self._task: asyncio.Task[None] | None = None
        self._profile = ""
        self._known: dict[str, ListedRoom] = {}
        self._looked_at: dict[str, float] = {}
        self._read_wall = 0.0
        self._looked_into = ""
        self._in_view: frozenset[str] = frozenset()
        self._wake = asyncio.Event()

    def watch(self, profile: Profile | None) -> None:
        """Watch this profile's server from now on; None stops."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if profile is not None:
            if profile.name != self._profile:
                self._known, self._looked_at, self._read_wall = {}, {}, 0.0
            self._profile = profile.name
            self._task = self._tasks.start(self._run(profile))

    def look_into(self, room: str, in_view: Collection[str] = ()) -> None:
        """Read this room each time from now on, and soon; empty: none.

        Args:
            room: Its name.
            in_view: Rooms that come before all others, for somebody sees their rows.
        """
        self._in_view = frozenset(in_view)
        if room != self._looked_into:
            self._looked_into = room
            if room:
                self._wake.set()

    def read_once(self, profile: Profile, room: str = "") -> None:
        """Read every room once, or only the one that is named, with agents and dispatches."""
        self._tasks.start(self._read_once(profile, room))

    async def close(self) -> None:
        """Stop, and wait until nothing is under way."""
        self.watch(None)
        await self._tasks.cancel()

    def _broke(self, error: BaseException) -> None:
        found = of_unforeseen(error)
        self._emit(RoomsUnlisted(profile=self._profile, problem=found, read_wall=self._read_wall))

    # --- again and again ----------------------------------------------------------------------

    async def _run(self, profile: Profile) -> None:
        wait_s, last = EVERY_S, None
        while True:
            self._wake.clear()
            try:
                rooms = await self._read(profile)
            except PortError as error:
                self._emit(
                    RoomsUnlisted(
                        profile=profile.name, problem=error.problem, read_wall=self._read_wall
                    )
                )
                wait_s, last = min(wait_s * 2, _LONGEST_WAIT_S), None
            else:
                wait_s, self._read_wall = EVERY_S, self._clock.wall()
                if rooms != last:
                    self._emit(RoomsListed(profile=profile.name, rooms=rooms))
                last = rooms
            last = await self._rest(profile, wait_s, last)

    async def _rest(
        self, profile: Profile, wait_s: float, last: tuple[ListedRoom, ...] | None
    ) -> tuple[ListedRoom, ...] | None:
        """Wait for the next round; meanwhile look into a room that somebody has gone to."""
        until = self._clock.monotonic() + wait_s
        while (left_s := until - self._clock.monotonic()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self._wake.wait()
            except TimeoutError:
                break
            self._wake.clear()
            room = self._known.get(self._looked_into)
            if room is None or last is None:
                continue
            try:
                look = await self._look_closely(profile, room)
            except PortError:
                continue  # the next round says why
            self._known[room.name] = look
            rooms = tuple(self._known[other.name] for other in last)
            if rooms != last:
                self._emit(RoomsListed(profile=profile.name, rooms=rooms))
                last = rooms
        return last

    async def _read(self, profile: Profile) -> tuple[ListedRoom, ...]:
        api = self._gateway.server_api(profile)
        rooms = sorted(await api.list_rooms(), key=lambda room: (-room.made_at, room.name))
        asked = self._whose_turn(rooms)
        seen = {room.name: self._as_known(room) for room in rooms}
        pacer = self._gateway.pacer(profile)
        for room in rooms:
            if room.name == self._looked_into:
                seen[room.name] = await self._look_if_there(profile, seen[room.name])
            elif room.name in asked:
                await pacer.turn()
                seen[room.name] = await _with_people(api, seen[room.name])
        now = self._clock.monotonic()
        self._known = seen
        self._looked_at = {name: at for name, at in self._looked_at.items() if name in seen}
        self._looked_at.update(dict.fromkeys(asked, now))
        return tuple(seen.values())

    def _whose_turn(self, rooms: list[ListedRoom]) -> frozenset[str]:
        """Choose those not looked into for longest; rooms in view, then new ones, come first."""
        others = [room.name for room in rooms if room.name != self._looked_into]
        others.sort(key=lambda name: (name not in self._in_view, self._looked_at.get(name, 0.0)))
        return frozenset(others[:ROOMS_A_ROUND])

    def _as_known(self, room: ListedRoom) -> ListedRoom:
        """Keep what was seen in a room, unless it is another one of the same name."""
        known = self._known.get(room.name)
        return known if known is not None and known.sid == room.sid else room

    async def _look_if_there(self, profile: Profile, room: ListedRoom) -> ListedRoom:
        """Look closely, unless the room has just gone: then the next list is without it."""
        try:
            return await self._look_closely(profile, room)
        except PortError as error:
            if error.problem.code is ProblemCode.SERVER_ERROR:
                return room
            raise

    async def _look_closely(self, profile: Profile, room: ListedRoom) -> ListedRoom:
        api, pacer = self._gateway.server_api(profile), self._gateway.pacer(profile)
        await pacer.turn()
        room = await _with_people(api, room)
        await pacer.turn()
        return await _with_dispatches(api, room)

    # --- once ---------------------------------------------------------------------------------

    async def _read_once(self, profile: Profile, only: str) -> None:
        gate = asyncio.Semaphore(READ_AT_ONCE)

        async def looked_into(api: ServerApi, room: ListedRoom) -> ListedRoom | None:
            async with gate:
                return await _or_gone(api, room)

        try:
            api = self._gateway.server_api(profile)
            listed = [room for room in await api.list_rooms() if only in ("", room.name)]
            looks = [looked_into(api, room) for room in listed]
            rooms = [room for room in await asyncio.gather(*looks) if room is not None]
        except PortError as error:
            self._emit(RoomsRead(profile=profile.name, problem=error.problem))
        else:
            rooms.sort(key=lambda room: (-room.made_at, room.name))
            self._emit(RoomsRead(profile=profile.name, rooms=tuple(rooms)))


async def _or_gone(api: ServerApi, room: ListedRoom) -> ListedRoom | None:
    """Look into a room; None if it has gone since it was listed, for a server says so by a fault.

    Raises:
        PortError: It is there, and cannot be looked into.
    """
    try:
        return await _with_dispatches(api, await _with_people(api, room))
    except PortError:
        if await api.room_exists(room.name):
            raise
        return None


async def _with_people(api: ServerApi, room: ListedRoom) -> ListedRoom:
    there = [p for p in await api.participants(room.name) if not p.hidden]
    agents = [p for p in there if p.is_agent]
    return msgspec.structs.replace(
        room,
        people=len(there),
        agents=tuple(p.agent_name or p.name or "agent" for p in agents),
        agent_states=tuple(p.state for p in agents),
        agent_identities=tuple(clean(p.identity, limit=200) for p in agents),
        looked=True,
    )


async def _with_dispatches(api: ServerApi, room: ListedRoom) -> ListedRoom:
    records = await api.dispatches(room.name)
    listed = [record for record in records if record.agent_name not in ("", NOBODY)]
    return msgspec.structs.replace(
        room,
        dispatches=tuple(
            ListedDispatch(
                id=clean(record.id),
                agent_name=clean(record.agent_name, limit=200),
                jobs=record.jobs,
                made_at=record.made_at,
            )
            for record in listed
        ),
    )
