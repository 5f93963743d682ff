"""An agent in somebody's room: dispatched, maybe safely again, and judged by a hidden watch.

The watch has the least grant: nobody sees it, it holds no room open and no agent listens to it
(facts/livekit.md section 4). The room is never made, and never deleted; the dispatch rests in the
queue as kept, for its agent is meant to stay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import GONE, CleanupItem
from lktui.core.commands import DispatchInto
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    LinkState,
    Phase,
)
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.sanitize import clean
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.hearing import Hearing
from lktui.engine.hidden_entry import HiddenEntry
from lktui.engine.janitor import Janitor
from lktui.engine.on_their_way import on_their_way
from lktui.engine.opening import opened
from lktui.engine.ports import DispatchRecord, Gateway, ServerApi
from lktui.engine.retries import Retries
from lktui.engine.run_life import LAND_LIMIT_S, RunLife
from lktui.engine.safe_retry import AgentAlive, SafeRetry

ON_ITS_WAY_S = 15.0
"""An agent that was dispatched less long ago, and is not there, may still be joining."""
_log = logging.getLogger(__name__)


class KeptDispatches:
    """A ledger in which dispatches rest as kept from the beginning.

    A crash must not take away an agent that is meant to stay; what is gone stays gone.
    """

    def __init__(self, janitor: Janitor) -> None:
        self._janitor = janitor

    @property
    def installation(self) -> str:
        """Four characters that are this installation's own."""
        return self._janitor.installation

    def put_item(self, item: CleanupItem) -> None:
        """Record an item: as kept, unless it is gone."""
        known = self._janitor.item(item.id)
        if known is None or known.state not in GONE:
            self._janitor.put_item(item if item.state in GONE else item.kept())


class RoomDispatch:
    """One agent in one room, from its command until nobody watches it any more.

    Args:
        command: Which agent, where, and whether what is there goes first.
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        command: DispatchInto,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.session, self._room = command.session, command.room
        self._again, self._agreed = command.again, command.agreed
        self._profile = msgspec.structs.replace(
            command.profile, dispatch_mode=DispatchMode.EXPLICIT
        )
        janitor.know(self.session, command.profile)
        self._gateway, self._emit, self._clock = gateway, emit, clock
        self._janitor, self._ledger = janitor, KeptDispatches(janitor)
        self._life = RunLife(
            self.session,
            opening=self._open,
            ending=self._end,
            outcome=self._outcome,
            emit=emit,
            clock=clock,
        )
        self._tasks, self._landings = self._life.tasks, self._life.landings
        self._hearing = Hearing(
            self.session, gateway, command.profile, life=self._life, emit=emit, clock=clock
        )
        self._hearing.on_lost = self._lost
        self._hears, self._link = self._hearing.listener, self._hearing.link
        self._agents = self._hearing.agents
        self._entry = HiddenEntry(
            self.session, gateway, life=self._life, hearing=self._hearing, emit=emit, clock=clock
        )
        self._dispatcher: Dispatcher | None = None
        self._retries: Retries | None = None
        self.ended, self.there = self._life.ended, self._hearing.there

    # --- what is asked of it ----------------------------------------------------------------

    def start(self) -> None:
        """Record it and begin."""
        self._emit(opened(self.session, self._profile, watched=True))
        self._life.begin()

    def say(self, _key: str, _text: str) -> None:
        """Refuse a line: a hidden watcher must not be heard."""
        self._life.notice("not sent: this room is only watched")

    def retry(self, *, replace_live: bool) -> None:
        """Dispatch again in the safe order; one at a time."""
        if self._life.is_ending:
            self._life.notice("not now: the watch is ending")
        elif self._retries is None:
            self._life.notice("not now: the first attempt is still under way")
        elif self._hears.state is not LinkState.CONNECTED:
            self._life.notice("not now: the connection to the room is down")
        else:
            self._retries.ask(replace_live=replace_live)

    def end(self) -> asyncio.Task[None]:
        """Stop watching; the agent stays. A second call gives the same task."""
        return self._life.end()

    # --- opening ------------------------------------------------------------------------------

    async def _open(self) -> None:
        profile = self._profile
        if profile.read_only:
            raise PortError(problem(ProblemCode.READ_ONLY, name=profile.name))
        api = self._gateway.server_api(profile)
        await self._entry.enter(profile, self._room)
        self._life.tasks.start(self._hearing.backfill.before(self._entry.entered_at))
        records = await api.dispatches(self._room)
        of_this_name = [one for one in records if one.agent_name == profile.agent_name]
        if self._again and of_this_name:
            given = of_this_name[-1].metadata
            profile = self._profile = msgspec.structs.replace(profile, metadata=given)
        if not self._again and not self._agreed:
            await self._refuse_a_second(api, of_this_name)
        await self._dispatch(api)

    async def _refuse_a_second(self, api: ServerApi, records: list[DispatchRecord]) -> None:
        """Leave alone an agent of this name that is there or on its way.

        Raises:
            PortError: AGENT_ALIVE.
        """
        name = self._profile.agent_name
        there = [p for p in await api.participants(self._room) if p.is_agent]
        here = [p.identity for p in there if name in (p.agent_name, p.name)]
        now = self._clock.wall()
        young = [one for one in records if now - one.made_at < ON_ITS_WAY_S and _may_come(one)]
        if here or young:
            identity = clean(here[0], limit=80) if here else "on its way"
            raise PortError(alive(name, identity))

    async def _dispatch(self, api: ServerApi) -> None:
        dispatcher = self._dispatcher = self._hears.dispatcher = Dispatcher(
            session=self.session,
            profile=self._profile,
            room=self._room,
            api=api,
            pacer=self._gateway.pacer(self._profile),
            agents=self._agents,
            ledger=self._ledger,
            emit=self._emit,
            clock=self._clock,
        )
        witness, conversation = dispatcher.witness, self._hearing.conversation
        witness.on_agent, conversation.on_heard = conversation.agent_is, witness.heard
        self._life.tasks.start(conversation.expire())
        await dispatcher.note_others()
        if self._again:
            try:
                await self._safely(dispatcher, api, replace_live=self._agreed)
            except AgentAlive as found:
                name = self._profile.agent_name
                raise PortError(alive(name, found.identity)) from None
        else:
            dispatcher.begin()
            self._life.phase(Phase.DISPATCHING)
            dispatcher.intend()
            await dispatcher.dispatch(self._landings)
        self._life.phase(Phase.WAITING)
        for work in dispatcher.works():
            self._tasks.start(work)
        self._retries = Retries(
            dispatcher=dispatcher,
            api=api,
            landings=self._landings,
            tasks=self._tasks,
            emit=self._emit,
            clock=self._clock,
        )

    async def _safely(self, dispatcher: Dispatcher, api: ServerApi, *, replace_live: bool) -> None:
        """Let what is there go first; in the queue it is over too, whoever had put it there."""
        before, there = await api.dispatches(self._room), await api.participants(self._room)
        retry = SafeRetry(dispatcher, api, self._landings, self._clock, whole_name=True)
        await retry.run(replace_live=replace_live)
        for record in before:
            if record.agent_name == self._profile.agent_name:
                self._janitor.gone(record.id, on_their_way([record], there))

    # --- the end --------------------------------------------------------------------------------

    def _lost(self, reason: str) -> None:
        host = self._profile.host
        gone = reason in ("ROOM_DELETED", "ROOM_CLOSED")
        if gone and self._dispatcher is not None:
            self._dispatcher.witness.know(room_gone=True)
            if self._item() is not None:
                self._dispatcher.expect(self._dispatcher.evidence.jobs)
                self._dispatcher.withdrawn()  # it went with its room
        code = ProblemCode.ROOM_GONE if gone else ProblemCode.SERVER_LOST
        self._life.fail(problem(code, subject=host, host=host, detail=f"the server said {reason}"))

    def _outcome(self) -> tuple[CleanupResult, bool]:
        item = self._item()
        stays = item is not None and item.state not in GONE
        return (CleanupResult.KEPT if stays else CleanupResult.NOT_OURS), stays

    def _item(self) -> CleanupItem | None:
        """Give the dispatch's item as the queue has it: somebody may have withdrawn it."""
        item = self._dispatcher.item if self._dispatcher is not None else None
        return self._janitor.item(item.id) if item is not None else None

    async def _end(self) -> None:
        await self._life.stop_opening()
        if self._retries is not None:
            await self._retries.stop()
        await self._landings.wait(LAND_LIMIT_S)
        await self._link.disconnect()
        if self._dispatcher is not None:
            await self._dispatcher.close()
        await self._tasks.cancel()


def alive(agent: str, identity: str) -> Problem:
    """Make the problem of an agent that is there already."""
    name = clean(agent, limit=80)
    return problem(ProblemCode.AGENT_ALIVE, agent=name, identity=identity, subject=name)


def _may_come(record: DispatchRecord) -> bool:
    return not record.jobs or not all(job.declined for job in record.jobs)
