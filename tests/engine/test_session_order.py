"""Where tool calls and handoffs stand: as the agent has it, however their messages come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.agent_events import ToolState
from lktui.engine.session_order import SessionOrder
from tests.support.watched_room import AGENT, TALKER, Watched


@pytest.fixture
def room() -> Watched:
    return Watched()


def test_a_call_whose_messages_come_after_the_reply_opened_stands_before_it(room: Watched) -> None:
    room.heard("order 12", TALKER, 101.0)
    room.heard("here it is", AGENT, 101.06)
    room.tool_began(made_at=101.02, at=101.09)
    room.tool_ended(made_at=101.03, at=101.10)
    assert room.rows == ["order 12", "find() → it", "here it is"]


def test_a_call_is_moved_when_the_reply_turns_out_to_have_begun_after_it(room: Watched) -> None:
    room.heard("order 12", TALKER, 101.0)
    room.heard("here it is", AGENT, 101.005)
    room.tool_began(made_at=101.003, at=101.09)
    room.tool_ended(made_at=101.0035, at=101.10)
    assert room.rows == ["order 12", "here it is", "find() → it"]
    room.added("here it is", pb.ChatRole.ASSISTANT, began_at=101.004, at=101.2)
    assert room.rows == ["order 12", "find() → it", "here it is"]


def test_calls_that_are_moved_keep_their_order(room: Watched) -> None:
    room.heard("here they are", AGENT, 101.005)
    for number in range(3):
        room.tool_began(made_at=101.001 + number / 1000, at=101.09, call_id=f"c{number}")
    room.added("here they are", pb.ChatRole.ASSISTANT, began_at=101.0045, at=101.2)
    assert room.rows[-1] == "here they are"
    places = {tool.key: tool.began_at for tool in room.tools}
    rows = [row.at for row in room.transcript][:3]
    assert rows == sorted(rows) == [places[f"{AGENT}:c{number}"] for number in range(3)]


def test_a_call_stands_behind_the_line_that_the_agent_took_before_it(room: Watched) -> None:
    room.heard("order 12", TALKER, 101.05)
    room.added("order 12", pb.ChatRole.USER, began_at=101.0, at=101.06)
    room.tool_began(made_at=101.01, at=101.07)
    assert room.rows == ["order 12", "find()"]


def test_a_call_stands_behind_what_the_agent_said_before_it(room: Watched) -> None:
    room.heard("order 12", TALKER, 101.0)
    room.tool_began(made_at=101.2, at=101.21)
    room.heard("one moment", AGENT, 101.3)
    room.heard("here it is", AGENT, 101.9)
    room.added("one moment", pb.ChatRole.ASSISTANT, began_at=101.1, at=101.7)
    room.added("here it is", pb.ChatRole.ASSISTANT, began_at=101.8, at=102.1)
    assert room.rows == ["order 12", "one moment", "find()", "here it is"]


def test_how_long_a_call_took_is_told_by_the_agents_clock(room: Watched) -> None:
    room.tool_began(made_at=101.0, at=101.5)
    room.tool_ended(made_at=101.25, at=101.5)
    assert room.tools[-1].took_s == pytest.approx(0.25, abs=1e-5)


def test_a_move_counts_as_no_further_change_of_the_call(room: Watched) -> None:
    room.heard("here it is", AGENT, 101.005)
    room.tool_began(made_at=101.003, at=101.09)
    room.tool_ended(made_at=101.0035, at=101.10)
    ended = room.tools[-1]
    room.added("here it is", pb.ChatRole.ASSISTANT, began_at=101.004, at=101.2)
    moved = room.tools[-1]
    assert (moved.state, moved.output, moved.took_s) == (ToolState.DONE, "it", ended.took_s)
    assert moved.began_at < ended.began_at


def test_a_handoff_stands_before_the_first_line_of_who_takes_over(room: Watched) -> None:
    room.heard("I pass you on", AGENT, 101.0)
    room.heard("support here", AGENT, 101.06)
    room.handed_off(made_at=101.02, at=101.09)
    assert room.rows == ["I pass you on", "shop → support", "support here"]


def test_a_call_without_a_time_stands_where_its_message_came(room: Watched) -> None:
    room.heard("here it is", AGENT, 101.0)
    event = pb.AgentSessionEvent()
    event.tool_execution_updated.started.function_call.call_id = "c1"
    room.diary.event(AGENT, event, 101.05)
    assert [tool.began_at for tool in room.tools] == [101.05]


MOMENTS = st.lists(st.integers(1, 1000), min_size=1, max_size=12, unique=True)


@given(MOMENTS, st.data())
def test_lines_that_came_late_never_change_sides_with_what_lies_between(
    moments: list[int], data: st.DataObject
) -> None:
    """Lines keep their order among themselves, however late each one was seen here."""
    order = SessionOrder()
    seen = 0.0
    lines = []
    for moment in sorted(moments):
        seen = max(seen + 0.001, moment + data.draw(st.floats(0, 50)))
        lines.append((float(moment), seen))
        order.line(moment, seen)
    made_at = data.draw(st.integers(1, 1000)) + 0.5
    place = order.between_lines(made_at, data.draw(st.floats(0, 2000)))
    assert all((made_at > made) == (place > began_at) for made, began_at in lines)
    assert order.between_lines(made_at, place) == place
