"""Gets an agent into the room and says what became of it.

Success is judged by the agent's presence, state and pong, never by the job's status; the table is
`core.dispatch`. A dispatch is durable in the ledger before CreateDispatch, which is never sent
twice by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.dispatch import LIST_TRUE_S, Agent, Diagnosis, Evidence, Outcome, diagnose
from lktui.core.events import (
    AgentGone,
    AgentJoined,
    AgentPonged,
    AgentStateChanged,
    AnyEvent,
    AttemptBegan,
    DispatchIntended,
    DispatchSent,
    JobsListed,
    Phase,
    PhaseEntered,
    SessionId,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.problems import PortError
from lktui.core.profile import DispatchMode, Profile
from lktui.core.sanitize import clean
from lktui.engine.agent_session import AgentSession
from lktui.engine.failures import may_have_landed
from lktui.engine.kept_out import KeptOut
from lktui.engine.pinger import Pinger
from lktui.engine.ports import Ledger, Participant, ServerApi

_FAST_POLL_S, _FAST_FOR_S, _SLOW_POLL_S = 0.25, 3.0, 1.0
_log = logging.getLogger(__name__)


class Dispatcher:
    """One session's attempts: evidence in, verdicts out.

    Args:
        session: Whose events these are.
        profile: Which agent, how, and how long to wait.
        room: Where.
        api: The server API; None without an API key.
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
        agents: AgentSession,
        ledger: Ledger,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.session, self.profile, self.room = session, profile, room
        self.api, self._ledger = api, ledger
        self.pinger = Pinger(agents, clock, self._ponged, self._missed)
        self.emit, self._clock = emit, clock
        self.attempt = 0
        self.item: CleanupItem | None = None
        """The current dispatch of ours; None where the token or the room brings the agent."""
        self.evidence = Evidence(mode=profile.dispatch_mode)
        self.verdict: Diagnosis | None = None
        self.here: dict[str, Participant] = {}
        """Everybody else in the room, as far as is known."""
        self.kept_out = KeptOut(room, api, clock, self._put_out)
        self.owns_room = True
        self._foreign: frozenset[str] = frozenset()
        self._wake = asyncio.Event()
        self.on_agent: Callable[[str], None] = lambda _identity: None
        """Called with the identity of the agent when it is known."""
        self.on_listens: Callable[[bool], None] = lambda _listens: None
        """Called when typed lines may go out, or may not."""

    @property
    def by_api(self) -> bool:
        """Whether we dispatch by the API, and so can do it again in the same room."""
        return self.api is not None and self.profile.dispatch_mode is DispatchMode.EXPLICIT

    # --- an attempt -------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin an attempt: nothing is known of it yet."""
        self.pinger.stop()
        self.attempt += 1
        self.verdict = None
        self.on_listens(False)
        self.evidence = Evidence(
            mode=self.profile.dispatch_mode,
            agent_name=self.profile.agent_name,
            sees_dispatches=self.api is not None,
            dispatched_at=self._clock.monotonic(),
            join_timeout_s=self.profile.join_timeout,
        )
        self.emit(AttemptBegan(session=self.session, attempt=self.attempt))

    async def note_foreign_agents(self) -> None:
        """Remember who is in an existing room already: those are not ours, nor is the room."""
        self.owns_room = False
        if self.api is not None:
            there = await self.api.participants(self.room)
            self._foreign = frozenset(p.identity for p in there if p.is_agent)

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

    async def dispatch(self) -> None:
        """Send CreateDispatch for the item that `intend` has recorded.

        Raises:
            PortError: The call failed; the item tells whether it may have landed.
        """
        item, api = self.item, self.api
        if item is None or api is None:
            return
        began = self._clock.monotonic()
        self.know(dispatched_at=began)
        try:
            dispatch_id = await api.create_dispatch(
                self.room, self.profile.agent_name, self.profile.metadata
            )
        except PortError as error:
            if not may_have_landed(error.problem):
                self.put_item(item.done())  # refused or never sent: there is nothing to remove
            raise
        named = msgspec.structs.replace(item, name=dispatch_id)
        current = self.item
        if current is not None and current.id == item.id and current.state is not ItemState.LIVE:
            named = named.due()  # the session has ended meanwhile
        self.put_item(named)
        took_ms = (self._clock.monotonic() - began) * 1000
        shown, agent_name = clean(dispatch_id), self.profile.agent_name
        self.emit(
            DispatchSent(
                session=self.session, attempt=self.attempt, dispatch_id=shown, agent_name=agent_name
            )
        )
        self._step(Step.DISPATCH, f"{shown} to “{agent_name}”", took_ms)

    def release(self) -> None:
        """Record that nobody uses the dispatch any more, before anything is removed."""
        if self.item is not None and self.item.state is ItemState.LIVE:
            self.put_item(self.item.due())

    def put_item(self, item: CleanupItem) -> None:
        """Record the current dispatch's item as it is now."""
        self._ledger.put_item(item)
        self.item = item

    # --- the judge --------------------------------------------------------------------------

    async def judge(self) -> None:
        """Keep judging until cancelled: polls while the verdict is open, listens always."""
        self.emit(PhaseEntered(session=self.session, phase=Phase.WAITING))
        next_poll = self._clock.monotonic()
        while True:
            self._wake.clear()
            now = self._clock.monotonic()
            if self._open and self.api is not None and now >= next_poll:
                await self._look()
                now = self._clock.monotonic()
                next_poll = now + self._poll_wait(now)
            self._decide(now)
            wait_s = next_poll - now if self._open and self.api else _SLOW_POLL_S
            try:
                async with asyncio.timeout(max(0.01, wait_s)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    @property
    def _open(self) -> bool:
        """Whether it pays to ask the server: no verdict yet, or an agent that nothing proves."""
        verdict, known = self.verdict, self.evidence
        if verdict is None or verdict.code in (Outcome.WAITING, Outcome.PRESENT):
            return True
        listed_age = known.jobs_listed_at - known.dispatched_at
        unproven = self.by_api and not known.jobs and listed_age < LIST_TRUE_S
        return verdict.code is Outcome.READY and unproven

    def _poll_wait(self, now: float) -> float:
        """How long until the next look; one falls on the moment when the list becomes true."""
        age = now - self.evidence.dispatched_at
        wait_s = _FAST_POLL_S if age < _FAST_FOR_S else _SLOW_POLL_S
        to_truth = LIST_TRUE_S - age
        return min(wait_s, to_truth) if to_truth > 0 else wait_s

    def _decide(self, now: float) -> None:
        verdict = diagnose(self.evidence, now)
        old, self.verdict = self.verdict, verdict
        if old is not None and old.code is verdict.code:
            return  # the numbers in a standing verdict do not move
        self.emit(VerdictReached(session=self.session, attempt=self.attempt, diagnosis=verdict))
        if verdict.ok:
            self.emit(PhaseEntered(session=self.session, phase=Phase.TALKING))
        if verdict.settled:
            self.on_listens(verdict.ok)

    async def _look(self) -> None:
        """Ask the server: the dispatch's jobs, and who is really in the room."""
        api = self.api
        if api is None:
            return
        try:
            if self.item is not None and self.item.name:
                await self._look_at_jobs(api, self.item.name)
            agent = self.evidence.agent  # one who joins while the list is read is not in it
            there = await api.participants(self.room)
        except PortError as error:
            _log.info("looking at %s failed: %s", self.room, error.problem.line)
            return
        for participant in there:
            self.joined(participant)
        # Somebody who joins and leaves within one batch of presence events is never announced.
        if agent is not None and agent.identity not in {other.identity for other in there}:
            self.left(agent.identity, "not listed any more")

    async def _look_at_jobs(self, api: ServerApi, dispatch_id: str) -> None:
        records = await api.dispatches(self.room)
        now = self._clock.monotonic()
        ours = next((record for record in records if record.id == dispatch_id), None)
        if ours is None:
            self.know(dispatch_missing=True, jobs_listed_at=now)
            return
        if ours.jobs and ours.jobs != self.evidence.jobs:
            self.emit(JobsListed(session=self.session, attempt=self.attempt, jobs=ours.jobs))
            job = ours.jobs[-1]
            told = f"job taken; {job.id} by worker {job.worker}" if job.identity else "job declined"
            self._step(Step.JOBS, told, (now - self.evidence.dispatched_at) * 1000)
        jobs = ours.jobs or self.evidence.jobs
        self.know(jobs=jobs, jobs_listed_at=now, dispatch_missing=False)
        agent = self.evidence.agent
        if agent is not None and ours.jobs and agent.identity not in self.evidence.identities:
            self.pinger.stop()
            self.know(agent=None)  # it was taken by its name, before the job was listed

    # --- signs of life ------------------------------------------------------------------------

    def joined(self, participant: Participant) -> None:
        """Somebody is in the room, by event or by list; known ones are told again."""
        self.here[participant.identity] = participant
        if participant.identity in self.kept_out:
            self.kept_out.came_back(participant.identity)
            return
        agent = self.evidence.agent
        if agent is not None and agent.identity == participant.identity:
            if self.evidence.agent_left_at:
                self.know(agent_left_at=0.0)  # a stall shows as leaving and joining again
                if not agent.ponged:
                    self.pinger.start(agent.identity, self._clock.monotonic())
            self.changed(participant)
            return
        if agent is None and self._is_ours(participant):
            self._take(participant)

    def changed(self, participant: Participant) -> None:
        """Somebody's attributes changed."""
        self.here[participant.identity] = participant
        agent = self.evidence.agent
        if agent is None:
            self.joined(participant)
            return
        if agent.identity != participant.identity or agent.state == participant.state:
            return
        self.know(agent=msgspec.structs.replace(agent, state=participant.state))
        self.emit(
            AgentStateChanged(
                session=self.session, identity=agent.identity, state=participant.state
            )
        )

    def left(self, identity: str, reason: str) -> None:
        """Somebody has left the room."""
        self.here.pop(identity, None)
        agent = self.evidence.agent
        if agent is None or agent.identity != identity or self.evidence.agent_left_at:
            return
        self.pinger.stop()
        self.know(agent_left_at=self._clock.monotonic())
        self.emit(AgentGone(session=self.session, identity=identity, reason=reason))

    def replied(self) -> None:
        """The agent has answered a line: that settles whether it listens."""
        agent = self.evidence.agent
        if agent is None or agent.spoke:
            return
        self.know(agent=msgspec.structs.replace(agent, spoke=True))
        if not agent.ponged:
            self._step(Step.READY, "it replied", None)

    def know(self, **facts: object) -> None:
        """Add facts to the evidence and judge anew."""
        self.evidence = msgspec.structs.replace(self.evidence, **facts)
        self._wake.set()

    def _is_ours(self, participant: Participant) -> bool:
        """Whether this is the attempt's agent: by kind and by the job, never just anybody."""
        if not participant.is_agent or participant.identity in self._foreign:
            return False
        jobs = self.evidence.identities
        if jobs:
            return participant.identity in jobs
        wanted = self.profile.agent_name
        if self.profile.dispatch_mode is DispatchMode.EXPLICIT and self.api is not None:
            # The job shows in the list up to 5 s late; a new agent of this name is taken meanwhile.
            return participant.agent_name == wanted
        return not wanted or participant.agent_name in ("", wanted)

    def _take(self, participant: Participant) -> None:
        now = self._clock.monotonic()
        name = participant.agent_name or participant.name
        agent = Agent(
            identity=participant.identity, name=name, state=participant.state, joined_at=now
        )
        self.know(agent=agent, agent_left_at=0.0)
        self.emit(
            AgentJoined(
                session=self.session, attempt=self.attempt, identity=agent.identity, name=name
            )
        )
        took_ms = (now - self.evidence.dispatched_at) * 1000
        self._step(Step.JOINED, clean(agent.identity), took_ms)
        if agent.state:
            self.emit(
                AgentStateChanged(session=self.session, identity=agent.identity, state=agent.state)
            )
        self.on_agent(agent.identity)
        self.pinger.start(agent.identity, now)

    def _ponged(self, identity: str, joined_at: float, pong_ms: float) -> None:
        agent, now = self.evidence.agent, self._clock.monotonic()
        if agent is None or agent.identity != identity:
            return
        self.know(agent=msgspec.structs.replace(agent, ponged=True))
        self.emit(AgentPonged(session=self.session, identity=identity, pong_ms=pong_ms))
        told = f"pong; {clean(identity)} answered after {pong_ms:.0f} ms"
        self._step(Step.READY, told, (now - joined_at) * 1000)
        self._decide(now)

    def _missed(self, identity: str, missed: int) -> None:
        agent = self.evidence.agent
        if agent is not None and agent.identity == identity:
            self.know(agent=msgspec.structs.replace(agent, pings_missed=missed))

    def _put_out(self, identity: str) -> None:
        self._step(Step.AGENT_REMOVED, clean(identity), None)

    async def close(self) -> None:
        """End all pinging and removing."""
        self.pinger.stop()
        await self.kept_out.close()

    def _step(self, step: Step, subject: str, took_ms: float | None) -> None:
        attempt, session = self.attempt, self.session
        self.emit(
            StepDone(session=session, step=step, attempt=attempt, subject=subject, took_ms=took_ms)
        )
