"""Dispatches again so that never two agents answer (facts/livekit.md section 3, "Safe retry").

Six steps, told in four: look (and wait until the job list is true), delete, wait until the old
agent has left and else remove it, dispatch again; then its old identities are kept out.
"""

from __future__ import annotations

from lktui.clock import Clock
from lktui.core.cleanup import ItemState
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import Phase, PhaseEntered, RetryStep
from lktui.core.sanitize import clean
from lktui.core.signs import seconds
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.ports import ServerApi
from lktui.engine.tasks import Landings

LEAVE_WAIT_S = 4.0
"""A stuck agent is removed by the server 3.1 s after the delete; a dead one never is."""
_POLL_FIRST_S, _POLL_FIRST_FOR_S, _POLL_S = 0.05, 0.5, 0.25
_PONG_LIMIT_S = 1.0


class AgentAlive(Exception):  # noqa: N818 - no error: a question that a person must answer
    """An agent of this name answers; it is replaced only when a person has agreed."""

    def __init__(self, identity: str) -> None:
        super().__init__(identity)
        self.identity = identity


class SafeRetry:
    """One retry of a session's dispatch.

    Args:
        dispatcher: The session's attempts.
        api: The server API.
        landings: How the new dispatch is awaited.
        clock: Tells the time.
    """

    def __init__(
        self, dispatcher: Dispatcher, api: ServerApi, landings: Landings, clock: Clock
    ) -> None:
        self._dispatcher, self._api = dispatcher, api
        self._landings, self._clock = landings, clock
        self._number = dispatcher.attempt + 1

    async def run(self, *, replace_live: bool) -> None:
        """Do all steps up to the new dispatch, which is sent when this returns.

        Raises:
            AgentAlive: An agent is alive and `replace_live` is not set; nothing was changed.
            PortError: A call failed; what was made before stays recorded.
        """
        dispatcher = self._dispatcher
        dispatcher.emit(PhaseEntered(session=dispatcher.session, phase=Phase.RETRYING))
        ours = await self._look(replace_live=replace_live)
        old = await self._delete(ours)
        await self._wait_until_gone(old)
        dispatcher.kept_out.add(old)
        dispatcher.begin()
        self._tell(4, "dispatch again; same metadata")
        dispatcher.intend()
        await self._landings.land(dispatcher.dispatch())

    async def _look(self, *, replace_live: bool) -> frozenset[str]:
        """See what there is; the ids of the dispatches that are ours to delete."""
        self._tell(1, "look")
        evidence = self._dispatcher.evidence
        if not replace_live:
            await self._spare_the_living()
        ours = await self._read_ours()
        age = self._clock.monotonic() - evidence.dispatched_at
        if not self._dispatcher.evidence.jobs and age < LIST_TRUE_S:
            wait_s = LIST_TRUE_S - age
            self._tell(1, f"look: the list is true in {seconds(wait_s)}")
            await self._clock.sleep(wait_s)
            ours = await self._read_ours()
            if not replace_live:
                await self._spare_the_living()  # it may have come while we waited
        return ours

    async def _spare_the_living(self) -> None:
        """Ask the agent whether it lives; one without a session lives if it has replied."""
        dispatcher = self._dispatcher
        there = {other.identity for other in await self._api.participants(dispatcher.room)}
        agent, verdict = dispatcher.evidence.agent, dispatcher.verdict
        if agent is None or agent.identity not in there or verdict is None or not verdict.ok:
            return
        alive = agent.spoke
        if agent.ponged:
            alive = await dispatcher.pinger.alive(agent.identity, _PONG_LIMIT_S)
        if alive:
            raise AgentAlive(clean(agent.identity))

    async def _read_ours(self) -> frozenset[str]:
        """Read the list of dispatches and note their jobs; those of a lost record stay known."""
        dispatcher = self._dispatcher
        item, records = dispatcher.item, await self._api.dispatches(dispatcher.room)
        if item is None:
            return frozenset()
        ids = {item.name} - {""}
        if item.state is ItemState.LIVE and not item.name and dispatcher.owns_room:
            # The answer of its create was lost: in a room of ours every one of this name is ours.
            ids = {record.id for record in records if record.agent_name == item.agent_name}
        jobs = tuple(job for record in records if record.id in ids for job in record.jobs)
        dispatcher.know(jobs=jobs or dispatcher.evidence.jobs)
        return frozenset(ids)

    async def _delete(self, ours: frozenset[str]) -> frozenset[str]:
        """Withdraw our dispatches; the identities of the agents that must go."""
        dispatcher = self._dispatcher
        self._tell(2, f"delete {len(ours)} dispatch" + ("es" if len(ours) != 1 else ""))
        for dispatch_id in ours:
            await self._api.delete_dispatch(dispatcher.room, dispatch_id)
        if dispatcher.item is not None:
            dispatcher.put_item(dispatcher.item.done())
        agent = dispatcher.evidence.agent
        return dispatcher.evidence.identities | ({agent.identity} if agent else set())

    async def _wait_until_gone(self, old: frozenset[str]) -> None:
        """Wait until the old agents have left the room; after 4 s they are removed."""
        dispatcher, began = self._dispatcher, self._clock.monotonic()
        self._tell(3, "old agent leaves" if old else "no old agent")
        while True:
            there = {p.identity for p in await self._api.participants(dispatcher.room)} & old
            waited_s = self._clock.monotonic() - began
            if not there:
                return
            if waited_s >= LEAVE_WAIT_S:
                break
            early = waited_s < _POLL_FIRST_FOR_S
            await self._clock.sleep(_POLL_FIRST_S if early else _POLL_S)
        for identity in there:
            self._tell(3, f"remove {clean(identity)}")
            await self._api.remove_participant(dispatcher.room, identity)

    def _tell(self, number: int, text: str) -> None:
        dispatcher = self._dispatcher
        dispatcher.emit(
            RetryStep(session=dispatcher.session, attempt=self._number, number=number, text=text)
        )
