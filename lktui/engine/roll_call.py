"""Asks the server who is in a room; and tells of the server by how it answers.

A stall that the connection outlives, up to some 14 s, is told by nobody: all that was sent comes
later (facts/livekit.md section 5). It shows in that a silent agent and the list answer together.
"""

from __future__ import annotations

from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.events import AnyEvent, LinkStalled, SessionId
from lktui.core.evidence import Agent
from lktui.engine.ports import ServerApi
from lktui.engine.witness import Witness

_SLOW_S = 0.3
"""No server that answers takes so long for a list."""
_TOGETHER_S = 1.5
"""So far apart agent and list may answer once a server that stood still goes on."""
_LEAST_STALL_S = 2.0


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

    async def take(self) -> None:
        """Ask once.

        Raises:
            PortError: The server cannot be asked.
        """
        asked_at, agent = self._clock.monotonic(), self._witness.evidence.agent
        self._witness.listed(await self._api.participants(self._room), asked_at)
        answered_at = self._clock.monotonic()
        if agent is not None and agent.unanswered and answered_at - asked_at >= _SLOW_S:
            await self._look_at_stall(agent, answered_at)

    async def _look_at_stall(self, silent: Agent, answered_at: float) -> None:
        await self._clock.sleep(_TOGETHER_S)
        known = self._witness.evidence
        if known.agent is None or known.reconnecting or known.linked_at > silent.silent_since:
            return
        heard_at = known.agent.heard_at
        long = answered_at - silent.silent_since >= _LEAST_STALL_S
        if long and abs(heard_at - answered_at) <= _TOGETHER_S:
            ended_at = max(heard_at, answered_at)
            stalled = LinkStalled(session=self._session, at=ended_at, began_at=silent.silent_since)
            self._emit(stalled)
