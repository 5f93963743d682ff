"""Asks the server who is in a room; and tells of the server by how it answers.

A stall that the connection outlives, up to some 14 s, is told by nobody: all that was sent comes
later (facts/livekit.md section 5). It shows in that a silent agent and the list answer together.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator

from lktui.clock import Clock
from lktui.core.events import AnyEvent, LinkStalled, SessionId
from lktui.core.evidence import Agent
from lktui.engine.ports import ServerApi
from lktui.engine.witness import Witness

_SLOW_S = 0.3
"""No server that answers takes so long for a list."""
_TOGETHER_S = 1.5
"""So far apart agent and list may answer once a server that stood still goes on; after a cut of
the line as far as it lasted, since each is sent again after ever longer waits."""
_LEAST_STALL_S = 2.0
_NEXT_S = 3.0
"""A question so soon after one that had to wait waits for the same."""
_TICK_S = 0.25
_NEVER = -math.inf


class RollCall:
    """Asks for one witness.

    Args:
        session: Whose events these are.
        witness: Takes the answers.
        room: Where to look.
        api: Is asked.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        witness: Witness,
        *,
        room: str,
        api: ServerApi,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._witness, self._room = session, witness, room
        self._api, self._emit, self._clock = api, emit, clock
        self._owed_since = 0.0
        """When the server was asked what it has kept us waiting for, question after question."""
        self._answered_at = _NEVER
        self._silent: Agent | None = None
        """As the agent was when it was silent and somebody wanted to look for that."""

    def wanted(self) -> None:
        """Note the agent's silence, which may be over by the time that the server answers."""
        agent = self._witness.evidence.agent
        if agent is not None and agent.unanswered:
            self._silent = self._silent or agent

    @contextlib.contextmanager
    def waits(self) -> Iterator[None]:
        """Time a question to the server: a list is not asked for before the last answer is in."""
        asked_at, waited_s = self._clock.monotonic(), self._answered_at - self._owed_since
        if waited_s < _SLOW_S or asked_at > self._answered_at + _NEXT_S:
            self._owed_since = asked_at
        try:
            yield
        finally:
            self._answered_at = self._clock.monotonic()

    async def take(self) -> None:
        """Ask once.

        Raises:
            PortError: The server cannot be asked.
        """
        self.wanted()
        asked_at, listed_at = self._clock.monotonic(), self._witness.evidence.people_listed_at
        with self.waits():
            there = await self._api.participants(self._room)
        self.wanted()
        silent, answered_at = self._silent, self._answered_at
        self._silent, self._answered_at = None, _NEVER
        self._witness.know(people_asked_at=self._owed_since)
        self._witness.listed(there, asked_at)
        # Where a list has come since, the server answers: the silence is the agent's own.
        owed_s = answered_at - self._owed_since
        if silent is not None and silent.silent_since > listed_at and owed_s >= _SLOW_S:
            await self._look_at_stall(silent, answered_at)

    async def _look_at_stall(self, silent: Agent, answered_at: float) -> None:
        """Tell of a stall if the agent is heard of again as soon as that may be."""
        began_at, apart_s = silent.silent_since, max(_TOGETHER_S, answered_at - silent.heard_at)
        while True:
            known = self._witness.evidence
            if known.agent is None or known.agent.identity != silent.identity:
                return
            if known.reconnecting or known.linked_at > began_at:
                return
            heard_at = known.agent.heard_at
            if heard_at > began_at:
                break
            if self._clock.monotonic() > answered_at + apart_s:
                return
            await self._clock.sleep(_TICK_S)
        long = max(heard_at, answered_at) - began_at >= _LEAST_STALL_S
        if long and abs(heard_at - answered_at) <= apart_s:
            self._emit(LinkStalled(session=self._session, at=heard_at, began_at=began_at))
