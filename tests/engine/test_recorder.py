"""What is said is written down first; a disk that fails is said once and tried again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain

import pytest

from lktui.core.events import (
    CleanupResult,
    DispatchIntended,
    EngineFaulted,
    Event,
    Notice,
    RecordCaughtUp,
    Role,
    RoomIntended,
    SegmentUpdated,
    SessionEnded,
    SessionEvent,
    SessionId,
    SessionOpened,
)
from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile import AuthMode, DispatchMode
from lktui.store.record import SessionReader
from tests.support.fakes.world import World

S = SessionId("s1")
OPENED = SessionOpened(
    session=S,
    profile="p",
    url="ws://h",
    host="h",
    auth_mode=AuthMode.API,
    dispatch_mode=DispatchMode.AUTO,
    agent_name="",
    join_timeout_s=15.0,
)
ENDED = SessionEnded(session=S, cleanup=CleanupResult.DONE, took_ms=1.0)
DURABLE = [
    OPENED,
    RoomIntended(session=S, room="r"),
    DispatchIntended(session=S, room="r", agent_name="a", attempt=1),
    ENDED,
]


def said(text: str, *, final: bool) -> SegmentUpdated:
    return SegmentUpdated(
        session=S,
        key="k",
        identity="i",
        speaker="x",
        role=Role.AGENT,
        text=text,
        final=final,
        opened_at=1.0,
        first_text_at=1.0,
    )


def on_disk(world: World) -> int:
    with closing(sqlite3.connect(world.paths.journal)) as db:
        return int(db.execute("SELECT count(*) FROM event").fetchone()[0])


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    """Let every write of an event fail."""
    world.journal._db.execute("ALTER TABLE event RENAME TO away")
    yield
    world.journal._db.execute("ALTER TABLE away RENAME TO event")


@pytest.mark.parametrize("event", DURABLE, ids=lambda event: type(event).__name__)
async def test_what_safety_rests_on_is_on_disk_before_it_is_shown(
    world: World, event: SessionEvent
) -> None:
    before = on_disk(world)
    world.recorder.emit(event)  # type: ignore[arg-type]  # each is one of the union
    assert on_disk(world) == before + 1
    assert isinstance(world.events[-1], Event)


async def test_other_events_are_on_disk_within_250_ms(world: World) -> None:
    world.recorder.emit(Notice(session=S, text="x"))
    assert on_disk(world) == 0
    assert len(world.events) == 1
    await asyncio.sleep(0.26)
    assert on_disk(world) == 1


async def test_half_said_lines_are_shown_and_not_kept(world: World) -> None:
    world.recorder.emit(said("hel", final=False))
    world.recorder.emit(said("hello", final=True))
    await asyncio.sleep(0.3)
    assert on_disk(world) == 1
    assert len(world.events) == 2


async def test_events_are_stamped_with_both_clocks_unless_they_happened_earlier(
    world: World,
) -> None:
    world.recorder.emit(Notice(session=S, text="now"))
    world.recorder.emit(Notice(session=S, text="then", at=7.0))
    now, then = world.all(Notice)
    assert (now.at, now.wall) == (world.clock.monotonic(), world.clock.wall())
    assert then.at == 7.0


async def test_a_disk_that_fails_is_said_once_and_loses_nothing(world: World) -> None:
    with full_disk(world):
        for number in range(5):
            world.recorder.emit(Notice(session=S, text=str(number)))
            await asyncio.sleep(0.3)
        (said_of_it,) = world.all(EngineFaulted)
        assert said_of_it.problem.code is ProblemCode.NOT_RECORDED
        assert said_of_it.problem.summary == "Not recorded for now: no such table: event"
        assert world.all(RecordCaughtUp) == []
    await asyncio.sleep(0.6)
    assert on_disk(world) == 5
    assert len(world.all(RecordCaughtUp)) == 1
    assert len(world.all(EngineFaulted)) == 1


async def test_a_disk_that_fails_again_is_said_again(world: World) -> None:
    for number in range(2):
        with full_disk(world):
            world.recorder.emit(Notice(session=S, text=str(number)))
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.6)
    assert len(world.all(EngineFaulted)) == 2


@pytest.mark.parametrize("event", DURABLE[:3], ids=lambda event: type(event).__name__)
async def test_an_intent_that_cannot_be_recorded_is_refused_and_leaves_no_trace(
    world: World, event: SessionEvent
) -> None:
    with full_disk(world), pytest.raises(PortError) as refused:
        world.recorder.emit(event)  # type: ignore[arg-type]  # each is one of the union
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE
    assert world.events == []
    world.recorder.flush()
    assert on_disk(world) == 0


async def test_an_end_that_cannot_be_recorded_is_an_end_all_the_same(world: World) -> None:
    world.recorder.emit(OPENED)
    with full_disk(world):
        world.recorder.emit(ENDED)
        assert isinstance(world.all(SessionEnded)[-1], SessionEnded)
    await asyncio.sleep(0.6)
    assert on_disk(world) == 2


async def test_under_a_flood_every_line_is_in_the_record_once_and_in_order(world: World) -> None:
    """A hundred lines a second for 20 s, half said before they are final, and a disk that fails."""
    spoken = [f"line {number}" for number in range(2000)]
    world.recorder.emit(OPENED)
    for number, text in enumerate(spoken):
        world.recorder.emit(said(text[:-2], final=False))
        if number == len(spoken) // 2:
            with full_disk(world):
                world.recorder.emit(said(text, final=True))
                await asyncio.sleep(1.0)
        else:
            world.recorder.emit(said(text, final=True))
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    with SessionReader(world.paths, S) as reader:
        recorded = list(chain.from_iterable(iter(lambda: reader.read(500), [])))
    assert [event.text for event in recorded if isinstance(event, SegmentUpdated)] == spoken
    heard = [event.text for event in world.all(SegmentUpdated) if event.final]
    assert heard == spoken
