"""What happens after the beginning stands between the lines of the conversation."""

from __future__ import annotations

from lktui.core.events import (
    AnyEvent,
    LinkChanged,
    LinkState,
    ProblemRaised,
    RetryStep,
    Role,
    SegmentUpdated,
    SessionId,
    Step,
    StepDone,
)
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode, problem
from lktui.core.signs import StateKind
from lktui.core.transcript import Row
from tests.support.scenes import Conversation

CALL = Conversation("7f3a02")
ID = SessionId("7f3a02")


def rows_of(*events: AnyEvent) -> list[Row]:
    fold = Fold()
    fold.apply(events)
    return list(fold.transcript(ID))


def line(after_s: float, text: str) -> SegmentUpdated:
    at = CALL.at + after_s
    return SegmentUpdated(
        session=ID,
        at=at,
        key=text,
        identity="a",
        speaker="checkout",
        role=Role.AGENT,
        text=text,
        final=True,
        opened_at=at,
        first_text_at=at,
    )


def test_how_it_began_is_no_part_of_the_conversation() -> None:
    assert rows_of(*CALL.ready()) == []
    assert rows_of(*CALL.not_taken()) == []


def test_a_lost_link_stands_at_its_place_in_time() -> None:
    lost = LinkChanged(session=ID, at=CALL.at + 3, state=LinkState.RECONNECTING)
    rows = rows_of(*CALL.ready(), line(2, "one"), line(4, "two"), lost)
    assert [(row.speaker, row.text) for row in rows] == [
        ("checkout", "one"),
        ("gap", "since 0:03: reconnecting"),
        ("checkout", "two"),
    ]
    assert rows[1].role is None
    assert rows[1].kind is StateKind.STALE


def test_a_retry_and_a_problem_stand_there_too() -> None:
    step = RetryStep(session=ID, at=CALL.at + 5, attempt=2, number=1, text="look")
    raised = ProblemRaised(
        session=ID, at=CALL.at + 6, problem=problem(ProblemCode.RATE_LIMITED), fatal=False
    )
    rows = rows_of(*CALL.ready(), step, raised)
    assert [(row.speaker, row.text) for row in rows] == [
        ("retry 2", "look"),
        ("error", "✗ The server asks to slow down"),
    ]


def test_steps_that_are_told_late_are_not_repeated() -> None:
    first = StepDone(session=ID, at=CALL.at + 2, step=Step.FIRST_REPLY, took_ms=710.0)
    jobs = StepDone(session=ID, at=CALL.at + 3, step=Step.JOBS, subject="job taken")
    assert rows_of(*CALL.ready(), first, jobs) == []


def test_facts_count_neither_as_turns_nor_for_scripts() -> None:
    fold = Fold()
    lost = LinkChanged(session=ID, at=CALL.at + 3, state=LinkState.RECONNECTING)
    state = fold.apply([*CALL.ready(), line(2, "one"), lost])
    assert state.sessions[ID].turns == 1
    assert [said.text for said in fold.transcript(ID).as_lines(CALL.at)] == ["one"]
