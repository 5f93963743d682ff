"""Every call is told once, with its answer; no token gets through."""

from __future__ import annotations

import asyncio

import pytest

from lktui.core.events import AnyEvent, ApiCalled
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.engine.call_log import MAX_RAW_CHARS, CallLog
from tests.support.clock import LoopClock

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


class Heard:
    """A log and what it has told."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.log = CallLog("staging", self.events.append, LoopClock())

    @property
    def call(self) -> ApiCalled:
        (event,) = self.events
        assert isinstance(event, ApiCalled)
        return event


@pytest.fixture
def heard() -> Heard:
    return Heard()


async def test_an_answer_is_told_with_how_long_it_took(heard: Heard) -> None:
    with heard.log.call("create_dispatch", "r", "echo", "{}") as call:
        await asyncio.sleep(0.004)
        call.answered("AD_1", "id: AD_1")
    told = heard.call
    assert (told.call, told.profile, told.room, told.subject) == (
        "create_dispatch", "staging", "r", "echo",
    )  # fmt: skip
    assert (told.answer, told.raw, told.metadata, told.took_ms) == ("AD_1", "id: AD_1", "{}", 4.0)
    assert told.problem is None


async def test_a_failure_is_told_and_goes_on(heard: Heard) -> None:
    refused = problem(ProblemCode.AUTH_FAILED, detail="401 from the host")
    with pytest.raises(PortError), heard.log.call("list_rooms"):
        raise PortError(refused)
    assert heard.call.problem == refused
    assert heard.call.answer == refused.summary


async def test_what_is_not_there_is_an_answer(heard: Heard) -> None:
    with pytest.raises(PortError), heard.log.call("delete_room", "r"):
        raise PortError(problem(ProblemCode.NOT_FOUND, what="r"))
    assert heard.call.problem is None
    assert heard.call.answer == "not there"


async def test_a_call_that_nobody_waits_for_any_more_is_not_told(heard: Heard) -> None:
    with pytest.raises(asyncio.CancelledError), heard.log.call("list_rooms"):
        raise asyncio.CancelledError
    assert heard.events == []


async def test_tokens_and_controls_are_cut_out_of_everything(heard: Heard) -> None:
    with heard.log.call(f"connect {TOKEN}", TOKEN, TOKEN, TOKEN) as call:
        call.answered(TOKEN, f"a\x1b[31m\n{TOKEN}" + "x" * MAX_RAW_CHARS)
    told = heard.call
    for text in (told.room, told.subject, told.metadata, told.answer, told.raw):
        assert TOKEN not in text
        assert "\x1b" not in text
    assert len(told.raw) <= MAX_RAW_CHARS
