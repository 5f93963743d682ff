"""Polls the server while a verdict is open: the jobs of a dispatch, and who is really in the room.

Each 0.25 s in an attempt's first 3 s, then at most one request a second, and at the moments when a
list decides; never when nothing is open. All requests wait for the server's pacer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math

from lktui.clock import Clock
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.evidence import EVENT_LAG_S
from lktui.core.problems import PortError
from lktui.core.profile import DispatchMode
from lktui.core.silence import ZOMBIE_S
from lktui.core.verdict import Outcome
from lktui.engine.kept_out import KeptOut
from lktui.engine.pacer import Pacer
from lktui.engine.ports import ServerApi
from lktui.engine.roll_call import RollCall
from lktui.engine.witness import Witness

FAST_POLL_S, FAST_FOR_S, SLOW_POLL_S = 0.25, 3.0, 1.0
PATIENT_AFTER_S, PATIENT_POLL_S = 30.0, 5.0
"""An agent that nothing proves is looked at less often once its presence is old news."""
_NEVER, _NOT_NOW = -math.inf, math.inf
_LONG_S, _TICK_S = 3600.0, 0.001
"""A timer may fire a hair early: what is due in less than a tick is due."""
_log = logging.getLogger(__name__)


class Lookout:
    """Looks for one witness.

    Args:
        witness: Takes what is seen.
        room: Where to look.
        api: The server API.
        pacer: Spaces the requests of all who look at this server.
        roll_call: Asks who is there.
        kept_out: Old agents that have to be noticed when they come back.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        witness: Witness,
        room: str,
        api: ServerApi,
        pacer: Pacer,
        roll_call: RollCall,
        kept_out: KeptOut,
        clock: Clock,
    ) -> None:
        self._witness, self._room, self._api = witness, room, api
        self._pacer, self._kept_out, self._clock = pacer, kept_out, clock
        self._roll_call = roll_call
        self._stirred = asyncio.Event()
        self._jobs_at = self._people_at = _NEVER
        """When each was last asked for."""
        self._people_wanted = False
        self._verdict = Outcome.WAITING

    def stir(self, verdict: Outcome) -> None:
        """Think again what to look at: the evidence or the verdict has changed."""
        self._verdict = verdict
        self._stirred.set()

    def look_at_people(self) -> None:
        """Look as soon as possible who is there."""
        self._roll_call.wanted()
        self._people_wanted = True
        self._stirred.set()

    def begin(self) -> None:
        """Begin an attempt: nothing was looked at yet."""
        self._jobs_at = self._people_at = _NEVER
        self.stir(Outcome.WAITING)

    async def run(self) -> None:
        """Look whenever it is time to; runs until cancelled."""
        while True:
            self._stirred.clear()
            wait_s = self._next_due() - self._clock.monotonic()
            if wait_s > _TICK_S:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(wait_s, _LONG_S)):
                        await self._stirred.wait()
            elif await self._turn():
                await self._look()

    async def _turn(self) -> bool:
        """Wait for the server's turn; False if there is nothing to look at any more."""
        known = self._witness.evidence
        waits_long = self._clock.monotonic() - known.dispatched_at > FAST_FOR_S
        turn = asyncio.get_running_loop().create_task(self._pacer.turn(first=waits_long))
        try:
            while not turn.done():
                self._stirred.clear()
                stirred = asyncio.get_running_loop().create_task(self._stirred.wait())
                await asyncio.wait((turn, stirred), return_when=asyncio.FIRST_COMPLETED)
                stirred.cancel()
                if self._next_due() > self._clock.monotonic() + _TICK_S:
                    return False
        finally:
            turn.cancel()
        return True

    async def _look(self) -> None:
        """Do the one of both that is due for longer."""
        try:
            if self._people_due() <= self._jobs_due():
                await self._look_at_people()
            else:
                await self._look_at_jobs()
        except PortError as error:
            _log.info("looking at %s failed: %s", self._room, error.problem.line)

    async def _look_at_jobs(self) -> None:
        self._jobs_at = self._clock.monotonic()
        dispatch_id, attempt = self._witness.dispatch_id, self._witness.attempt
        with self._roll_call.waits():
            records = await self._api.dispatches(self._room)
        if (dispatch_id, attempt) == (self._witness.dispatch_id, self._witness.attempt):
            self._witness.jobs_listed(records)

    async def _look_at_people(self) -> None:
        self._people_at = self._clock.monotonic()
        self._people_wanted = False
        await self._roll_call.take()

    # --- when ---------------------------------------------------------------------------------

    def _next_due(self) -> float:
        return min(self._jobs_due(), self._people_due())

    def _jobs_due(self) -> float:
        """When to read the jobs next; never once they are known and their agent is there."""
        known = self._witness.evidence
        named = known.mode is DispatchMode.EXPLICIT
        if known.reconnecting or known.room_gone or (named and not self._witness.dispatch_id):
            return _NOT_NOW
        if known.agent is not None and self._jobs_at < known.linked_at:
            return known.linked_at  # a server that was restarted has lost the record
        proven = known.jobs or self._jobs_at >= known.dispatched_at + LIST_TRUE_S
        if known.agent is not None and proven:
            return _NOT_NOW
        if known.agent is None and self._verdict is not Outcome.WAITING:
            return _NOT_NOW
        return self._regular(self._jobs_at, known.dispatched_at + LIST_TRUE_S)

    def _people_due(self) -> float:
        """When to ask who is there next."""
        known, agent = self._witness.evidence, self._witness.evidence.agent
        if known.reconnecting or known.room_gone:
            return _NOT_NOW
        if self._people_wanted:
            return self._clock.monotonic()
        due = [_NOT_NOW]
        if self._kept_out.watches:
            due.append(self._people_at + SLOW_POLL_S)
        if agent is None:
            if self._verdict is Outcome.WAITING:
                given_up_at = known.dispatched_at + known.join_timeout_s
                due.append(self._regular(self._people_at, given_up_at))
            return min(due)
        if known.agent_left_at:
            return min(due)
        if agent.listed_at < known.linked_at:
            due.append(max(known.linked_at + EVENT_LAG_S, self._people_at + SLOW_POLL_S))
        if agent.silent_since:
            zombie_at = agent.silent_since + ZOMBIE_S
            due.append(zombie_at if self._people_at < zombie_at else self._people_at + SLOW_POLL_S)
        elif self._verdict is Outcome.WAITING:
            due.append(self._regular(self._people_at, _NOT_NOW))
        elif self._verdict is Outcome.PRESENT:
            old = self._people_at > agent.joined_at + PATIENT_AFTER_S
            due.append(self._people_at + (PATIENT_POLL_S if old else SLOW_POLL_S))
        return min(due)

    def _regular(self, last: float, moment: float) -> float:
        """When to look next: often while the attempt is young, and at the deciding moment."""
        known = self._witness.evidence
        young = last < known.dispatched_at + FAST_FOR_S
        both = known.agent is None  # then jobs and people share one request a second
        every_s = FAST_POLL_S if young else SLOW_POLL_S * (2 if both else 1)
        return min(last + every_s, moment) if last < moment else last + every_s
