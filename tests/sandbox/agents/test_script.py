from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.sandbox.agents.script import TOOLS, reply_to


@pytest.mark.parametrize(
    ("line", "tool", "arguments", "said"),
    [
        ("Where is my ORDER 20417?", "find_order", {"order": "20417"}, "20417"),
        ("where is my parcel", "find_order", {"order": "1042"}, "1042"),
        ("weather in Bergen please", "get_weather", {"place": "Bergen"}, "Bergen"),
        ("will it rain", "get_weather", {"place": "Oslo"}, "Oslo"),
        ("help", "list_topics", {}, "story"),
        ("bye!", "end_call", {"reason": "the user said goodbye"}, "Goodbye"),
    ],
)
def test_words_call_tools_whose_result_is_in_the_reply(
    line: str, tool: str, arguments: dict[str, str], said: str
) -> None:
    reply = reply_to(line, 0)
    assert reply.tool is not None
    assert (reply.tool.name, json.loads(reply.tool.arguments)) == (tool, arguments)
    assert said in reply.text
    json.loads(reply.tool.output)
    assert not reply.tool.failed


def test_one_tool_fails_so_that_failing_can_be_seen() -> None:
    reply = reply_to("I want a refund for my order", 0)
    assert reply.tool is not None
    assert reply.tool.failed
    assert "does not answer" in reply.text


def test_what_is_not_understood_is_said_back_with_a_hint() -> None:
    assert reply_to("the  cat\nsat", 0).text.startswith("You said “the cat sat”.")
    assert reply_to("the cat", 0) != reply_to("the cat", 1)


def test_a_word_counts_only_as_a_whole_word() -> None:
    assert reply_to("we are bordering on disorder", 0).tool is None


@given(st.text(), st.integers(min_value=0))
def test_any_line_gets_a_short_reply_and_known_tools(line: str, turn: int) -> None:
    reply = reply_to(line * 50, turn)
    assert 0 < len(reply.text) < 500
    assert reply.tool is None or reply.tool.name in TOOLS
