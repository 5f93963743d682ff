"""The timeline in words."""

from __future__ import annotations

import pytest

from lktui.core import story
from lktui.core.dispatch import diagnose
from lktui.core.events import (
    CleanupResult,
    LinkChanged,
    LinkState,
    RetryStep,
    SessionEnded,
    SessionId,
    Step,
    StepDone,
)
from lktui.core.evidence import Evidence
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.core.wrap import cell_width
from tests.support.scenes import Conversation

S = SessionId("s")


def told(step: Step, subject: str = "", took_ms: float | None = None) -> story.StoryLine:
    return story.of_step(
        StepDone(at=10.0, session=S, step=step, subject=subject, took_ms=took_ms), 2.0
    )


@pytest.mark.parametrize("step", Step)
def test_every_step_can_be_told(step: Step) -> None:
    line = told(step, "first words; more of it")
    assert line.what
    assert line.short
    assert line.text
    assert "{" not in line.short + line.text


def test_what_we_do_is_told_when_it_began_and_what_we_see_when_it_was_seen() -> None:
    assert told(Step.CONNECT, "tester-1", 500.0).at_s == pytest.approx(7.5)
    assert told(Step.JOINED, "agent-1", 500.0).at_s == pytest.approx(8.0)


def test_nothing_begins_before_the_session() -> None:
    assert told(Step.ROOM, "created", 9_000_000.0).at_s == 0.0


def test_the_short_form_is_the_first_part_of_the_subject() -> None:
    line = told(Step.JOBS, "job taken; AJ_1 by worker AW_1")
    assert line.short == "job taken"
    assert line.text == "job taken; AJ_1 by worker AW_1"


def test_a_subject_with_braces_is_told_as_it_is() -> None:
    assert told(Step.JOBS, "{subject} {x}").text == "{subject} {x}"


def test_readiness_is_told_by_its_step_and_waiting_not_at_all() -> None:
    waiting = diagnose(Evidence(mode=DispatchMode.AUTO), 0.0)
    assert story.of_verdict(waiting, 1.0, 1.0, 1) is None
    assert told(Step.READY, "pong").kind is StateKind.READY


def test_a_verdict_is_told_with_its_sign() -> None:
    found = diagnose(Evidence(mode=DispatchMode.AUTO), 99.0)
    line = story.of_verdict(found, 99.0, 99_000.0, 2)
    assert line is not None
    assert (line.what, line.text, line.attempt) == ("verdict", "✗ no agent in 15 s", 2)


def test_a_step_of_a_retry_is_told_with_its_number() -> None:
    line = story.of_retry(
        RetryStep(at=5.0, session=S, attempt=2, number=4, text="dispatch again; same metadata"), 2.0
    )
    assert (line.what, line.short, line.at_s) == ("retry 2", "4 dispatch again", 3.0)


@pytest.mark.parametrize("state", LinkState)
def test_every_state_of_the_connection_is_told_with_its_reason(state: LinkState) -> None:
    line = story.of_link(LinkChanged(at=3.0, session=S, state=state, reason="R"), 2.0, 1)
    assert line.text.endswith(": R")
    assert not line.short.endswith(": R")


@pytest.mark.parametrize("result", CleanupResult)
def test_every_end_is_told(result: CleanupResult) -> None:
    line = story.of_end(SessionEnded(at=3.0, session=S, cleanup=result, took_ms=9.0), 2.0, 1)
    assert line.text.startswith("ended; ")
    assert cell_width(line.short) <= 30


def test_a_problem_is_told_by_its_summary() -> None:
    line = story.of_problem(problem(ProblemCode.RATE_LIMITED), 1.0, 1)
    assert line.text == "✗ The server asks to slow down"


def test_a_conversation_is_told_in_the_order_of_what_happened() -> None:
    state = SessionState(id=S)
    for event in Conversation("s").ready():
        state = state.apply(event)  # type: ignore[arg-type]  # all are events of a session
    assert [line.what for line in state.story] == ["room", "join", "dispatch", "agent", "agent"]
    assert [line.short for line in state.story] == [
        "room created",
        "joined: tester-s",
        "dispatch sent",
        "agent joined",
        "● ready: pong",
    ]


def test_a_session_that_made_nothing_does_not_say_that_its_room_is_gone() -> None:
    end = SessionEnded(at=3.0, session=S, cleanup=CleanupResult.DONE, took_ms=0.0, made=False)
    assert story.of_end(end, 2.0, 1).text == "ended; nothing was made"


def test_a_connection_that_ended_with_its_room_is_no_failure() -> None:
    closed = LinkChanged(at=3.0, session=S, state=LinkState.LOST, reason="ROOM_CLOSED")
    line = story.of_link(closed, 2.0, 1)
    assert (line.short, line.kind) == ("○ the room is gone", StateKind.OVER)
