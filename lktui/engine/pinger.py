"""Pings an agent: until its session answers, and from then on whenever nothing is heard of it.

A pong is the best sign that somebody listens. Plain agents never answer, so that a missed ping
says something only of one that has answered before.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from lktui.clock import Clock
from lktui.core.problems import PortError
from lktui.engine.agent_session import AgentSession
from lktui.engine.patience import patiently
from lktui.tasks import Tasks

_FIRST_WAITS_S = (0.1, 0.2, 0.4, 0.5, 0.5, 0.5) + (1.0,) * 30
"""Waits between the first pings; then `EVERY_S`. A session that is just starting does not answer
earlier pings later, so they come close together at first, and again when its state changes."""
MISS_S = 1.5
"""A ping counts as missed when no pong has come so long after it was sent."""
_LATE_S = 60.0
"""So late a pong still counts as the first."""
EVERY_S = 2.5
"""A ready agent is pinged when nothing else was heard of it for so long: often enough that a cut of
the line for 5 s is noticed while it lasts."""
ASKED_EVERY_S = 2.0
"""One that owes an answer is pinged so often: else a stall of the server would be called its own
slowness."""
_AGAIN_S = 1.0
"""A silent agent is pinged again after so long, whether the last ping is missed yet or not."""
_TICK_S = 0.001
_EAGER = 30
"""Pings one after another to a silent agent; then every `EVERY_S`, lest a zombie be pinged for
hours."""
_log = logging.getLogger(__name__)


def _ignore(_pong_ms: float) -> None:
    """Stand in for one who hears of a pong as of any sign of life."""


class Pinged(Protocol):
    """What hears of pings."""

    def ponged(self, identity: str, joined_at: float, pong_ms: float) -> None:
        """The first pong has come."""
        ...

    def missed(self, identity: str, sent_at: float) -> None:
        """A ping was missed by one who has not answered yet."""
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

    async def alive(self, identity: str) -> bool:
        """Ask an agent once whether its session is alive; one who cannot be asked may be."""
        try:
            async with self._agents.pinged(identity) as answer:
                return await patiently(answer, MISS_S, self._clock)
        except PortError:
            return True

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        self.stop()
        self._task = asyncio.get_running_loop().create_task(work)

    async def _ping(self, identity: str, joined_at: float) -> None:
        """Ping until the first pong, late ones included; then watch."""
        pong: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        pings, waits = Tasks(f"pings to {identity}"), iter(_FIRST_WAITS_S)

        def ponged(pong_ms: float) -> None:
            if not pong.done():
                pong.set_result(pong_ms)

        try:
            while not pong.done():
                self._nudged.clear()
                await self._send(identity, pings, ponged, self._missed_early)
                if not pong.done() and await self._nudge_within(next(waits, EVERY_S)):
                    waits = iter(_FIRST_WAITS_S)
        finally:
            await pings.cancel()
        self._told.ponged(identity, joined_at, pong.result())
        await self._watch(identity)

    def _missed_early(self, identity: str, _began: float, sent_at: float) -> None:
        self._told.missed(identity, sent_at)

    async def _watch(self, identity: str) -> None:
        silent, pings = 0, Tasks(f"pings to {identity}")
        try:
            while True:
                await self._until_quiet(EVERY_S if silent > _EAGER else 0.0)
                began = self._clock.monotonic()
                self._nudged.clear()
                await self._send(identity, pings, _ignore, self._missed)
                await self._nudge_within(_AGAIN_S)
                silent = 0 if self._told.heard_at() >= began else silent + 1
        finally:
            await pings.cancel()

    def _missed(self, identity: str, began: float, sent_at: float) -> None:
        if self._told.heard_at() < began and self._told.may_be_quiet_s() is not None:
            self._told.unanswered(identity, sent_at)

    # --- one ping -----------------------------------------------------------------------------

    async def _send(
        self,
        identity: str,
        pings: Tasks,
        ponged: Callable[[float], None],
        missed: Callable[[str, float, float], None],
    ) -> None:
        """Send one ping, and wait until it is out: a link that is slow to send gets no more."""
        began, out = self._clock.monotonic(), asyncio.Event()

        def on_pong() -> None:
            ponged((self._clock.monotonic() - began) * 1000)
            out.set()
            self.nudge()

        async def ask() -> None:
            try:
                async with self._agents.pinged(identity, on_pong) as answer:
                    sent_at = self._clock.monotonic()
                    out.set()
                    if not await patiently(answer, MISS_S, self._clock):
                        missed(identity, began, sent_at)
                        await asyncio.wait({answer}, timeout=_LATE_S)
            except PortError as error:
                _log.info("a ping to %s was not sent: %s", identity, error.problem.line)
            finally:
                out.set()

        pings.start(ask())
        await out.wait()

    # --- when ---------------------------------------------------------------------------------

    async def _nudge_within(self, limit_s: float) -> bool:
        """Wait until something has changed, at most so long; whether it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._nudged.wait()
        return self._nudged.is_set()

    async def _until_quiet(self, least_s: float) -> None:
        """Wait until nothing was heard for too long; who is silent already is asked again."""
        began = self._clock.monotonic()
        while True:
            self._nudged.clear()
            limit_s, wait_s = self._told.may_be_quiet_s(), _AGAIN_S
            if limit_s is not None:
                until = max(self._told.heard_at() + limit_s, began + least_s)
                wait_s = until - self._clock.monotonic()
                if wait_s <= _TICK_S:
                    return
            await self._nudge_within(wait_s)
