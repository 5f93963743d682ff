"""The list of rooms of one profile's server, read gently.

One list_rooms every 2 s; who is in a room is asked for a few rooms a round, newest first, so that
a crowd never costs more than five requests a second (facts/engine-split.md, "Watching rooms").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.events import AnyEvent, ListedRoom, RoomsListed, RoomsUnlisted
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.ports import Gateway, ServerApi
from lktui.engine.tasks import LOG_PLACE, Tasks

EVERY_S = 2.0
ROOMS_A_ROUND = 8
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
        self._turn = 0

    def watch(self, profile: Profile | None) -> None:
        """Watch this profile's server from now on; None stops."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if profile is not None:
            self._known, self._turn, self._profile = {}, 0, profile.name
            self._task = self._tasks.start(self._run(profile))

    async def close(self) -> None:
        """Stop, and wait until nothing is under way."""
        self.watch(None)
        await self._tasks.cancel()

    def _broke(self, error: BaseException) -> None:
        what = clean(f"{type(error).__name__}: {error}", limit=200)
        found = problem(ProblemCode.INTERNAL, what=what, log=LOG_PLACE)
        self._emit(RoomsUnlisted(profile=self._profile, problem=found))

    async def _run(self, profile: Profile) -> None:
        wait_s, last = EVERY_S, None
        while True:
            try:
                rooms = await self._read(self._gateway.server_api(profile))
            except PortError as error:
                self._emit(RoomsUnlisted(profile=profile.name, problem=error.problem))
                wait_s, last = min(wait_s * 2, _LONGEST_WAIT_S), None
            else:
                wait_s = EVERY_S
                if rooms != last:
                    self._emit(RoomsListed(profile=profile.name, rooms=rooms))
                last = rooms
            await self._clock.sleep(wait_s)

    async def _read(self, api: ServerApi) -> tuple[ListedRoom, ...]:
        rooms = sorted(await api.list_rooms(), key=lambda room: room.made_at, reverse=True)
        start = self._turn % max(1, len(rooms))
        self._turn = start + ROOMS_A_ROUND
        asked = {room.name for room in (rooms + rooms)[start : start + ROOMS_A_ROUND]}
        seen = []
        for room in rooms:
            known = self._known.get(room.name)
            if room.name in asked:
                seen.append(await self._look_into(api, room))
            elif known is not None and known.sid == room.sid:
                seen.append(known)
            else:
                seen.append(room)
        self._known = {room.name: room for room in seen}
        return tuple(seen)

    async def _look_into(self, api: ServerApi, room: ListedRoom) -> ListedRoom:
        there = [p for p in await api.participants(room.name) if not p.hidden]
        agents = [p for p in there if p.is_agent]
        return msgspec.structs.replace(
            room,
            people=len(there),
            agents=tuple(p.agent_name or p.name or "agent" for p in agents),
            agent_states=tuple(p.state for p in agents),
        )
