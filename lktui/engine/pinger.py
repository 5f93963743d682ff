"""Pings an agent until its session answers: a pong is the best sign that somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lktui.clock import Clock
from lktui.engine.agent_session import AgentSession

_LIMIT_S = 2.0
_WAITS_S = (0.05,) * 20 + (0.25,) * 8
"""Waits between the first pings; then one each second. A session that is just starting does not
answer earlier pings later, so they come close together at first."""
_MISS_S = 0.5
"""So long without any pong counts as one missed ping."""


class Pinger:
    """Pings one agent at a time.

    Args:
        agents: Asks the agents.
        clock: Tells the time.
        on_pong: Called once with identity, time of joining and the pong's time in ms.
        on_missed: Called with identity and the number of missed pings when that grows.
    """

    def __init__(
        self,
        agents: AgentSession,
        clock: Clock,
        on_pong: Callable[[str, float, float], None],
        on_missed: Callable[[str, int], None],
    ) -> None:
        self._agents, self._clock = agents, clock
        self._on_pong, self._on_missed = on_pong, on_missed
        self._task: asyncio.Task[None] | None = None

    def start(self, identity: str, joined_at: float) -> None:
        """Ping this agent from now on, and no other."""
        self.stop()
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._ping(identity, joined_at))

    def stop(self) -> None:
        """Ping nobody any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def alive(self, identity: str, limit_s: float) -> bool:
        """Ask an agent once whether its session is alive."""
        return await self._agents.ping(identity, limit_s)

    async def _ping(self, identity: str, joined_at: float) -> None:
        loop, waits, missed = asyncio.get_running_loop(), iter(_WAITS_S), 0
        asked: dict[asyncio.Task[bool], float] = {}
        try:
            while True:
                ping = loop.create_task(self._agents.ping(identity, _LIMIT_S))
                asked[ping] = self._clock.monotonic()
                done, _ = await asyncio.wait(
                    asked, timeout=next(waits, 1.0), return_when=asyncio.FIRST_COMPLETED
                )
                now = self._clock.monotonic()
                answered = next((task for task in done if task.result()), None)
                if answered is not None:
                    self._on_pong(identity, joined_at, (now - asked[answered]) * 1000)
                    return
                for task in done:
                    del asked[task]
                if int((now - joined_at) / _MISS_S) > missed:
                    missed = int((now - joined_at) / _MISS_S)
                    self._on_missed(identity, missed)
        finally:
            for task in asked:
                task.cancel()
