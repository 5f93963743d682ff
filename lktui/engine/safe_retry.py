"""Dispatches again so that never two agents answer (facts/livekit.md section 3, "Safe retry").

Six steps, told in four: look (and wait until the job list is true), delete, wait until the old
agent has left and else remove it, dispatch again; then its old identities are kept out.
"""

from __future__ import annotations

import asyncio

import msgspec

from lktui.clock import Clock
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import Phase, PhaseEntered, RetryStep
from lktui.core.evidence import Job
from lktui.core.sanitize import clean
from lktui.core.signs import seconds
from lktui.core.verdict import Outcome
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.landings import Landings
from lktui.engine.ports import ServerApi

LEAVE_WAIT_S = 4.0
"""A stuck agent is removed by the server 3.1 s after the delete; a dead one never is."""
_LOOKS_S = (*(0.05 * n for n in range(11)), 1.2, 2.2, 3.2)
"""When to look after the delete whether the old agents are gone, seconds."""


class AgentAlive(Exception):  # noqa: N818 - no error: a question that a person must answer
    """An agent of this name answers; it is replaced only when a person has agreed."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self.identity = identity


class SafeRetry:
    """One retry of a room's dispatch.

    Args:
        dispatcher: The room's attempts.
        api: The server API.
        landings: How the new dispatch is awaited.
        clock: Tells the time.
        whole_name: Whether every dispatch and agent of this name goes, whoever made it: a person
            has named the room and the agent.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        api: ServerApi,
        landings: Landings,
        clock: Clock,
        *,
        whole_name: bool = False,
    ) -> None:
        self._dispatcher, self._api = dispatcher, api
        self._landings, self._clock = landings, clock
        self._number = dispatcher.attempt + 1
        self._whole_name = whole_name

    async def run(self, *, replace_live: bool) -> None:
        """Do all steps up to the new dispatch, which is sent when this returns.

        Raises:
            AgentAlive: An agent is alive and `replace_live` is not set; nothing was changed.
            PortError: A call failed; what was made before stays recorded.
        """
        dispatcher = self._dispatcher
        dispatcher.emit(PhaseEntered(session=dispatcher.session, phase=Phase.RETRYING))
        old = await self._look(replace_live=replace_live)
        with dispatcher.judge.resting():
            await self._delete(old)
            await self._wait_until_gone(old)
            self._tell(4, "dispatch again; same metadata")
        dispatcher.kept_out.add(old.agents)
        dispatcher.begin()
        dispatcher.intend()
        await dispatcher.dispatch(self._landings)

    async def _look(self, *, replace_live: bool) -> _Old:
        """See what there is: the dispatches to delete, and the agents that must go."""
        self._tell(1, "look")
        found = await self._read()
        if not replace_live:
            await self._spare_the_living(found)
        wait_s = LIST_TRUE_S - self._age(found)
        if not found.jobs and wait_s > 0:
            self._tell(1, f"look: the list is true in {seconds(wait_s)}")
            await self._clock.sleep(wait_s)
            found = await self._read()
            if not replace_live:
                await self._spare_the_living(found)  # it may have come while we waited
        return found

    async def _read(self) -> _Old:
        """Ask for both lists at once, and note the jobs; those of a lost record stay known."""
        dispatcher = self._dispatcher
        records, there = await asyncio.gather(
            self._api.dispatches(dispatcher.room), self._api.participants(dispatcher.room)
        )
        named, item = dispatcher.profile.agent_name, dispatcher.item
        doubled = dispatcher.verdict is not None and dispatcher.verdict.code is Outcome.DOUBLED
        all_of_name = dispatcher.owns_room or self._whole_name or doubled
        ours = {item.name} - {""} if item is not None else set()
        agents: set[str] = set()
        if all_of_name:
            ours |= {record.id for record in records if record.agent_name == named}
            agents = {p.identity for p in there if p.is_agent and p.agent_name == named}
        jobs = tuple(job for record in records if record.id in ours for job in record.jobs)
        if jobs:
            dispatcher.witness.know(jobs=jobs)
        known = dispatcher.evidence
        agents |= known.identities | ({known.agent.identity} if known.agent else set())
        return _Old(
            dispatches=frozenset(ours),
            jobs=known.jobs,
            agents=frozenset(agents),
            there=frozenset(p.identity for p in there) & agents,
            made_at=max((r.made_at for r in records if r.id in ours), default=0.0),
        )

    def _age(self, found: _Old) -> float:
        """How old the youngest dispatch is; one that was not made here by the server's clock."""
        if self._whole_name and found.made_at:
            return max(0.0, self._clock.wall() - found.made_at)
        return self._clock.monotonic() - self._dispatcher.evidence.dispatched_at

    async def _spare_the_living(self, found: _Old) -> None:
        """Ask who may be alive whether they are; plain agents cannot be asked."""
        dispatcher = self._dispatcher
        agent, verdict = dispatcher.evidence.agent, dispatcher.verdict
        if self._whole_name and verdict is None:
            alive = min(found.there, default="")
            if alive:
                raise AgentAlive(clean(alive))
        if agent is None or agent.identity not in found.there or verdict is None:
            return
        if verdict.alive and not agent.ponged:
            raise AgentAlive(clean(agent.identity))
        may_be = verdict.alive or verdict.code is Outcome.WAITING
        pinger = dispatcher.judge.pinger
        if may_be and agent.ponged and await pinger.alive(agent.identity):
            raise AgentAlive(clean(agent.identity))

    async def _delete(self, old: _Old) -> None:
        """Withdraw the dispatches; from now on the old attempt is judged no more."""
        dispatcher, count = self._dispatcher, len(old.dispatches)
        self._tell(2, f"delete {count} dispatch" + ("es" if count != 1 else ""))
        dispatcher.expect(old.jobs)
        for dispatch_id in sorted(old.dispatches):
            await self._api.delete_dispatch(dispatcher.room, dispatch_id)
        dispatcher.withdrawn()

    async def _wait_until_gone(self, old: _Old) -> None:
        """Wait until the old agents have left the room; after 4 s they are removed."""
        dispatcher, began = self._dispatcher, self._clock.monotonic()
        self._tell(3, "old agent leaves" if old.agents else "no old agent")
        there = old.agents
        for look_s in _LOOKS_S if there else ():
            await self._clock.sleep(max(0.0, began + look_s - self._clock.monotonic()))
            await dispatcher.pacer.turn(first=True)
            listed = await self._api.participants(dispatcher.room)
            there = frozenset(p.identity for p in listed) & old.agents
            if not there:
                break
        if not there:
            return
        await self._clock.sleep(max(0.0, began + LEAVE_WAIT_S - self._clock.monotonic()))
        for identity in sorted(there):
            self._tell(3, f"remove {clean(identity)}")
            await self._api.remove_participant(dispatcher.room, identity)

    def _tell(self, number: int, text: str) -> None:
        """Record a step before it is taken."""
        dispatcher = self._dispatcher
        dispatcher.emit(
            RetryStep(session=dispatcher.session, attempt=self._number, number=number, text=text)
        )


class _Old(msgspec.Struct, frozen=True, kw_only=True):
    """What a retry has found and what must go."""

    dispatches: frozenset[str]
    jobs: tuple[Job, ...]
    agents: frozenset[str]
    """Identities that are there or may still come."""
    there: frozenset[str]
    """Those of them that are in the room."""
    made_at: float
    """When the youngest dispatch was made, seconds since the epoch; 0 if that is not known."""
