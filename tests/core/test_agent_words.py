"""What an agent's session tells, in the words of the transcript."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.agent_events import AgentHandedOff, ToolState, ToolUpdated, TurnMeasured
from lktui.core.agent_words import metrics_words, tell, tool_words
from lktui.core.events import Mark, SessionId
from lktui.core.signs import StateKind
from lktui.core.told import Told
from lktui.core.transcript import Transcript

SESSION = SessionId("s1")


def call(
    key: str = "a:1",
    arguments: str = '{"order": "A-1009", "count": 2}',
    state: ToolState = ToolState.DONE,
    output: str = "",
    *,
    remembered: bool = False,
) -> ToolUpdated:
    return ToolUpdated(
        session=SESSION,
        key=key,
        identity="a",
        name="find_order",
        arguments=arguments,
        state=state,
        output=output,
        began_at=10.0,
        remembered=remembered,
    )


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (call(state=ToolState.RUNNING), 'find_order(order="A-1009", count=2)'),
        (call(output='"2 items"'), 'find_order(order="A-1009", count=2) → 2 items'),
        (call(output='{"n": 2}'), 'find_order(order="A-1009", count=2) → {"n": 2}'),
        (call(arguments="{}"), "find_order() → nothing"),
        (call(arguments="{broken"), "find_order({broken) → nothing"),
        (
            call(arguments="{}", state=ToolState.FAILED, output="TimeoutError: 5 s"),
            "find_order() ✗ TimeoutError: 5 s",
        ),
        (call(arguments="{}", state=ToolState.CANCELLED), "find_order() cancelled"),
    ],
)
def test_a_call_reads_as_a_programmer_would_write_it(tool: ToolUpdated, words: str) -> None:
    assert tool_words(tool) == words


def test_only_what_was_measured_is_told() -> None:
    turn = TurnMeasured(
        session=SESSION, key="a:i", identity="a", about=1.0, llm_ttft_s=0.32, llm_tokens_per_s=48.4
    )
    assert metrics_words(turn) == "first token 0.32 s · 48 tokens/s"


def test_a_result_takes_the_place_of_its_running_call() -> None:
    transcript = Transcript()
    tell(transcript, call(state=ToolState.RUNNING))
    assert transcript[0].kind is StateKind.WAITING
    tell(transcript, call(state=ToolState.FAILED, output="no"))
    assert [row.kind for row in transcript] == [StateKind.FAILED]


def test_what_comes_from_memory_is_marked_as_earlier() -> None:
    transcript = Transcript()
    tell(transcript, call(remembered=True))
    tell(
        transcript,
        AgentHandedOff(
            session=SESSION,
            key="a:h",
            identity="a",
            old="checkout",
            new="support",
            began_at=11.0,
            remembered=True,
        ),
    )
    assert [row.text for row in transcript][1] == "checkout → support"
    assert [row.mark for row in transcript] == [Mark.HISTORY, Mark.HISTORY]


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(ToolState)), max_size=30))
def test_a_call_is_counted_once_however_often_its_end_is_told(
    updates: list[tuple[int, ToolState]],
) -> None:
    told = Told()
    ended: dict[int, ToolState] = {}
    for key, state in updates:
        told = told.after(call(key=str(key), state=state))
        if state is not ToolState.RUNNING:
            ended.setdefault(key, state)
    assert told.tools == len(ended)
    assert told.tools_failed == sum(state is ToolState.FAILED for state in ended.values())
