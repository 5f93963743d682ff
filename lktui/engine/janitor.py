"""Works the cleanup queue: which item, when and by whom; `removal` is how.

The journal's row is what counts: a try begins only if it could be recorded as ours, so that no two
engines work on the same item.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import GONE, OPEN, OVER, RESTING, STARTS, CleanupItem, ItemState, What
from lktui.core.events import AnyEvent, CleanupChanged, CleanupForgotten, CleanupRan, SessionId
from lktui.core.problems import PortError, Problem
from lktui.core.profile import Profile
from lktui.engine.failures import answered, of_unforeseen
from lktui.engine.last_looks import LastLooks
from lktui.engine.ports import Gateway, ServerApi
from lktui.engine.removal import Removal, SparedError
from lktui.store.journal import Journal

_TICK_S = 1.0
_ELSEWHERE_S = 0.5
"""So often an item is looked at that another engine works on."""
MAX_AT_ONCE = 8
"""Items for which a server is asked at the same time; while they wait others are."""
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
        """Items that a session has left in the middle of a call or of an agent's joining."""
        self._looks = LastLooks(clock)
        self._gate = asyncio.Semaphore(MAX_AT_ONCE)
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
        """Record an item as it is now; durable when this returns. What is over stays over.

        Raises:
            PortError: A new item could not be recorded: what it stands for must not be made.
        """
        known = self._items.get(item.id)
        if known is not None and known.state in OVER:
            return
        is_ours = True
        try:
            is_ours = self._journal.put_item(item)
        except PortError as error:
            if known is None:
                raise
            # It is removed all the same; at worst the next start looks for it once more.
            _log.error("the state of %s could not be recorded: %s", item.id, error.problem.line)
        if not is_ours:
            _log.info("%s is another engine's or forgotten", item.id)
            self._items.pop(item.id, None)
            return
        self._items[item.id] = item
        self._looks.note(known, item)
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
            self.put_item(item.abandoned(self._clock.wall()))

    def release(self, session: SessionId) -> None:
        """Nobody uses what is left of a session, however it ended."""
        for item in list(self._items.values()):
            if item.session == session and item.state is ItemState.LIVE:
                self.put_item(item.released(self._clock.wall()))

    def follow(self) -> frozenset[str]:
        """Let go of what another engine has claimed or a person has had forgotten; which."""
        away = self._items.keys() - self._journal.own_ids() - self._working.keys()
        away = {item_id for item_id in away if self._items[item_id].state not in OVER}
        for item_id in away:
            del self._items[item_id]
        return frozenset(away)

    # --- work -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Try what is due, each second; runs until cancelled."""
        while True:
            self._start(item for item in self._items.values() if self._looks.start(item))
            self._let_go()
            await self._clock.sleep(_TICK_S)

    def _let_go(self) -> None:
        """Forget the oldest of those that are over: the journal and the screen have them."""
        over = [item_id for item_id, item in self._items.items() if item.state in OVER]
        for item_id in over[:-MAX_OVER]:
            self._profiles.pop(SessionId(self._items.pop(item_id).session), None)

    async def clean(self, ids: Iterable[str], *, early: bool, limit_s: float) -> bool:
        """Remove these items now; whether all are gone, be it but for a last look.

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
        self._start(self._items[item.id] for item in wanted if item.id in self._items)
        tasks = [self._working[item.id] for item in wanted if item.id in self._working]
        if tasks:
            await asyncio.wait(tasks, timeout=limit_s)
        return all(self._is_gone(item.id) for item in wanted)

    def _is_gone(self, item_id: str) -> bool:
        item = self._items.get(item_id)
        return item is not None and item.state in GONE

    async def try_now(self, ids: tuple[str, ...], *, kept: bool, limit_s: float) -> None:
        """Try what a person asks for: those named, or all that are due, waiting or stuck.

        What rests with another engine is taken from it; what one works on is waited for.
        """
        deadline = self._clock.monotonic() + limit_s
        wanted = self._wanted(ids, kept=kept)
        self._claim(wanted)
        ours = [self._items[one] for one in wanted if one in self._items]
        for item in ours:
            if item.state in RESTING:
                self.put_item(item.due())
        await self.clean([item.id for item in ours], early=False, limit_s=limit_s)
        # Another engine may have claimed what we were about to begin with.
        elsewhere = {one for one in wanted if one not in self._items}
        while elsewhere and self._clock.monotonic() < deadline:
            await self._clock.sleep(_ELSEWHERE_S)
            known = self._journal.open_items()
            elsewhere &= {item.id for item in known if item.state not in GONE}
        left = sum(not self._is_gone(one) for one in wanted & self._items.keys()) + len(elsewhere)
        self._emit(CleanupRan(left=left, tried=len(wanted)))

    def _wanted(self, ids: tuple[str, ...], *, kept: bool) -> set[str]:
        names, states = set(ids), OPEN | {ItemState.KEPT} if kept or ids else OPEN
        known = {item.id: item for item in self._journal.open_items()}
        # What could not be recorded is known here only.
        known |= {one: item for one, item in self._items.items() if item.state not in OVER}
        return {
            item.id
            for item in known.values()
            if (
                item.state in states
                or (item.state is ItemState.LAST_LOOK and self._looks.start(item))
            )
            and (not ids or item.id in names or item.name in names)
        }

    def _claim(self, ids: Iterable[str]) -> None:
        """Take from living engines what rests with them."""
        others = [one for one in ids if one not in self._items]
        for item in self._journal.claim(others) if others else ():
            self._items[item.id] = item

    def take(self, item: CleanupItem, profile: Profile) -> None:
        """Begin to remove what no session here has made.

        Raises:
            PortError: It could not be recorded; it is left alone.
        """
        self.know(SessionId(item.session), profile)
        self.put_item(item.due(self._clock.wall()))
        self._start([self._items[item.id]])

    def gone(self, name: str, coming: Iterable[str] = ()) -> None:
        """Note that a person has removed what is called so, past the queue.

        Args:
            name: The dispatch's id.
            coming: Its agents that may come all the same.
        """
        for item in list(self._items.values()):
            if item.name == name and item.state not in GONE:
                known = msgspec.structs.replace(item, expected=tuple(sorted(coming)))
                self.put_item(known.gone(self._clock.wall()))

    def forget(self, ids: tuple[str, ...]) -> None:
        """Take items out of the queue; what they stand for may stay on the server.

        One that is in use, or that another engine works on, stays.
        """
        self._claim(ids)
        forgotten = []
        for item_id in ids:
            item = self._items.get(item_id)
            if item is None or item.state is ItemState.LIVE:
                continue
            task = self._working.pop(item_id, None)
            if task is not None:
                task.cancel()
            self._journal.forget_item(item_id)
            del self._items[item_id]
            forgotten.append(item_id)
        self._emit(CleanupForgotten(ids=tuple(forgotten)))

    async def close(self, limit_s: float) -> int:
        """Work off what is due within the limit; how many items are left.

        What waits after a failed try, or for its last look, waits for the next start: it would
        only use up the time.
        """
        states = (ItemState.DUE, ItemState.RUNNING)
        due = [item.id for item in self._items.values() if item.state in states]
        await self.clean(due, early=False, limit_s=limit_s)
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for item in list(self._items.values()):
            if item.state is ItemState.RUNNING:
                self.put_item(item.due(self._clock.wall()))
        return self.open_count

    def _start(self, items: Iterable[CleanupItem]) -> None:
        for item in list(items):
            task = self._working.get(item.id)
            under_way = task is not None and not task.done()
            if under_way or item.state not in STARTS:
                continue
            task = asyncio.get_running_loop().create_task(self._work(item.id))
            self._working[item.id] = task
            task.add_done_callback(partial(self._finished, item.id))

    def _finished(self, item_id: str, task: asyncio.Task[None]) -> None:
        if self._working.get(item_id) is task:
            del self._working[item_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("cleaning up %s failed", item_id, exc_info=error)
            self._failed(item_id, of_unforeseen(error))

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
        self.put_item(self._items[item_id].running())
        item = self._items.get(item_id)
        if item is None or item.state is not ItemState.RUNNING:
            return  # another engine has claimed it
        try:
            profile = self._profile_of(item)
            if not profile.has_key:
                self.put_item(item.left())
                return
            await self._remove(item, self._gateway.server_api(profile))
        except SparedError as spared:
            self._spared(item_id, spared.problem)
        except PortError as error:
            self._failed(item_id, error.problem)
        else:
            self._early.discard(item_id)

    async def _remove(self, item: CleanupItem, api: ServerApi) -> None:
        if item.what is What.DISPATCH:
            room = self._items.get(f"{item.session}:room")
            if room is not None and room.room != item.room:
                room = None
            await self._remove_dispatch(item, self._removal(item, api, room), room)
            self.put_item(self._items[item.id].gone(self._clock.wall()))
            return
        if item.gone_at:
            found = await self._removal(item, api, item).is_back()
            if found is None:
                self.put_item(self._items[item.id].done())
                return
            _log.info("%s is there again: an agent has come late", item.name)
            self.put_item(item.returned(found.sid))
        await self._dispatches_first(item)
        item = self._items[item.id]  # which a dispatch may have said more of
        if await self._removal(item, api, item).room(early=item.id in self._early):
            self._expect(item.id)
        self.put_item(self._items[item.id].gone(self._clock.wall()))

    async def _remove_dispatch(
        self, item: CleanupItem, removal: Removal, room: CleanupItem | None
    ) -> None:
        """Withdraw it; at its last look, put out who has come."""
        if item.gone_at:
            again = await removal.late_agents()
            coming = frozenset(item.expected) if again else frozenset[str]()
            self._expect_agents(item.id, coming)
        elif await removal.dispatch(partial(self._expect_agents, item.id)) and room is not None:
            self._expect(room.id)

    def _expect_agents(self, item_id: str, coming: frozenset[str]) -> None:
        """Note, before their dispatch is withdrawn, who may come into a room that stays."""
        item = self._items[item_id]
        if set(item.expected) != coming:
            self.put_item(msgspec.structs.replace(item, expected=tuple(sorted(coming))))

    def _removal(self, item: CleanupItem, api: ServerApi, room: CleanupItem | None) -> Removal:
        return Removal(item, api, self._clock, self._gate, room=room)

    def _expect(self, room_id: str) -> None:
        """Note, before anything else becomes of it, that an agent may still come into a room."""
        room = self._items.get(room_id)
        if room is not None and not room.late:
            self.put_item(msgspec.structs.replace(room, late=True))

    async def _dispatches_first(self, room: CleanupItem) -> None:
        siblings = [
            other
            for other in self._items.values()
            if (other.url, other.room) == (room.url, room.room)
            and other.what is What.DISPATCH
            and other.state in OPEN
        ]
        self._start(siblings)
        under_way = [self._working[other.id] for other in siblings if other.id in self._working]
        if under_way:
            await asyncio.wait(under_way)

    def _spared(self, item_id: str, found: Problem) -> None:
        item = self._items.get(item_id)
        if item is not None:
            now, jitter = self._clock.wall(), random.random()  # noqa: S311 - no secret
            self.put_item(item.spared(found, now=now, jitter=jitter))
