"""Finds lines that went out into a gap and never came to the agent.

Until the SDK notices that the connection is gone it takes a line without an error, and where it
makes the connection anew what it has taken is lost (facts/livekit.md section 5). What came to an
agent with a session is in its memory; of one without nothing can be told.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection

import msgspec
from livekit.protocol.agent_pb import agent_session as pb

from lktui.clock import Clock
from lktui.core.echoes import normal
from lktui.engine.agent_session import AgentSession
from lktui.engine.ports import RoomLink
from lktui.engine.session_items import Item, remembered

SETTLES_S = 4.0
"""So long after a gap what the connection has kept through it is in the agent's memory."""
BEFORE_S = 6.0
"""A gap is noticed late: a line may be lost that went out so long before it is said to begin."""
_MAX_LINES = 200


class Sent(msgspec.Struct, frozen=True):
    """A typed line that has gone out."""

    key: str
    text: str
    at: float
    """On the engine's clock."""


class LostLines:
    """Knows what was sent in one room.

    Args:
        link: Sees who is there.
        agents: Asks them what they remember.
        clock: Tells the time.
    """

    def __init__(self, link: RoomLink, agents: AgentSession, clock: Clock) -> None:
        self._link, self._agents, self._clock = link, agents, clock
        self._sent: deque[Sent] = deque(maxlen=_MAX_LINES)

    def sent(self, key: str, text: str, at: float) -> None:
        """Remember a line that the connection has taken."""
        self._sent.append(Sent(key, text, at))

    async def of_gap(self, began_at: float, ended_at: float) -> tuple[Sent, ...]:
        """Give the lines that no agent has got; none where no agent can be asked."""
        if not any(self._in_doubt(began_at, ended_at)):
            return ()
        await self._clock.sleep(SETTLES_S)
        memories = [
            await self._agents.memory(other.identity)
            for other in self._link.participants
            if other.is_agent
        ]
        known = [items for items in memories if items is not None]
        if not known:
            return ()
        lost = self._not_in(known, began_at, ended_at)
        for line in lost:
            self._sent.remove(line)
        return lost

    def _in_doubt(self, began_at: float, ended_at: float) -> list[Sent]:
        return [line for line in self._sent if began_at - BEFORE_S <= line.at <= ended_at]

    def _not_in(
        self, memories: Collection[tuple[Item, ...]], began_at: float, ended_at: float
    ) -> tuple[Sent, ...]:
        """Count: words that were sent three times and are remembered twice were lost once."""
        heard: Counter[str] = Counter()
        for items in memories:
            heard |= Counter(_lines_of_users(items))
        doubtful = self._in_doubt(began_at, ended_at)
        before = [line for line in self._sent if line.at < began_at - BEFORE_S]
        if before and not any(heard[normal(line.text)] for line in before):
            return ()  # it listens to somebody else, and remembers nothing of us
        heard.subtract(normal(line.text) for line in before)
        lost = []
        for line in doubtful:
            words = normal(line.text)
            if heard[words] > 0:
                heard[words] -= 1
            else:
                lost.append(line)
        return tuple(lost)


def _lines_of_users(items: tuple[Item, ...]) -> list[str]:
    messages = [item.message for item in items if item.WhichOneof("item") == "message"]
    lines = (remembered("", one) for one in messages if one.role == pb.ChatRole.USER)
    return [normal(line.text) for line in lines if line is not None]
