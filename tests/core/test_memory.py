"""The agent's memory beside what was streamed: each line once, whole, and marked rightly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Mark
from lktui.core.reassembly import Reassembly, Remembered

AGENT, USER = "agent", "person"
TOPIC = "lk.transcription"


def stream(lines: Reassembly, name: str, who: str, text: str, at: float) -> None:
    lines.opened(name, TOPIC, who, {"lk.segment_id": name}, at)
    lines.chunk(name, text, at)
    lines.closed(name, {"lk.transcription_final": "true"}, at + 0.5)


def by_agent(text: str, *, interrupted: bool = False, name: str = "") -> Remembered:
    return Remembered(id=name or text, identity=AGENT, text=text, interrupted=interrupted)


def by_user(text: str) -> Remembered:
    return Remembered(id=f"u {text}", identity="", text=text, not_by=AGENT)


def test_an_interrupted_reply_is_marked_when_the_agent_says_so() -> None:
    lines = Reassembly()
    stream(lines, "s", AGENT, "between nine and twelve", 1.0)
    update, began_at = lines.confirmed(by_agent("between nine", interrupted=True))
    assert update is not None
    assert (update.mark, update.text, began_at) == (
        Mark.INTERRUPTED,
        "between nine and twelve",
        1.0,
    )


def test_a_reply_that_is_said_to_be_interrupted_before_its_end_is_marked_at_its_end() -> None:
    lines = Reassembly()
    lines.opened("s", TOPIC, AGENT, {}, 1.0)
    lines.chunk("s", "between nine", 1.0)
    assert lines.confirmed(by_agent("between nine", interrupted=True)) == (None, 1.0)
    final = lines.closed("s", {"lk.transcription_final": "true"}, 2.0)
    assert final is not None
    assert final.mark is Mark.INTERRUPTED


def test_the_next_reply_that_begins_alike_is_not_marked_in_the_place_of_the_interrupted_one() -> (
    None
):
    lines = Reassembly()
    stream(lines, "first", AGENT, "your order is on", 1.0)
    lines.opened("second", TOPIC, AGENT, {}, 2.0)
    lines.chunk("second", "your", 2.0)
    update, began_at = lines.confirmed(by_agent("your order is on its", interrupted=True))
    assert update is not None
    assert (update.text, update.mark, began_at) == ("your order is on", Mark.INTERRUPTED, 1.0)


def test_a_line_that_broke_off_is_made_whole_in_its_place() -> None:
    lines = Reassembly()
    lines.opened("s", TOPIC, AGENT, {}, 1.0)
    lines.chunk("s", "your order", 1.0)
    lines.broken("s", 2.0)
    (whole,) = lines.history([by_agent("your order is on its way")], 9.0)
    assert (whole.text, whole.opened_at, whole.mark) == ("your order is on its way", 1.0, Mark.NONE)


def test_a_turn_that_was_spoken_in_two_lines_is_not_doubled() -> None:
    lines = Reassembly()
    stream(lines, "1", USER, "hello", 1.0)
    stream(lines, "2", USER, "how are you", 2.0)
    assert lines.history([by_user("hello how are you")], 9.0) == []


def test_lines_of_an_unknown_user_match_those_of_anybody_but_the_agent() -> None:
    lines = Reassembly()
    stream(lines, "1", AGENT, "yes", 1.0)
    assert [update.text for update in lines.history([by_user("yes")], 9.0)] == ["yes"]
    stream(lines, "2", USER, "no", 20.0)
    assert lines.history([by_user("no")], 30.0) == []


WORDS = st.lists(st.sampled_from(["yes", "no", "one moment", "はい"]), max_size=12)


@given(WORDS, st.integers(0, 12), st.integers(0, 12))
def test_memory_and_streams_together_give_each_line_once(
    said: list[str], missed_from: int, missed: int
) -> None:
    lines = Reassembly()
    for number, text in enumerate(said):
        if not missed_from <= number < missed_from + missed:
            stream(lines, str(number), AGENT, text, number * 20.0)
    whole = [by_agent(text, name=str(number)) for number, text in enumerate(said)]
    filled = lines.history(whole, 1000.0)
    gone = len(said[missed_from : missed_from + missed])
    assert len(filled) == gone
    assert lines.history(whole, 1001.0) == []
