"""Typed lines wait after a gap until they reach the agent again."""

from __future__ import annotations

import asyncio

import pytest

from lktui.core.evidence import EVENT_LAG_S, Agent, Evidence
from lktui.core.profile import DispatchMode
from lktui.engine.comeback import PATIENCE_S, comeback
from tests.support.clock import LoopClock


class Room:
    """An agent that may be heard of, or be seen, some time after our return."""

    def __init__(self, **traits: object) -> None:
        self.clock = LoopClock()
        self.agent: Agent | None = Agent(identity="agent", **traits)  # type: ignore[arg-type]  # as named
        self.present: list[str] = []

    async def waited_s(self) -> float:
        began = self.clock.monotonic()
        await comeback(self.evidence, lambda: self.present, self.clock)
        return self.clock.monotonic() - began

    def evidence(self) -> Evidence:
        return Evidence(mode=DispatchMode.EXPLICIT, agent=self.agent)

    async def after(self, delay_s: float, **facts: object) -> None:
        await self.clock.sleep(delay_s)
        for name, value in facts.items():
            setattr(self, name, value)


async def test_an_agent_that_was_there_all_the_time_is_waited_for_until_it_has_seen_us() -> None:
    room = Room()
    room.present = ["agent"]
    assert await room.waited_s() == pytest.approx(EVENT_LAG_S, abs=0.1)


async def test_an_agent_with_a_session_is_back_when_it_is_heard_of_again() -> None:
    room = Room(ponged=True, heard_at=1.0)
    room.present = ["agent"]
    heard = Agent(identity="agent", ponged=True, heard_at=room.clock.monotonic() + 6)
    later = asyncio.create_task(room.after(6, agent=heard))
    assert await room.waited_s() == pytest.approx(6, abs=0.3)
    await later


async def test_a_plain_agent_is_back_when_it_is_seen_again() -> None:
    room = Room()
    later = asyncio.create_task(room.after(5, present=["agent"]))
    assert await room.waited_s() == pytest.approx(5, abs=0.3)
    await later


async def test_an_agent_that_stays_away_is_given_up() -> None:
    room = Room(ponged=True, heard_at=1.0)
    assert await room.waited_s() == pytest.approx(PATIENCE_S, abs=0.3)


async def test_where_there_is_no_agent_none_is_waited_for() -> None:
    room = Room()
    room.agent = None
    assert await room.waited_s() == pytest.approx(EVENT_LAG_S, abs=0.1)
