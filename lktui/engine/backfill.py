"""Asks the agents of a room what they remember, when we came late or were away.

Nothing else fills what we have missed: the server keeps no text for those who come later
(facts/livekit.md section 1).
"""

from __future__ import annotations

from collections.abc import Callable

from lktui.clock import Clock
from lktui.engine.agent_session import AgentSession
from lktui.engine.ports import RoomLink
from lktui.engine.session_diary import SessionDiary

PATIENCE_S = 20.0
"""An agent comes back up to 13 s after a restart of the server (facts/livekit.md section 5)."""
_EVERY_S = 1.0


class Backfill:
    """Fills one room's transcript.

    Args:
        link: Sees who is there.
        agents: Asks them.
        diary: Tells what they remember.
        clock: Tells the time.
    """

    def __init__(
        self, link: RoomLink, agents: AgentSession, diary: SessionDiary, clock: Clock
    ) -> None:
        self._link, self._agents, self._diary, self._clock = link, agents, diary, clock

    async def before(self, joined_at: float) -> None:
        """Add what was said before we came, at the moment at which we did."""
        await self._ask(lambda _made_at: joined_at, None, {*self._here()})

    async def of_gap(self, began_at: float, ended_at: float) -> None:
        """Add what was said while our connection was down, between its beginning and its end."""
        last = began_at

        def place(made_at: float) -> float:
            nonlocal last
            if made_at:
                behind_s = self._clock.wall() - made_at
                last = max(last, min(self._clock.monotonic() - behind_s, ended_at))
            return last

        await self._ask(place, began_at, set())

    async def _ask(
        self, place: Callable[[float], float], gap_began_at: float | None, wanted: set[str]
    ) -> None:
        """Ask each agent until it has answered; one that never does is given up."""
        answered: set[str] = set()
        until = self._clock.monotonic() + PATIENCE_S
        while self._clock.monotonic() < until:
            for identity in self._here():
                if identity in answered:
                    continue
                items = await self._agents.memory(identity)
                if items is not None:
                    answered.add(identity)
                    self._diary.remember(identity, items, place, gap_began_at)
            if answered and answered >= wanted | {*self._here()}:
                return
            await self._clock.sleep(_EVERY_S)

    def _here(self) -> tuple[str, ...]:
        return tuple(other.identity for other in self._link.participants if other.is_agent)
