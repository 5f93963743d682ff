"""Removes one room or dispatch from its server: dispatch before room, then a look whether it stays.

A job that was still joining when its room was deleted re-creates it and sits in it alone; one
whose dispatch was deleted too may still join until its worker has ended it, 15 s later
(facts/livekit.md, "Cleanup order" and "Safe retry"). So whoever removes is told whether an agent
may still come: then the item has a last look before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import CleanupItem
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import ListedRoom
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.core.signs import seconds
from lktui.engine.on_their_way import identity_of, on_their_way
from lktui.engine.ports import NOBODY, DispatchRecord, Participant, ServerApi

LOOKS_S = (0.5,)
"""After the delete; where every agent was known to be in the room."""
EARLY_LOOKS_S = (0.5, 1.5, 3.5, 6.5)
"""After an end in the middle of a call or of an agent's joining (facts/engine-split.md)."""
KEEP_OUT_LOOKS_S = (0.5, 1.5, 3.5)
"""After the withdrawal of a dispatch whose room stays: an end waits for them, and for the list."""
LEAVE_WAIT_S = 4.0
"""A stuck agent is removed by the server 3.1 s after the delete; a dead one never is."""
_LIST_LOOK_S = 0.25
_LEAVING_LOOKS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.4, 3.2, LEAVE_WAIT_S)
_CLOCKS_DIFFER_S = 30.0
"""So far may a creation lie from its item's and still be the one that was meant."""
_LIST_ROUNDS_S = 1.0
"""A room's creation is told in whole seconds."""


class SparedError(Exception):
    """Others are in the room: it stays; what is ours in it is gone.

    Args:
        found: Who they are, for the item.
    """

    def __init__(self, found: Problem) -> None:
        super().__init__(found.line)
        self.problem = found


class Removal:
    """One try.

    Args:
        item: What is to go.
        api: Its server.
        clock: Tells the time.
        gate: Lets a few removals call the server at once.
        room: The item of its session's room, if that is ours: then every dispatch of our agent in
            it is ours too.
    """

    def __init__(
        self,
        item: CleanupItem,
        api: ServerApi,
        clock: Clock,
        gate: asyncio.Semaphore,
        *,
        room: CleanupItem | None,
    ) -> None:
        self._item, self._api, self._clock, self._gate = item, api, clock, gate
        self._owns_room = room is not None
        # A dispatch does not know who we are in its room; the room of the same session does.
        self._me = item.identity or (room.identity if room is not None else "")
        self._my_stay = room.participant_sid if room is not None else item.participant_sid

    # --- a dispatch -------------------------------------------------------------------------

    async def dispatch(self, expect: Callable[[frozenset[str]], None]) -> bool:
        """Withdraw the dispatch; where its room stays, its agents leave or are put out.

        Args:
            expect: Called before a dispatch is withdrawn whose room stays, with the identities of
                its agents that may come all the same.

        Returns:
            Whether a worker has taken a job of it whose agent is not in the room: it may come yet.

        Raises:
            PortError: The server did not do it, or it cannot be told which one is ours.
        """
        found = await self._read()
        if found is None:
            return False
        if self._stays(found):
            found = await self._read_true(found)
            if found is None:
                return False
        late = self._may_come(found.records, found.there)
        if not self._stays(found):
            await self._withdraw(found)
            return late
        coming = on_their_way(found.records, found.there, self._item.came)
        coming |= {one for one in self._item.expected if not found.has_connected(one)}
        expect(coming)
        await self._withdraw(found)
        jobs = (job for record in found.records for job in record.jobs)
        await self._put_out({identity_of(job) for job in jobs} | set(self._item.came))
        if coming:
            await self._keep_out(coming)
        return late

    async def late_agents(self) -> bool:
        """Put out the expected agents that have come; whether one of them may come again.

        Raises:
            PortError: The server did not tell, or did not do it.
        """
        return await self._put_out_now(frozenset(self._item.expected))

    async def _read(self) -> _Found | None:
        """Look for what is ours and who is there; None: it went with its room."""
        api, item = self._api, self._item
        async with self._gate:
            if not await api.room_exists(item.room):
                return None  # asked for its dispatches, a server says `unavailable`, after 3 s
            records = tuple(r for r in await api.dispatches(item.room) if self._is_ours(r))
            if not item.name and not self._owns_room and records:
                raise PortError(_maybe_ours(item, records))
            return _Found(records, await api.participants(item.room))

    async def _read_true(self, found: _Found) -> _Found | None:
        """Wait until the list tells whether a worker has taken a job, and whose agent that is."""
        began, told = self._clock.monotonic(), found
        while self._is_young and not self._item.came and told.records:
            waited_s = self._clock.monotonic() - began
            if waited_s >= LIST_TRUE_S or any(record.jobs for record in told.records):
                break
            await self._clock.sleep(_LIST_LOOK_S)
            again = await self._read()
            if again is None:
                return None
            told = again
        return told

    def _stays(self, found: _Found) -> bool:
        """Whether the room is not removed with the dispatch."""
        return not self._owns_room or bool(self._strangers(found.there))

    async def _withdraw(self, found: _Found) -> None:
        async with self._gate:
            for dispatch_id in dict.fromkeys([self._item.name, *(one.id for one in found.records)]):
                if dispatch_id:
                    await self._api.delete_dispatch(self._item.room, dispatch_id)

    async def _keep_out(self, coming: frozenset[str]) -> None:
        """Look a while whether they come all the same; the last look is the item's."""
        looked_s = 0.0
        for look_s in KEEP_OUT_LOOKS_S:
            await self._clock.sleep(look_s - looked_s)
            looked_s = look_s
            await self._put_out_now(coming)

    async def _put_out_now(self, agents: frozenset[str]) -> bool:
        """Put out who of them is there; whether one was still connecting: it comes again."""
        async with self._gate:
            listed = await self._api.participants(self._item.room)
            come = [other for other in listed if other.identity in agents]
            for other in come:
                await self._api.remove_participant(self._item.room, other.identity)
        return any(not other.connected for other in come)

    def _is_ours(self, record: DispatchRecord) -> bool:
        item = self._item
        if item.name:
            return record.id == item.name
        # The answer of its create was never seen.
        was_before = 0 < record.made_at < item.made_at - _CLOCKS_DIFFER_S
        return record.agent_name == item.agent_name and (self._owns_room or not was_before)

    async def _put_out(self, agents: set[str]) -> None:
        """Wait until agents have left a room that stays; after 4 s they are removed."""
        waited_s = 0.0
        for look_s in _LEAVING_LOOKS_S:
            agents &= {other.identity for other in await self._api.participants(self._item.room)}
            if not agents:
                return
            await self._clock.sleep(look_s - waited_s)
            waited_s = look_s
        for identity in sorted(agents):
            await self._api.remove_participant(self._item.room, identity)

    # --- a room -----------------------------------------------------------------------------

    async def room(self, *, early: bool) -> bool:
        """Delete the room and whatever comes back of it at once.

        Args:
            early: A call or an agent may still be on its way.

        Returns:
            Whether an agent may still come, as far as the server tells.

        Raises:
            PortError: The server did not do it.
            SparedError: Others are in it.
        """
        item = self._item
        async with self._gate:
            found = await self._api.find_room(item.name)
            if item.shared and not self._is_the_one(found):
                return False  # another room of this name: ours is gone
            # Of a room that others have deleted nothing tells any more which jobs were taken.
            late = early if found is None else await self._clear()
            deleted_at = self._clock.wall()
            await self._api.delete_room(item.name)
        looked_s = 0.0
        for look_s in EARLY_LOOKS_S if early and (late or item.late) else LOOKS_S:
            await self._clock.sleep(look_s - looked_s)
            looked_s = look_s
            late |= await self._remove_again(deleted_at)
        return late

    async def _clear(self) -> bool:
        """Withdraw what is in the room before it goes; whether an agent may still come."""
        there = await self._api.participants(self._item.name)
        strangers = self._strangers(there)
        if strangers and not self._item.agreed:
            raise SparedError(_in_use(self._item, strangers))
        return await self._withdraw_all(there)

    async def is_back(self) -> ListedRoom | None:
        """Look for a room that was gone; one that a late agent of ours has made anew.

        Raises:
            PortError: The server did not tell.
        """
        async with self._gate:
            return await self._made_anew(self._item.gone_at)

    def _strangers(self, there: Iterable[Participant]) -> tuple[Participant, ...]:
        """Give the people who are not ourselves; agents hold no room, the hidden neither."""
        return tuple(
            other
            for other in there
            if other.is_person
            and not other.is_agent
            and not other.hidden
            and not self._is_me(other)
        )

    def _is_me(self, other: Participant) -> bool:
        """Whether it is us, who may be listed for a moment after we have left."""
        return other.identity == self._me or (bool(other.sid) and other.sid == self._my_stay)

    def _is_the_one(self, found: ListedRoom | None) -> bool:
        """Whether a room of a name that others use too is the one that the item stands for."""
        item = self._item
        if found is None:
            return False
        if item.sid:
            return found.sid == item.sid
        return abs(found.made_at - item.made_at) <= _CLOCKS_DIFFER_S

    async def _withdraw_all(self, there: Iterable[Participant]) -> bool:
        """Delete every dispatch of our room; whether an agent of them may still come."""
        api, room = self._api, self._item.name
        records = await api.dispatches(room)
        for record in records:
            if record.agent_name:
                await api.delete_dispatch(room, record.id)
        return self._may_come(records, there)

    def _may_come(self, records: Iterable[DispatchRecord], there: Iterable[Participant]) -> bool:
        """Whether a job was taken, or may have been, whose agent was never seen.

        A job's record stays the same whatever its agent does. While the dispatch is young, no
        record proves nothing yet: the agent may be there before its job is listed. Nor does being
        listed: an agent that is put out while it connects joins again 15 s later.
        """
        there = [other for other in there if other.connected]
        names = {other.agent_name for other in there if other.is_agent}
        for record in records:
            if record.agent_name == NOBODY or (not record.agent_name and self._item.agent_name):
                continue  # the room's own: it brings only what automatic dispatch does
            known = self._item.came or record.agent_name in names
            if self._is_young and not record.jobs and not known:
                return True
            if on_their_way([record], there, self._item.came):
                return True
        return False

    @property
    def _is_young(self) -> bool:
        """Whether the list of jobs need not be true yet."""
        return self._clock.wall() - self._item.made_at < LIST_TRUE_S

    async def _remove_again(self, deleted_at: float) -> bool:
        """Remove what came back, with its dispatches; whether more may come."""
        async with self._gate:
            if await self._made_anew(deleted_at) is None:
                return False
            late = await self._clear()
            await self._api.delete_room(self._item.name)
            return late

    async def _made_anew(self, deleted_at: float) -> ListedRoom | None:
        """Find the room again; one of a name that others use is ours if only our agent made it."""
        item = self._item
        found = await self._api.find_room(item.name)
        if found is None or not item.shared:
            return found
        if found.made_at < deleted_at - _LIST_ROUNDS_S:
            return None
        there = [other for other in await self._api.participants(item.name) if not other.hidden]
        ours = all(other.is_agent and other.agent_name == item.agent_name for other in there)
        return found if there and ours else None


class _Found(NamedTuple):
    """What there is of a dispatch."""

    records: tuple[DispatchRecord, ...]
    there: tuple[Participant, ...]

    def has_connected(self, identity: str) -> bool:
        """Whether somebody's connection stands."""
        return any(one.identity == identity and one.connected for one in self.there)


def _maybe_ours(item: CleanupItem, records: tuple[DispatchRecord, ...]) -> Problem:
    """Say which dispatches one has to look at; nothing proves whose they are."""
    name = clean(item.agent_name, limit=80)
    found = problem(ProblemCode.DISPATCH_UNKNOWN, subject=name, agent=name, room=item.room)
    told = [f"{clean(one.id, limit=40)}, {_made(one, item)}" for one in records[:5]]
    return msgspec.structs.replace(found, detail="; ".join(told))


def _made(record: DispatchRecord, item: CleanupItem) -> str:
    if not record.made_at:
        return "made nobody knows when"
    after_s = record.made_at - item.made_at
    return (
        f"made {seconds(abs(after_s))} {'after' if after_s >= 0 else 'before'} ours was asked for"
    )


def _in_use(item: CleanupItem, strangers: tuple[Participant, ...]) -> Problem:
    count = len(strangers)
    people = "1 other is" if count == 1 else f"{count} others are"
    found = problem(ProblemCode.ROOM_IN_USE, subject=clean(item.room), what=people)
    who = ", ".join(clean(other.identity, limit=40) for other in strangers[:5])
    return msgspec.structs.replace(found, detail=who)
