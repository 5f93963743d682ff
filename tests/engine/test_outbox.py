"""A slow screen makes the engine neither wait nor grow, and misses nothing that counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.dispatch import diagnose
from lktui.core.events import (
    AnyEvent,
    Notice,
    Role,
    SegmentUpdated,
    SessionId,
    VerdictReached,
)
from lktui.core.evidence import Evidence
from lktui.core.profile import DispatchMode
from lktui.core.wire import frame_events
from lktui.engine.outbox import BATCH_S, Outbox

S = SessionId("s1")


def segment(key: str, text: str, *, final: bool = False) -> SegmentUpdated:
    return SegmentUpdated(
        session=S,
        key=key,
        identity="i",
        speaker="x",
        role=Role.AGENT,
        text=text,
        final=final,
        opened_at=1.0,
        first_text_at=1.0,
    )


def notice(text: str) -> Notice:
    return Notice(session=S, text=text)


class Pipe:
    """Takes batches while it is writable."""

    def __init__(self) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self.batches: list[list[AnyEvent]] = []
        self.outbox = Outbox(self.batches.append, self.writable)

    @property
    def events(self) -> list[AnyEvent]:
        return [event for batch in self.batches for event in batch]


@pytest_asyncio.fixture
async def pipe() -> AsyncIterator[Pipe]:
    one = Pipe()
    pump = asyncio.get_running_loop().create_task(one.outbox.pump())
    yield one
    pump.cancel()
    await asyncio.gather(pump, return_exceptions=True)


async def test_the_first_event_after_a_pause_leaves_at_once(pipe: Pipe) -> None:
    pipe.outbox.put(notice("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert pipe.batches == [[notice("a")]]


async def test_what_follows_leaves_in_one_batch(pipe: Pipe) -> None:
    pipe.outbox.put(notice("a"))
    await asyncio.sleep(BATCH_S / 5)
    pipe.outbox.put(notice("b"))
    pipe.outbox.put(notice("c"))
    await asyncio.sleep(BATCH_S)
    assert pipe.batches == [[notice("a")], [notice("b"), notice("c")]]


async def test_while_the_pipe_is_full_only_a_segments_newest_text_is_kept(pipe: Pipe) -> None:
    pipe.writable.clear()
    for text in ("h", "he", "hel"):
        pipe.outbox.put(segment("k", text))
        pipe.outbox.put(notice(text))
    pipe.outbox.put(segment("k", "hello", final=True))
    await asyncio.sleep(10)
    assert pipe.batches == []
    pipe.writable.set()
    await asyncio.sleep(1)
    assert pipe.events == [
        segment("k", "hello", final=True),
        notice("h"),
        notice("he"),
        notice("hel"),
    ]


async def test_a_crowd_of_events_leaves_in_frames_that_the_pipe_takes(pipe: Pipe) -> None:
    pipe.writable.clear()
    for number in range(400):
        pipe.outbox.put(segment(str(number), "x" * 60_000, final=True))
    pipe.writable.set()
    await asyncio.sleep(5)
    assert len(pipe.events) == 400
    for batch in pipe.batches:
        frame_events(batch)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_whatever_the_pauses_the_last_text_of_each_segment_and_all_else_arrive(
    moves: list[tuple[str, int, bool, bool]],
) -> None:
    sent: list[AnyEvent] = []
    outbox = Outbox(sent.extend, asyncio.Event())
    last: dict[str, AnyEvent] = {}
    notices: list[AnyEvent] = []
    for key, number, is_segment, flushes in moves:
        if is_segment:
            last[key] = segment(key, str(number), final=number > 7)
            outbox.put(last[key])
        else:
            notices.append(notice(str(number)))
            outbox.put(notices[-1])
        if flushes:
            outbox.flush()
    outbox.flush()
    got = {event.key: event for event in sent if isinstance(event, SegmentUpdated)}
    assert got == last
    assert [event for event in sent if isinstance(event, Notice)] == notices


async def test_a_verdict_is_not_kept_waiting_for_the_batch(pipe: Pipe) -> None:
    pipe.outbox.put(notice("first"))
    await asyncio.sleep(0)
    pipe.outbox.put(notice("second"))
    await asyncio.sleep(BATCH_S / 10)
    assert len(pipe.events) == 1
    known = Evidence(mode=DispatchMode.AUTO, dispatched_at=1.0)
    verdict = VerdictReached(session=S, attempt=1, diagnosis=diagnose(known, 1.0))
    pipe.outbox.put(verdict)
    await asyncio.sleep(BATCH_S / 10)
    assert pipe.events[1:] == [notice("second"), verdict]
