"""What agents tell of their sessions: each thing once, by the agent, in words that are safe."""

from __future__ import annotations

from typing import TypeVar

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.agent_events import (
    AgentErred,
    AgentHandedOff,
    MemoryRead,
    SessionSilent,
    ToolState,
    ToolUpdated,
    TurnMeasured,
    UsageCounted,
)
from lktui.core.events import Event, Mark
from lktui.engine.session_items import Item
from tests.support.watched_room import AGENT, TALKER, Watched

_E = TypeVar("_E", bound=Event)


@pytest.fixture
def room() -> Watched:
    return Watched()


def all_of(room: Watched, kind: type[_E]) -> list[_E]:
    return [event for event in room.events if isinstance(event, kind)]


def call(call_id: str = "c1") -> Item:
    item = Item()
    item.function_call.call_id, item.function_call.name = call_id, "find"
    item.function_call.arguments = '{"number": "7"}'
    return item


def output(text: str, call_id: str = "c1", *, failed: bool = False) -> Item:
    item = Item()
    item.function_call_output.call_id, item.function_call_output.output = call_id, text
    item.function_call_output.is_error = failed
    return item


def said(text: str, line_id: str, role: pb.ChatRole = pb.ChatRole.ASSISTANT) -> Item:
    item = Item()
    item.message.id, item.message.role = line_id, role
    item.message.content.add().text = text
    return item


def remember(room: Watched, *items: Item, gap_began_at: float | None = None) -> None:
    room.diary.remember(AGENT, items, lambda _made_at: 90.0, gap_began_at)


def test_a_call_that_is_told_live_and_remembered_is_one(room: Watched) -> None:
    room.tool_began(made_at=101.0, at=101.01)
    room.tool_ended(made_at=101.1, at=101.11)
    before = len(room.tools)
    remember(room, call(), output("it"))
    assert len(room.tools) == before
    assert room.rows == ["find() → it"]


def test_a_call_that_is_only_remembered_says_so_and_has_no_duration(room: Watched) -> None:
    remember(room, call(), output("order 7: 2 items"))
    told = room.tools[-1]
    assert (told.remembered, told.state, told.took_s) == (True, ToolState.DONE, None)
    assert room.rows == ['find(number="7") → order 7: 2 items']
    assert all_of(room, MemoryRead)[-1].lines == 1


def test_what_was_remembered_before_it_was_told_moves_to_where_it_was_made(room: Watched) -> None:
    room.heard("hello", AGENT, 101.0)
    remember(room, call(), output("it"))
    room.tool_began(made_at=102.0, at=102.01)
    room.tool_ended(made_at=102.1, at=102.11)
    assert room.rows == ["hello", 'find(number="7") → it']
    assert (room.tools[-1].remembered, room.tools[-1].state) == (False, ToolState.DONE)


def test_a_handoff_that_was_remembered_before_it_was_told_moves_too(room: Watched) -> None:
    room.heard("hello", AGENT, 101.0)
    item = Item()
    item.agent_handoff.id = "h1"
    item.agent_handoff.old_agent_id, item.agent_handoff.new_agent_id = "shop", "support"
    remember(room, item)
    room.handed_off(made_at=102.0, at=102.01)
    first, second = all_of(room, AgentHandedOff)
    assert first.key == second.key
    assert second.began_at > 101.0
    assert not second.remembered


def test_a_line_that_is_said_again_and_streamed_late_moves_nothing_to_the_first(
    room: Watched,
) -> None:
    user = pb.ChatRole.USER
    room.heard("order 7", TALKER, 101.0)
    room.added("order 7", user, 101.0, 101.01)
    room.tool_began(made_at=101.1, at=101.11)
    room.tool_ended(made_at=101.2, at=101.21)
    room.heard("done", AGENT, 101.3)
    room.added("done", pb.ChatRole.ASSISTANT, 101.25, 101.35)
    room.added("order 7", user, 102.0, 102.01)  # its stream is still on the way
    assert room.rows == ["order 7", "find() → it", "done"]
    room.tool_began(made_at=102.1, at=102.11, call_id="c2")
    room.tool_ended(made_at=102.2, at=102.21, call_id="c2")
    room.heard("order 7", TALKER, 102.5)
    room.heard("done", AGENT, 102.6)
    room.added("done", pb.ChatRole.ASSISTANT, 102.25, 102.65)
    assert room.rows == ["order 7", "find() → it", "done"] * 2


def test_an_output_that_is_an_error_makes_a_failed_call(room: Watched) -> None:
    remember(room, call(), output("too old", failed=True))
    assert room.tools[-1].state is ToolState.FAILED


def test_the_end_of_a_call_whose_beginning_nobody_saw_is_passed_over(room: Watched) -> None:
    room.tool_ended(made_at=101.0, at=101.01, call_id="of before")
    assert all_of(room, ToolUpdated) == []


def test_calls_of_two_agents_that_have_the_same_id_are_two(room: Watched) -> None:
    remember(room, call())
    room.diary.remember("second", [call()], lambda _made_at: 91.0)
    assert len({tool.key for tool in room.tools}) == 2


def test_what_a_person_sends_as_an_agent_would_is_passed_over(room: Watched) -> None:
    event = pb.AgentSessionEvent()
    event.tool_execution_updated.started.function_call.call_id = "c1"
    room.diary.event(TALKER, event, 101.0)
    assert all_of(room, ToolUpdated) == []


def test_instructions_are_no_line(room: Watched) -> None:
    remember(room, said("Sell.", "m1", pb.ChatRole.SYSTEM), said("hello", "m2"))
    assert room.rows == ["hello"]


def test_a_memory_that_is_read_twice_fills_once(room: Watched) -> None:
    remember(room, said("hello", "m1"), call(), output("it"))
    remember(room, said("hello", "m1"), call(), output("it"), gap_began_at=95.0)
    first, second = all_of(room, MemoryRead)
    assert (first.lines, second.lines) == (2, 0)
    assert second.gap_began_at == 95.0
    assert len(room.rows) == 2


def test_a_line_that_was_heard_is_not_filled_in(room: Watched) -> None:
    room.heard("hello", AGENT, 101.0)
    remember(room, said("hello", "m1"), said("good bye", "m2"), gap_began_at=101.5)
    assert all_of(room, MemoryRead)[-1].lines == 1
    assert sorted(room.rows) == ["good bye", "hello"]


def test_an_interruption_is_told_of_the_line_that_was_heard(room: Watched) -> None:
    room.heard("one two three", AGENT, 101.0)
    room.added("one two three", pb.ChatRole.ASSISTANT, 101.0, 101.5, interrupted=True)
    assert [row.mark for row in room.transcript] == [Mark.INTERRUPTED]


def test_the_first_agent_takes_over_from_nobody(room: Watched) -> None:
    item = Item()
    item.agent_handoff.id, item.agent_handoff.new_agent_id = "h1", "shop"
    remember(room, item)
    assert all_of(room, AgentHandedOff) == []


def test_a_handoff_that_is_told_and_remembered_is_one(room: Watched) -> None:
    room.handed_off(made_at=101.0, at=101.01)
    item = Item()
    item.agent_handoff.id = "h1"
    item.agent_handoff.old_agent_id, item.agent_handoff.new_agent_id = "shop", "support"
    remember(room, item)
    assert len(all_of(room, AgentHandedOff)) == 1


def test_an_agent_without_a_session_is_told_of_once(room: Watched) -> None:
    for identity in (AGENT, AGENT, "second"):
        room.diary.silent(identity)
    assert [event.identity for event in all_of(room, SessionSilent)] == [AGENT, "second"]


def test_sums_are_told_when_they_change(room: Watched) -> None:
    for tokens in (100, 100, 180):
        event = pb.AgentSessionEvent()
        model = event.session_usage_updated.usage.model_usage.add().llm
        model.provider, model.model, model.input_tokens = "openai", "gpt", tokens
        room.told(event, made_at=101.0, at=101.01)
    assert [event.input_tokens for event in all_of(room, UsageCounted)] == [100, 180]


def test_what_was_measured_of_a_line_stands_with_it(room: Watched) -> None:
    room.heard("hello", AGENT, 101.0)
    event = pb.AgentSessionEvent()
    line = event.conversation_item_added.item.message
    line.CopyFrom(said("hello", "m1").message)
    line.metrics.llm_node_ttft, line.metrics.e2e_latency = 0.35, 1.2
    room.told(event, made_at=101.4, at=101.5)
    (turn,) = all_of(room, TurnMeasured)
    assert (turn.about, turn.llm_ttft_s, turn.end_to_end_s) == (101.0, 0.35, 1.2)
    assert turn.tts_ttfb_s is None


def test_names_and_outputs_from_outside_are_made_safe(room: Watched) -> None:
    item = call()
    item.function_call.name = "find\x1b[31m\n"
    remember(room, item, output("a\x1b]0;b\x07\nc"))
    told = room.tools[-1]
    assert all(char.isprintable() for char in told.name + told.output + told.key)


def test_an_error_says_whether_the_agent_goes_on(room: Watched) -> None:
    room.diary.erred(AGENT, "busy", goes_on=True)
    room.diary.erred(AGENT, "out of money", goes_on=False)
    assert [event.goes_on for event in all_of(room, AgentErred)] == [True, False]
