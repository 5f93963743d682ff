"""Says what is to be thought of an attempt, as soon as the evidence allows it.

It decides when the evidence changes and at the moments at which time alone changes a verdict; and
it sees to it that there is evidence: by pings (`engine.pinger`) and, where there is an API key, by
the server's lists (`engine.lookout`). A verdict that mends itself goes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from lktui.clock import Clock
from lktui.core.dispatch import deadlines, diagnose
from lktui.core.events import AnyEvent, SessionId, VerdictReached
from lktui.core.verdict import Diagnosis
from lktui.engine.agent_session import AgentSession
from lktui.engine.lookout import Lookout
from lktui.engine.patience import LATE_S
from lktui.engine.pinger import Pinger
from lktui.engine.witness import Witness

_LONG_S, _TICK_S = 3600.0, 0.001


def _ignore(_verdict: Diagnosis) -> None:
    """Stand in for one who does not want to know."""


class Judge:
    """Judges what one witness has seen.

    Args:
        session: Whose events these are.
        witness: Has the evidence; is given its hooks here.
        agents: Asks agents for signs of life.
        lookout: Reads the server's lists; None without an API key.
        emit: Takes the verdicts.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        session: SessionId,
        witness: Witness,
        agents: AgentSession,
        lookout: Lookout | None,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._witness, self._lookout = session, witness, lookout
        self._emit, self._clock = emit, clock
        self.pinger = Pinger(agents, clock, witness)
        self.verdict: Diagnosis | None = None
        self._wake = asyncio.Event()
        self._rests = False
        self._pinged = ""
        """Who is being pinged."""
        self._stirring = (False, 0.0, 0.0, False)
        """What makes it worthwhile to ping at once when it changes."""
        self.on_verdict: Callable[[Diagnosis], None] = _ignore
        """Called with every verdict, and with `waiting`, after it was told."""
        agents.listener = witness
        witness.on_change = self._changed
        if lookout is not None:
            witness.on_silence = lookout.look_at_people

    def begin(self) -> None:
        """Begin an attempt, after the witness has: there is no verdict yet, and nobody to ping."""
        self._ping_nobody()
        self.verdict = None
        if self._lookout is not None:
            self._lookout.begin()
        self._wake.set()

    async def run(self) -> None:
        """Keep judging until cancelled; the lookout runs beside it."""
        while True:
            self._wake.clear()
            self.decide()
            wait_s, began = self._until_next(), self._clock.monotonic()
            await self._woken_within(wait_s)
            late_s = self._clock.monotonic() - began - wait_s
            if late_s > LATE_S:
                # What has come meanwhile is told before time is held against anybody.
                await self._woken_within(late_s)

    def close(self) -> None:
        """Judge no more and ping nobody: from now on what the agent does is our doing."""
        self._rests = True
        self._ping_nobody()

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """Judge nothing meanwhile: a retry is about to end the attempt itself."""
        self._rests = True
        try:
            yield
        finally:
            self._rests = False
            self._wake.set()

    def decide(self) -> None:
        """Judge now."""
        if self._rests:
            return
        verdict = diagnose(self._witness.evidence, self._clock.monotonic())
        old, self.verdict = self.verdict, verdict
        if self._lookout is not None:
            self._lookout.stir(verdict.code)
        if old is not None and old.code is verdict.code:
            return  # the numbers in a standing verdict do not move
        self._emit(
            VerdictReached(session=self._session, attempt=self._witness.attempt, diagnosis=verdict)
        )
        self.on_verdict(verdict)

    def _changed(self) -> None:
        self._wake.set()
        known, agent = self._witness.evidence, self._witness.evidence.agent
        if agent is None or known.agent_left_at:
            self._ping_nobody()
            return
        if agent.identity != self._pinged:
            self._pinged = agent.identity
            if agent.ponged:
                self.pinger.watch(agent.identity)
            else:
                self.pinger.start(agent.identity, agent.joined_at)
        begun = agent.has_begun and not agent.ponged
        stirring = (begun, known.linked_at, known.missing_since, known.question is not None)
        if stirring != self._stirring:
            self._stirring = stirring
            self.pinger.nudge()

    def _ping_nobody(self) -> None:
        self._pinged = ""
        self.pinger.stop()

    async def _woken_within(self, limit_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._wake.wait()

    def _until_next(self) -> float:
        now = self._clock.monotonic()
        due = (moment for moment in deadlines(self._witness.evidence) if moment > now)
        return max(_TICK_S, min(next(due, now + _LONG_S) - now, _LONG_S))
