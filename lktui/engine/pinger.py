"""Pings an agent: until its session answers, and from then on whenever nothing is heard of it.

A pong is the best sign that somebody listens. Plain agents never answer, so that a missed ping
says something only of one that has answered before.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Protocol

from lktui.clock import Clock
from lktui.engine.agent_session import AgentSession
from lktui.engine.tasks import Tasks

_LIMIT_S = 2.0
_FIRST_WAITS_S = (0.05,) * 20 + (0.25,) * 8 + (1.0,) * 30
"""Waits between the first pings; then `EVERY_S`. A session that is just starting does not answer
earlier pings later, so they come close together at first."""
_MISS_S = 0.5
"""So long without any pong counts as one missed ping."""
EVERY_S = 5.0
"""A ready agent is pinged when nothing else was heard of it for so long."""
AGAIN_S = 1.0
"""So long an answer is waited for; then the next ping of a silent agent is sent."""
_TICK_S = 0.001
_EAGER = 30
"""Pings a second apart to a silent agent; then `EVERY_S`, lest a zombie be pinged for hours."""


class Pinged(Protocol):
    """What hears of pings."""

    def ponged(self, identity: str, joined_at: float, pong_ms: float) -> None:
        """The first pong has come."""
        ...

    def missed(self, identity: str, missed: int) -> None:
        """So many pings were missed before the first pong."""
        ...

    def unanswered(self, identity: str, sent_at: float) -> None:
        """Nothing was heard since this ping of one who has answered before."""
        ...

    def heard_at(self) -> float:
        """When the agent was last heard of."""
        ...

    def may_be_quiet_s(self) -> float | None:
        """How long it may be quiet before it is pinged; None while pings mean nothing."""
        ...


class Pinger:
    """Pings one agent at a time.

    Args:
        agents: Asks the agents.
        clock: Tells the time.
        told: Hears of it.
    """

    def __init__(self, agents: AgentSession, clock: Clock, told: Pinged) -> None:
        self._agents, self._clock, self._told = agents, clock, told
        self._task: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()

    def start(self, identity: str, joined_at: float) -> None:
        """Ping this agent from now on, and no other; nothing is known of its session yet."""
        self._begin(self._ping(identity, joined_at))

    def watch(self, identity: str) -> None:
        """Ping this agent, who has answered before, whenever nothing is heard of it."""
        self._begin(self._watch(identity))

    def stop(self) -> None:
        """Ping nobody any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def nudge(self) -> None:
        """Something has changed: ask one who has not answered yet, or think again when to ask."""
        self._nudged.set()

    async def alive(self, identity: str, limit_s: float) -> bool:
        """Ask an agent once whether its session is alive."""
        return await self._agents.ping(identity, limit_s)

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        self.stop()
        self._task = asyncio.get_running_loop().create_task(work)

    async def _ping(self, identity: str, joined_at: float) -> None:
        """Ping until the first pong, several pings at a time; then watch."""
        pongs: list[float] = []
        pings, waits, missed = Tasks(f"pings to {identity}"), iter(_FIRST_WAITS_S), 0
        try:
            while not pongs:
                pings.start(self._ask(identity, pongs))
                await self._rest(next(waits, EVERY_S))
                now = self._clock.monotonic()
                if not pongs and int((now - joined_at) / _MISS_S) > missed:
                    missed = int((now - joined_at) / _MISS_S)
                    self._told.missed(identity, missed)
        finally:
            await pings.cancel()
        self._told.ponged(identity, joined_at, pongs[0])
        await self._watch(identity)

    async def _ask(self, identity: str, pongs: list[float]) -> None:
        sent_at = self._clock.monotonic()
        if await self._agents.ping(identity, _LIMIT_S):
            pongs.append((self._clock.monotonic() - sent_at) * 1000)
            self.nudge()

    async def _watch(self, identity: str) -> None:
        missed = 0
        while True:
            await self._until_quiet(EVERY_S if missed > _EAGER else 0.0)
            sent_at = self._clock.monotonic()
            if await self._agents.ping(identity, AGAIN_S) or self._told.heard_at() >= sent_at:
                missed = 0
                continue
            await self._clock.sleep(max(0.0, sent_at + AGAIN_S - self._clock.monotonic()))
            if self._told.heard_at() < sent_at and self._told.may_be_quiet_s() is not None:
                missed += 1
                self._told.unanswered(identity, sent_at)

    async def _until_quiet(self, least_s: float) -> None:
        """Wait until nothing was heard for too long; who is silent already is asked again."""
        began = self._clock.monotonic()
        while True:
            limit_s, wait_s = self._told.may_be_quiet_s(), AGAIN_S
            if limit_s is not None:
                until = max(self._told.heard_at() + limit_s, began + least_s)
                wait_s = until - self._clock.monotonic()
                if wait_s <= _TICK_S:
                    return
            await self._rest(wait_s)

    async def _rest(self, limit_s: float) -> None:
        """Wait until something has changed, at most so long."""
        self._nudged.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._nudged.wait()
