"""Works the cleanup queue: dispatch before room, then a look whether they stay gone.

A job that was still joining when its room was deleted re-creates it and sits in it alone
(facts/livekit.md, "Cleanup order"); so an item is done only after the last look.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import OPEN, OVER, CleanupItem, ItemState, What
from lktui.core.events import (
    AnyEvent,
    CleanupChanged,
    CleanupForgotten,
    CleanupRan,
    SessionId,
)
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.failures import answered
from lktui.engine.ports import Gateway, ServerApi
from lktui.engine.tasks import LOG_PLACE
from lktui.store.journal import Journal

LOOKS_S = (0.5,)
EARLY_LOOKS_S = (0.5, 1.5, 3.5, 6.5)
"""After an end in the middle of a call or of an agent's joining (facts/engine-split.md)."""
_TICK_S = 1.0
MAX_OVER = 200
"""Items that are over and still known here."""
_log = logging.getLogger(__name__)


class Janitor:
    """The queue of one engine: its own items and those it took over from dead ones.

    Args:
        journal: Where every item is durable.
        gateway: Makes API clients of profiles.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self, journal: Journal, gateway: Gateway, emit: Callable[[AnyEvent], None], clock: Clock
    ) -> None:
        self._journal, self._gateway, self._emit, self._clock = journal, gateway, emit, clock
        self._items: dict[str, CleanupItem] = {}
        self._profiles: dict[str, Profile] = {}
        self._early: set[str] = set()
        self._working: dict[str, asyncio.Task[None]] = {}

    @property
    def installation(self) -> str:
        """Four characters that are this installation's own."""
        return self._journal.installation

    @property
    def open_count(self) -> int:
        """Items that somebody still has to work on."""
        return sum(item.state in OPEN for item in self._items.values())

    def put_item(self, item: CleanupItem) -> None:
        """Record an item as it is now; durable when this returns.

        Raises:
            PortError: A new item could not be recorded: what it stands for must not be made.
        """
        try:
            self._journal.put_item(item)
        except PortError as error:
            if item.id not in self._items:
                raise
            # It is removed all the same; at worst the next start looks for it once more.
            _log.error("the state of %s could not be recorded: %s", item.id, error.problem.line)
        self._items[item.id] = item
        self._emit(CleanupChanged(items=(item,)))

    def item(self, item_id: str) -> CleanupItem | None:
        """Give an item as it is now."""
        return self._items.get(item_id)

    def know(self, session: SessionId, profile: Profile) -> None:
        """Remember how a session reaches its server: its profile's file may change or go."""
        self._profiles[session] = profile

    def adopt(self, items: Iterable[CleanupItem]) -> None:
        """Take over what a dead engine left: what was in use is due now."""
        for item in items:
            if item.state is ItemState.KEPT:
                self.put_item(item)
            else:
                self._early.add(item.id)
                self.put_item(item.due())

    # --- work -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Try what is due, each second; runs until cancelled."""
        while True:
            await self._clock.sleep(_TICK_S)
            now = self._clock.wall()
            self._start(
                item
                for item in self._items.values()
                if item.state in (ItemState.DUE, ItemState.WAITING) and item.next_try_at <= now
            )
            self._let_go()

    def _let_go(self) -> None:
        """Forget the oldest of those that are over: the journal and the screen have them."""
        over = [item_id for item_id, item in self._items.items() if item.state in OVER]
        for item_id in over[:-MAX_OVER]:
            self._profiles.pop(SessionId(self._items.pop(item_id).session), None)

    async def clean(self, ids: Iterable[str], *, early: bool, limit_s: float) -> bool:
        """Remove these items now; whether all are gone.

        Args:
            ids: Items that nobody uses any more.
            early: A call or an agent may still be on its way: look longer.
            limit_s: What is not done by then goes on by itself.
        """
        wanted = [self._items[one] for one in ids if one in self._items]
        if early:
            self._early.update(item.id for item in wanted)
        for item in wanted:
            if item.state is ItemState.LIVE:
                self.put_item(item.due())
        self._start(self._items[item.id] for item in wanted)
        tasks = [self._working[item.id] for item in wanted if item.id in self._working]
        if tasks:
            await asyncio.wait(tasks, timeout=limit_s)
        return all(self._items[item.id].state in OVER for item in wanted)

    async def try_now(self, ids: tuple[str, ...], *, kept: bool, limit_s: float) -> None:
        """Try what a person asks for: those named, or all that are due, waiting or stuck."""
        wanted = self._named(ids) if ids else self._in_need(kept=kept)
        for item in wanted:
            if item.state is not ItemState.RUNNING:
                self.put_item(item.due())
        await self.clean([item.id for item in wanted], early=False, limit_s=limit_s)
        left = sum(self._items[item.id].state not in OVER for item in wanted)
        self._emit(CleanupRan(left=left))

    def _named(self, ids: tuple[str, ...]) -> list[CleanupItem]:
        names = set(ids)
        items = self._items.values()
        resting = OVER | {ItemState.LIVE}
        return [i for i in items if (i.id in names or i.name in names) and i.state not in resting]

    def _in_need(self, *, kept: bool) -> list[CleanupItem]:
        states = OPEN | {ItemState.KEPT} if kept else OPEN
        return [item for item in self._items.values() if item.state in states]

    def gone(self, name: str) -> None:
        """Note that a person has removed what is called so, past the queue."""
        for item in list(self._items.values()):
            if item.name == name and item.state not in OVER:
                self.put_item(item.done())

    def forget(self, ids: tuple[str, ...]) -> None:
        """Take items out of the queue; what they stand for may stay on the server."""
        for item_id in ids:
            task = self._working.pop(item_id, None)
            if task is not None:
                task.cancel()
            self._items.pop(item_id, None)
            self._journal.forget_item(item_id)
        self._emit(CleanupForgotten(ids=ids))

    async def close(self, limit_s: float) -> int:
        """Work off what is due within the limit; how many items are left.

        What waits after a failed try waits for the next start: a server that has just not
        answered would only use up the time.
        """
        states = (ItemState.DUE, ItemState.RUNNING)
        due = [item.id for item in self._items.values() if item.state in states]
        await self.clean(due, early=False, limit_s=limit_s)
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return self.open_count

    def _start(self, items: Iterable[CleanupItem]) -> None:
        for item in list(items):
            task = self._working.get(item.id)
            under_way = task is not None and not task.done()
            if under_way or item.state in OVER or item.state is ItemState.LIVE:
                continue
            task = asyncio.get_running_loop().create_task(self._work(item.id))
            self._working[item.id] = task
            task.add_done_callback(partial(self._finished, item.id))

    def _finished(self, item_id: str, task: asyncio.Task[None]) -> None:
        if self._working.get(item_id) is task:
            del self._working[item_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("cleaning up %s failed", item_id, exc_info=error)
            what = clean(f"{type(error).__name__}: {error}", limit=200)
            self._failed(item_id, problem(ProblemCode.INTERNAL, what=what, log=LOG_PLACE))

    def _failed(self, item_id: str, found: Problem) -> None:
        item = self._items.get(item_id)
        if item is None:
            return  # forgotten meanwhile
        _log.info("cleaning up %s %s failed: %s", item.what, item.name, found.line)
        self.put_item(
            item.failed(
                found,
                now=self._clock.wall(),
                answered=answered(found),
                jitter=random.random(),  # noqa: S311 - spreads tries, no secret
            )
        )

    def _profile_of(self, item: CleanupItem) -> Profile:
        """Give the profile as it is now; as its session had it if it leads there no more.

        Raises:
            PortError: There is neither.
        """
        own = self._profiles.get(item.session)
        try:
            profile = self._gateway.profile(item.profile)
        except PortError:
            if own is None:
                raise
            return own
        if profile.url == item.url and profile.has_key:
            return profile
        return own or msgspec.structs.replace(profile, url=item.url)

    async def _work(self, item_id: str) -> None:
        item = self._items[item_id]
        self.put_item(item.running())
        try:
            profile = self._profile_of(item)
            if not profile.has_key:
                self.put_item(self._items[item_id].left())
                return
            api = self._gateway.server_api(profile)
            if item.what is What.DISPATCH:
                await self._remove_dispatch(api, item)
            else:
                await self._remove_room(api, item)
        except PortError as error:
            self._failed(item_id, error.problem)
        else:
            self._early.discard(item_id)
            self.put_item(self._items[item_id].done())

    async def _remove_dispatch(self, api: ServerApi, item: CleanupItem) -> None:
        if not await api.room_exists(item.room):
            return  # gone with its room; asked for it, a server says `unavailable`, after 3 s
        if item.name:
            await api.delete_dispatch(item.room, item.name)
            return
        # The create was sent and its answer never seen: in a room of ours every one is ours.
        if f"{item.session}:room" in self._items:
            for record in await api.dispatches(item.room):
                if record.agent_name == item.agent_name:
                    await api.delete_dispatch(item.room, record.id)

    async def _remove_room(self, api: ServerApi, item: CleanupItem) -> None:
        siblings = [
            other
            for other in self._items.values()
            if other.room == item.room and other.what is What.DISPATCH and other.state in OPEN
        ]
        self._start(siblings)
        under_way = [self._working[other.id] for other in siblings if other.id in self._working]
        if under_way:
            await asyncio.wait(under_way)
        await api.delete_room(item.name)
        looked_s = 0.0
        for look_s in EARLY_LOOKS_S if item.id in self._early else LOOKS_S:
            await self._clock.sleep(look_s - looked_s)
            looked_s = look_s
            await self._look_again(api, item.name)

    async def _look_again(self, api: ServerApi, room: str) -> None:
        """Remove what came back: a room that a late agent made anew, with its dispatches."""
        if not await api.room_exists(room):
            return
        for record in await api.dispatches(room):
            if record.agent_name:
                await api.delete_dispatch(room, record.id)
        await api.delete_room(room)
