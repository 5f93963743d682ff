"""What we have missed is asked for until each agent has answered, and put where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from unittest.mock import create_autospec

import pytest

from lktui.engine.agent_session import AgentSession
from lktui.engine.backfill import PATIENCE_S, Backfill
from lktui.engine.ports import Participant, RoomLink
from lktui.engine.session_diary import SessionDiary
from lktui.engine.session_items import Item
from lktui.sandbox.agents.session_messages import stamp
from tests.support.clock import LoopClock


class Room:
    """Agents that answer or do not, and what is told of their memory."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.here = ["agent"]
        self.memories: dict[str, tuple[Item, ...]] = {}
        self.asked: list[tuple[float, str]] = []
        self.told: list[tuple[str, list[float], float | None]] = []
        link = create_autospec(RoomLink, instance=True)
        type(link).participants = property(self._participants)
        agents = create_autospec(AgentSession, instance=True)
        agents.memory.side_effect = self._memory
        diary = create_autospec(SessionDiary, instance=True)
        diary.remember.side_effect = self._remember
        self.backfill = Backfill(link, agents, diary, self.clock)

    def _participants(self, _link: object) -> tuple[Participant, ...]:
        agents = tuple(Participant(identity=who, is_agent=True) for who in self.here)
        return (Participant(identity="person"), *agents)

    async def _memory(self, identity: str) -> tuple[Item, ...] | None:
        self.asked.append((self.clock.monotonic(), identity))
        return self.memories.get(identity)

    def _remember(
        self,
        identity: str,
        items: Iterable[Item],
        place: Callable[[float], float],
        gap_began_at: float | None = None,
    ) -> None:
        places = [place(item.message.created_at.seconds) for item in items]
        self.told.append((identity, places, gap_began_at))

    def said(self, *ages_s: float) -> tuple[Item, ...]:
        """Make lines of so many seconds ago; -1: it is not known when."""
        items = []
        for age_s in ages_s:
            item = Item()
            if age_s >= 0:
                item.message.created_at.CopyFrom(stamp(self.clock.wall() - age_s))
            else:
                item.message.id = "without a time"
            items.append(item)
        return tuple(items)


async def test_who_has_answered_is_asked_no_more() -> None:
    room = Room()
    room.memories["agent"] = ()
    await room.backfill.before(1000.0)
    assert [who for _, who in room.asked] == ["agent"]


async def test_who_never_answers_is_given_up_in_the_end() -> None:
    room = Room()
    began = room.clock.monotonic()
    await room.backfill.before(1000.0)
    assert room.clock.monotonic() - began == pytest.approx(PATIENCE_S, abs=1.0)
    assert room.told == []
    assert len(room.asked) <= PATIENCE_S + 1


async def test_who_answers_is_not_held_up_by_one_who_does_not() -> None:
    room = Room()
    room.here = ["mute", "agent"]
    room.memories["agent"] = ()
    await room.backfill.before(1000.0)
    assert [who for _, who in room.asked].count("agent") == 1
    assert [who for who, _, _ in room.told] == ["agent"]


async def test_an_agent_that_comes_back_after_the_gap_is_asked_then() -> None:
    room = Room()
    room.here = []
    room.memories["agent"] = ()

    async def comes_back() -> None:
        await room.clock.sleep(6.0)
        room.here = ["agent"]

    coming = asyncio.create_task(comes_back())
    await room.backfill.of_gap(990.0, 1000.0)
    await coming
    assert room.told == [("agent", [], 990.0)]


async def test_what_was_said_before_we_came_stands_where_we_did() -> None:
    room = Room()
    room.memories["agent"] = room.said(30, 20, 10)
    await room.backfill.before(1000.0)
    assert room.told == [("agent", [1000.0] * 3, None)]


async def test_what_was_said_during_the_gap_stands_within_it_in_its_order() -> None:
    room = Room()
    now = room.clock.monotonic()
    room.memories["agent"] = room.said(300, 15, -1, 8, 0)
    await room.backfill.of_gap(now - 20, now - 5)
    ((_, places, gap),) = room.told
    assert places == sorted(places)
    assert places[0] == now - 20
    assert places[1] == pytest.approx(now - 15, abs=1.0)
    assert places[-1] == now - 5
    assert gap == now - 20


async def test_what_has_no_time_does_not_push_what_follows_to_the_end_of_the_gap() -> None:
    room = Room()
    now = room.clock.monotonic()
    room.memories["agent"] = room.said(-1, 15)
    await room.backfill.of_gap(now - 20, now - 5)
    ((_, places, _),) = room.told
    assert places == [now - 20, pytest.approx(now - 15, abs=1.0)]
