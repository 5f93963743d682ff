"""Gets an agent into a room: dispatches it, and has it judged.

A dispatch is durable in the ledger before CreateDispatch, which is sent again only after a look
whether the first one has landed. What became of it is `engine.judge`'s to say.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterable

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.events import (
    AnyEvent,
    AttemptBegan,
    DispatchIntended,
    DispatchSent,
    RetryPlanned,
    SessionId,
    Step,
)
from lktui.core.evidence import Evidence, Job
from lktui.core.problems import PortError, Problem
from lktui.core.profile import DispatchMode, Profile
from lktui.core.sanitize import clean
from lktui.core.verdict import Diagnosis, Outcome
from lktui.engine.agent_session import AgentSession
from lktui.engine.failures import may_be_tried_again, may_have_landed
from lktui.engine.judge import Judge
from lktui.engine.kept_out import KeptOut
from lktui.engine.landings import Landings
from lktui.engine.lookout import Lookout
from lktui.engine.on_their_way import identity_of
from lktui.engine.pacer import Pacer
from lktui.engine.ports import Ledger, ServerApi
from lktui.engine.roll_call import RollCall
from lktui.engine.witness import Witness

_WITHOUT_A_JOB = frozenset({Outcome.NOT_TAKEN, Outcome.REJECTED})
"""No worker brings an agent: that was seen."""
_log = logging.getLogger(__name__)


class Dispatcher:
    """One room's attempts, with witness and judge.

    Args:
        session: Whose events these are.
        profile: Which agent, how, and how long to wait.
        room: Where.
        api: The server API; None without an API key.
        pacer: Spaces what polls the server.
        agents: Asks agents for signs of life.
        ledger: Where a dispatch is recorded before it is made.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        session: SessionId,
        profile: Profile,
        room: str,
        api: ServerApi | None,
        pacer: Pacer,
        agents: AgentSession,
        ledger: Ledger,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.session, self.profile, self.room = session, profile, room
        self.api, self.pacer, self._ledger = api, pacer, ledger
        self.emit, self._clock = emit, clock
        self.attempt = 0
        self.item: CleanupItem | None = None
        """The current dispatch of ours; None where the token or the room brings the agent."""
        self.owns_room = True
        """Every dispatch and agent in it is our doing."""
        self.known_dispatches: frozenset[str] = frozenset()
        """Ids of those that were in somebody else's room before us."""
        self.expects_an_old_agent = False
        """A job of an earlier attempt was withdrawn whose agent was never seen: it may come yet."""
        self.kept_out = KeptOut(room, api, clock, self._put_out)
        self.witness = Witness(
            session=session,
            profile=profile,
            sees_lists=api is not None,
            kept_out=self.kept_out,
            emit=emit,
            clock=clock,
        )
        self._lookout: Lookout | None = None
        if api is not None:
            self._lookout = Lookout(
                witness=self.witness,
                room=room,
                api=api,
                pacer=pacer,
                roll_call=RollCall(
                    session, self.witness, room=room, api=api, emit=emit, clock=clock
                ),
                kept_out=self.kept_out,
                clock=clock,
            )
        self.judge = Judge(
            session=session,
            witness=self.witness,
            agents=agents,
            lookout=self._lookout,
            emit=emit,
            clock=clock,
        )

    @property
    def evidence(self) -> Evidence:
        """What is known of the current attempt."""
        return self.witness.evidence

    @property
    def verdict(self) -> Diagnosis | None:
        """What is thought of the current attempt; None before it was judged."""
        return self.judge.verdict

    @property
    def awaits_agent(self) -> bool:
        """Whether the attempt's agent was not seen to connect, and may be on its way."""
        found = self.verdict.code if self.verdict is not None else Outcome.WAITING
        agent = self.evidence.agent
        came = agent is not None and agent.identity in self.witness.came
        return not came and found not in _WITHOUT_A_JOB

    @property
    def by_api(self) -> bool:
        """Whether we dispatch by the API, and so can do it again in the same room."""
        return self.api is not None and self.profile.dispatch_mode is DispatchMode.EXPLICIT

    def works(self) -> tuple[Coroutine[object, object, None], ...]:
        """Give what has to run until the attempts are over."""
        looking = (self._lookout.run(),) if self._lookout is not None else ()
        return (self.judge.run(), *looking)

    # --- an attempt -------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin an attempt: nothing is known of it yet."""
        self.attempt += 1
        self.witness.begin(self.attempt)
        self.judge.begin()
        self.emit(AttemptBegan(session=self.session, attempt=self.attempt))

    async def note_others(self) -> None:
        """Remember who and what is in an existing room already: that is not ours, nor is it."""
        self.owns_room = False
        if self.api is not None:
            there = await self.api.participants(self.room)
            self.witness.foreign = frozenset(p.identity for p in there if p.is_agent)
            records = await self.api.dispatches(self.room)
            self.known_dispatches = frozenset(record.id for record in records)

    def intend(self) -> CleanupItem:
        """Record the dispatch that is about to be made; durable when this returns."""
        item = CleanupItem(
            id=f"{self.session}:dispatch{self.attempt}",
            what=What.DISPATCH,
            name="",
            room=self.room,
            profile=self.profile.name,
            url=self.profile.url,
            session=self.session,
            agent_name=self.profile.agent_name,
            made_at=self._clock.wall(),
        )
        self._ledger.put_item(item)
        self.item = item
        self.emit(
            DispatchIntended(
                session=self.session,
                room=self.room,
                agent_name=self.profile.agent_name,
                attempt=self.attempt,
            )
        )
        return item

    async def dispatch(self, landings: Landings) -> None:
        """Send CreateDispatch for the item that `intend` has recorded.

        A call that failed outright is sent again as often as the profile says, each time after a
        look whether it has landed all the same. Cancelled, it sends no more; what was sent lands.

        Raises:
            PortError: The call failed; the item tells whether it may have landed.
        """
        item, api = self.item, self.api
        if item is None or api is None:
            return
        tries_left = self.profile.dispatch_retries
        while True:
            began = self._clock.monotonic()
            self.witness.know(dispatched_at=began)
            try:
                await landings.land(self._create(api, item, began))
            except PortError as error:
                found = error.problem
            else:
                return
            landed = await self._has_landed(api, item, found)
            while not landed:
                if not tries_left or not may_be_tried_again(found):
                    if landed is False:
                        self.put_item(item.done())  # refused or never sent: nothing to remove
                    raise PortError(found)
                tries_left -= 1
                await self._wait_to_try_again(found, tries_left)
                landed = await self._has_landed(api, item, found)
                if landed is False:
                    break
            if landed:
                return

    async def _create(self, api: ServerApi, item: CleanupItem, began: float) -> None:
        dispatch_id = await api.create_dispatch(
            self.room, self.profile.agent_name, self.profile.metadata
        )
        self._made(item, dispatch_id, began)

    def _made(self, item: CleanupItem, dispatch_id: str, began: float) -> None:
        """Record the dispatch that there is now."""
        named = msgspec.structs.replace(item, name=dispatch_id)
        current = self.item
        if current is not None and current.id == item.id and current.state is not ItemState.LIVE:
            named = named.due()  # the session has ended meanwhile
        self.put_item(named)
        self.witness.dispatch_id = dispatch_id
        took_ms = (self._clock.monotonic() - began) * 1000
        shown, agent_name = clean(dispatch_id), self.profile.agent_name
        self.emit(
            DispatchSent(
                session=self.session, attempt=self.attempt, dispatch_id=shown, agent_name=agent_name
            )
        )
        self.witness.step(Step.DISPATCH, f"{shown} to “{agent_name}”", took_ms)
        self.witness.on_change()

    async def _has_landed(self, api: ServerApi, item: CleanupItem, found: Problem) -> bool | None:
        """Look whether a call that failed was carried out, and take what it made for ours.

        Returns:
            None if that cannot be seen, so that it must not be sent again.
        """
        if not may_have_landed(found):
            return False
        began = self._clock.monotonic()
        try:
            records = await api.dispatches(self.room)
        except PortError as error:
            _log.info("looking for a dispatch failed: %s", error.problem.line)
            return None
        ours = [
            record.id
            for record in records
            if record.agent_name == item.agent_name and record.id not in self.known_dispatches
        ]
        took_ms = (self._clock.monotonic() - began) * 1000
        told = "it was made all the same" if ours else "it was not made"
        self.witness.step(
            Step.LOOKED, f"{told}; the dispatch call failed: {found.summary}", took_ms
        )
        if ours:
            self._made(item, ours[-1], self.evidence.dispatched_at)
        return bool(ours)

    async def _wait_to_try_again(self, found: Problem, tries_left: int) -> None:
        delay_s = self.profile.dispatch_retry_delay
        self.emit(
            RetryPlanned(
                session=self.session,
                attempt=self.attempt,
                delay_s=delay_s,
                last=not tries_left,
                why=found.summary,
            )
        )
        await self._clock.sleep(delay_s)

    def release(self) -> None:
        """Record that nobody uses the dispatch any more, before anything is removed."""
        if self.item is not None and self.item.state is ItemState.LIVE:
            agent = self.evidence.agent
            came = (agent.identity,) if agent is not None and not self.awaits_agent else ()
            self.expect(self.evidence.jobs)
            self.put_item(msgspec.structs.replace(self.item.due(), came=came))

    def expect(self, jobs: Iterable[Job]) -> None:
        """Note that these jobs are about to be withdrawn.

        In a room that is not ours nobody else would put their agents out if they come late.
        """
        coming = {identity_of(job) for job in jobs if not job.declined} - self.witness.came
        self.expects_an_old_agent |= bool(coming)
        if coming and not self.owns_room and self.item is not None:
            self.put_item(msgspec.structs.replace(self.item, expected=tuple(sorted(coming))))

    def withdrawn(self) -> None:
        """Note that the dispatch is gone, by our doing or with its room."""
        if self.item is not None:
            self.put_item(self.item.gone(self._clock.wall()))

    def put_item(self, item: CleanupItem) -> None:
        """Record the current dispatch's item as it is now."""
        self._ledger.put_item(item)
        self.item = item

    async def close(self) -> None:
        """End all pinging and removing."""
        self.judge.close()
        await self.kept_out.close()

    def _put_out(self, identity: str) -> None:
        self.witness.step(Step.AGENT_REMOVED, clean(identity), None)
