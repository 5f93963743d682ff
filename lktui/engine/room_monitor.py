"""The list of rooms of one profile's server, read gently.

Who is in a room is asked for one room after another, as `engine.look_order` says: those on the
screen first. A room in which we are ourselves tells by events who is there, and is not asked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping

import msgspec

from lktui.clock import Clock
from lktui.core.commands import LookInto
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
from lktui.engine.look_order import LIST_EVERY_S, Ask, LookOrder, Matter
from lktui.engine.ports import NOBODY, Gateway, Participant, ServerApi
from lktui.tasks import Tasks

READ_AT_ONCE = 8
"""Rooms that are looked into at the same time when all are read once."""
_LONGEST_WAIT_S = 30.0
Covered = Callable[[Profile], Mapping[str, tuple[Participant, ...]]]
"""Gives, by room, who is in the rooms of a profile's server in which we are ourselves."""


def _no_room(_profile: Profile) -> Mapping[str, tuple[Participant, ...]]:
    """Stand in where we are in no room."""
    return {}


class RoomMonitor:
    """Watches the rooms of one profile at a time.

    Args:
        gateway: Makes API clients.
        emit: Takes the events.
        clock: Tells the time.
        covered: Tells of the rooms in which we are.
    """

    def __init__(
        self,
        gateway: Gateway,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
        covered: Covered = _no_room,
    ) -> None:
        self._gateway, self._emit, self._clock, self._covered = gateway, emit, clock, covered
        self._tasks = Tasks("the room list", self._broke)
        self._task: asyncio.Task[None] | None = None
        self._profile = ""
        self._known: dict[str, ListedRoom] = {}
        self._told: tuple[ListedRoom, ...] | None = None
        """What the screen was told last; None: nothing, or that the list cannot be read."""
        self._order = LookOrder()
        self._read_wall = 0.0
        self._look = LookInto(room="")
        self._changed = asyncio.Event()

    def watch(self, profile: Profile | None) -> None:
        """Watch this profile's server from now on; None stops."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if profile is not None:
            if profile.name != self._profile:
                self._known, self._order, self._read_wall = {}, LookOrder(), 0.0
                self.look_into(self._look)
            self._profile, self._told = profile.name, None
            self._task = self._tasks.start(self._run(profile))

    def look_into(self, look: LookInto) -> None:
        """Keep a room and those in view fresh from now on, above all others."""
        self._look = look
        self._order.look_into(look.room, look.in_view, self._clock.monotonic())
        self._changed.set()

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
        wait_s = LIST_EVERY_S
        while True:
            try:
                await self._ask(profile, await self._next(profile))
            except PortError as error:
                told = RoomsUnlisted(
                    profile=profile.name, problem=error.problem, read_wall=self._read_wall
                )
                self._emit(told)
                self._told, wait_s = None, min(wait_s * 2, _LONGEST_WAIT_S)
                await self._clock.sleep(wait_s)
            else:
                wait_s = LIST_EVERY_S
                self._tell(profile)

    async def _next(self, profile: Profile) -> Ask:
        """Wait until something is to be asked."""
        while True:
            self._changed.clear()
            self._order.covered(self._covered(profile))
            now = self._clock.monotonic()
            ask, at = self._order.next(now)
            if at <= now:
                return ask
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(at - now):
                    await self._changed.wait()

    async def _ask(self, profile: Profile, ask: Ask) -> None:
        api = self._gateway.server_api(profile)
        if ask.matter is not Matter.ROOMS:
            await self._gateway.pacer(profile).turn()
        self._order.asked(ask, self._clock.monotonic())
        if ask.matter is Matter.ROOMS:
            listed = sorted(await api.list_rooms(), key=lambda room: (-room.made_at, room.name))
            self._known = {room.name: self._as_known(room) for room in listed}
            self._order.listed(self._known)
            self._read_wall = self._clock.wall()
            return
        room = self._known[ask.room]
        if ask.matter is Matter.PEOPLE:
            self._known[ask.room] = await _with_people(api, room)
        else:
            self._known[ask.room] = await _with_dispatches_if_there(api, room)

    def _tell(self, profile: Profile) -> None:
        """Tell the list if it is not as it was told last."""
        for name, there in self._covered(profile).items():
            if name in self._known:
                self._known[name] = _seen_in(self._known[name], there)
        rooms = tuple(self._known.values())
        if rooms != self._told:
            self._emit(RoomsListed(profile=profile.name, rooms=rooms))
            self._told = rooms

    def _as_known(self, room: ListedRoom) -> ListedRoom:
        """Keep what was seen in a room, unless it is another one of the same name."""
        known = self._known.get(room.name)
        return known if known is not None and known.sid == room.sid else room

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
    return _seen_in(room, await api.participants(room.name))


def _seen_in(room: ListedRoom, everybody: Iterable[Participant]) -> ListedRoom:
    there = [p for p in everybody if not p.hidden]
    agents = [p for p in there if p.is_agent]
    return msgspec.structs.replace(
        room,
        people=len(there),
        agents=tuple(p.agent_name or p.name or "agent" for p in agents),
        agent_states=tuple(p.state for p in agents),
        agent_identities=tuple(clean(p.identity, limit=200) for p in agents),
        looked=True,
    )


async def _with_dispatches_if_there(api: ServerApi, room: ListedRoom) -> ListedRoom:
    """Read a room's dispatches, unless it has just gone: then the next list is without it."""
    try:
        return await _with_dispatches(api, room)
    except PortError as error:
        if error.problem.code is ProblemCode.SERVER_ERROR:
            return room
        raise


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
