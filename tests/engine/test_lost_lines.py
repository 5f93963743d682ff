"""A line that the connection took and lost is not taken for one that was said."""

from __future__ import annotations

from unittest.mock import create_autospec

from livekit.protocol.agent_pb import agent_session as pb

from lktui.engine.agent_session import AgentSession
from lktui.engine.lost_lines import BEFORE_S, LostLines
from lktui.engine.ports import Participant, RoomLink
from lktui.engine.session_items import Item
from tests.support.clock import LoopClock


class Room:
    """An agent that remembers some lines; None: it cannot be asked."""

    def __init__(self, *remembered: str, asked: bool = True) -> None:
        link = create_autospec(RoomLink, instance=True)
        there = (Participant(identity="person"), Participant(identity="agent", is_agent=True))
        type(link).participants = property(lambda _link: there)
        agents = create_autospec(AgentSession, instance=True)
        agents.memory.return_value = tuple(map(said, remembered)) if asked else None
        self.lines = LostLines(link, agents, LoopClock())

    async def lost(self, began_at: float, ended_at: float) -> list[str]:
        return [line.key for line in await self.lines.of_gap(began_at, ended_at)]


def said(text: str) -> Item:
    item = Item()
    item.message.role = pb.ChatRole.USER
    item.message.content.add().text = text
    return item


async def test_a_line_that_went_into_the_gap_and_is_not_remembered_is_lost() -> None:
    room = Room("hello")
    room.lines.sent("1", "hello", 50.0)
    room.lines.sent("2", "are you there", 102.0)
    assert await room.lost(100.0, 120.0) == ["2"]


async def test_a_lost_line_is_told_once() -> None:
    room = Room("hello")
    room.lines.sent("1", "are you there", 102.0)
    assert await room.lost(100.0, 120.0) == ["1"]
    assert await room.lost(100.0, 140.0) == []


async def test_a_gap_is_noticed_late_so_what_went_out_a_little_before_may_be_lost() -> None:
    room = Room()
    room.lines.sent("1", "hello", 100.0 - BEFORE_S)
    assert await room.lost(100.0, 120.0) == ["1"]


async def test_the_same_words_are_counted() -> None:
    room = Room("yes", "yes")
    for number, at in enumerate((50.0, 60.0, 105.0)):
        room.lines.sent(str(number), "yes", at)
    assert await room.lost(100.0, 120.0) == ["2"]


async def test_what_arrived_after_all_is_not_lost() -> None:
    room = Room("hello", "still  there ")
    room.lines.sent("1", "hello", 50.0)
    room.lines.sent("2", "still there", 105.0)
    assert await room.lost(100.0, 120.0) == []


async def test_an_agent_that_cannot_be_asked_proves_nothing() -> None:
    room = Room(asked=False)
    room.lines.sent("1", "hello", 105.0)
    assert await room.lost(100.0, 120.0) == []


async def test_an_agent_that_listens_to_somebody_else_proves_nothing() -> None:
    room = Room("of another")
    room.lines.sent("1", "hello", 50.0)
    room.lines.sent("2", "hello?", 105.0)
    assert await room.lost(100.0, 120.0) == []
