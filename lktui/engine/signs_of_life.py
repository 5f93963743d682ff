"""What shows that an agent lives: pongs, text, events of its session; and their absence.

Part of the evidence of an attempt (`engine.witness`), and like it concludes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.dispatch import LIST_TRUE_S, OUTLIVES_S
from lktui.core.events import AgentPonged, AnyEvent, SessionId, Step, StepDone
from lktui.core.evidence import Evidence
from lktui.core.profile import DispatchMode
from lktui.core.sanitize import clean
from lktui.engine.pinger import ASKED_EVERY_S, EVERY_S


class SignsOfLife:
    """The evidence of an attempt, and what of it the agent's own signs tell.

    Args:
        session: Whose events these are.
        mode: How the agent is dispatched.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        mode: DispatchMode,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._emit, self._clock = session, emit, clock
        self.attempt = 0
        self.evidence = Evidence(mode=mode)
        self.came: frozenset[str] = frozenset()
        """Agents whose connection was ever seen to stand: they are not on their way any more."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when the evidence has changed."""
        self.on_silence: Callable[[], None] = lambda: None
        """Called when there is reason to look again who is there."""

    def know(self, **facts: object) -> None:
        """Add facts to the evidence."""
        self.evidence = msgspec.structs.replace(self.evidence, **facts)
        self.on_change()

    def ponged(self, identity: str, joined_at: float, pong_ms: float) -> None:
        """The agent's session has answered a ping for the first time."""
        agent, now = self.evidence.agent, self._clock.monotonic()
        if agent is None or agent.identity != identity:
            return
        self.came |= {identity}
        self._know_agent(ponged=True, ready_at=agent.ready_at or now, heard_at=now)
        self._emit(AgentPonged(session=self._session, identity=identity, pong_ms=pong_ms))
        told = f"pong; {clean(identity)} answered after {pong_ms:.0f} ms"
        self.step(Step.READY, told, (now - joined_at) * 1000)

    def missed(self, identity: str, sent_at: float) -> None:
        """A ping was missed before the first pong; over a broken link of ours it says nothing."""
        agent, known = self.evidence.agent, self.evidence
        if agent is None or agent.identity != identity:
            return
        if not known.reconnecting and sent_at >= known.linked_at:
            self.know(agent=agent.after_early_miss(sent_at))

    def unanswered(self, identity: str, sent_at: float) -> None:
        """Nothing was heard of the agent since this ping."""
        agent = self.evidence.agent
        if agent is None or agent.identity != identity or sent_at < self.evidence.linked_at:
            return
        self.know(agent=agent.after_miss(sent_at))
        self.on_silence()

    def heard(self, identity: str) -> None:
        """The agent gave any sign of life."""
        agent = self.evidence.agent
        if agent is not None and agent.identity == identity:
            after, silent = agent.after_sign(self._clock.monotonic()), bool(agent.unanswered)
            self.evidence = msgspec.structs.replace(self.evidence, agent=after)
            if silent or self.evidence.missing_since:
                self.on_change()  # else this changes nothing, and may come many times a second

    def heard_at(self) -> float:
        """When the agent was last heard of."""
        return self.evidence.agent.heard_at if self.evidence.agent else 0.0

    def may_be_quiet_s(self) -> float | None:
        """How long the agent may be quiet until it is pinged; None while our own link is down."""
        known, agent = self.evidence, self.evidence.agent
        if known.reconnecting or agent is None or known.agent_left_at:
            return None
        if agent.unanswered or agent.heard_at < known.linked_at:
            return 0.0
        gone_by = max(known.missing_since, known.dispatched_at + LIST_TRUE_S)
        doubtful = known.missing_since and agent.heard_at < gone_by + OUTLIVES_S
        every_s = EVERY_S if known.question is None else ASKED_EVERY_S
        return OUTLIVES_S if doubtful else every_s

    def _is_agent(self, identity: str) -> bool:
        agent = self.evidence.agent
        return agent is not None and agent.identity == identity

    def _know_agent(self, **facts: object) -> None:
        if self.evidence.agent is not None:
            self.know(agent=msgspec.structs.replace(self.evidence.agent, **facts))

    def step(self, step: Step, subject: str, took_ms: float | None) -> None:
        """Tell a step of this attempt."""
        self._emit(
            StepDone(
                session=self._session,
                step=step,
                attempt=self.attempt,
                subject=subject,
                took_ms=took_ms,
            )
        )
