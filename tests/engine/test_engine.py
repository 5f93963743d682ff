"""Commands reach the run they are for; an engine that starts buries what a dead one left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from lktui.core.cleanup import LAST_LOOK_S, ItemState, What
from lktui.core.commands import (
    AnyCommand,
    DispatchInto,
    EndSession,
    ForgetCleanup,
    Retry,
    RunCleanup,
    Say,
    StartSession,
    WatchRoom,
    WatchRooms,
    WithdrawDispatches,
    WriteRecord,
)
from lktui.core.events import (
    AnyEvent,
    CleanupRan,
    CleanupResult,
    DispatchesWithdrawn,
    EngineFaulted,
    Notice,
    OutcomesRead,
    ProblemRaised,
    QueueRead,
    RecordWritten,
    RoomsListed,
    RoomsUnlisted,
    SegmentUpdated,
    SessionEnded,
    SessionId,
    SessionOpened,
)
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode
from lktui.core.verdict import Outcome
from lktui.engine.engine import FOLLOW_S, Engine
from lktui.engine.recorder import Recorder
from lktui.store.journal import Journal, read_open_items
from lktui.store.record import SessionReader
from tests.support.fakes.agents import SESSION, Script
from tests.support.fakes.world import AGENT, EXPLICIT, PATIENCE_S, World

S = SessionId("s1")


class Running:
    """An engine over the in-memory server, and what it has said."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.journal = Journal(world.paths)
        self.events: list[AnyEvent] = []
        self._fold = Fold()
        self._heard = asyncio.Event()
        recorder = Recorder(self.journal, self._hear, world.clock)
        self.engine = Engine(self.journal, world.gateway, recorder, world.clock, "the log")
        self.engine.start()

    def _hear(self, event: AnyEvent) -> None:
        self.events.append(event)
        self._fold.apply([event])
        self._heard.set()

    def ask(self, *commands: AnyCommand) -> None:
        for command in commands:
            self.engine.handle(command)

    async def until(self, kind: type[AnyEvent]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not any(isinstance(event, kind) for event in self.events):
                self._heard.clear()
                await self._heard.wait()

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while S not in self._fold.state.sessions or not self._fold.state.sessions[S].ready:
                self._heard.clear()
                await self._heard.wait()

    def said(self, kind: type[AnyEvent]) -> list[AnyEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def queue(self) -> dict[str, ItemState]:
        """Give what a screen would show of the queue."""
        return {item.id: item.state for item in self._fold.state.cleanup.values()}

    def die(self) -> None:
        """End as by a kill: the lock is free, nothing more is written."""
        self.journal._db.close()
        os.close(self.journal._owners._lock or -1)


@pytest_asyncio.fixture
async def running(world: World) -> AsyncIterator[Running]:
    one = Running(world)
    yield one
    await one.engine.shutdown(8.0)
    one.journal.close()


async def test_it_begins_with_what_is_known_from_before(running: Running) -> None:
    first = [type(event) for event in running.events]
    assert first == [OutcomesRead, QueueRead]


async def test_a_room_that_is_watched_is_not_watched_twice(running: Running, world: World) -> None:
    world.server.room("call-1")
    watches = [WatchRoom(session=SessionId(f"w{n}"), profile=EXPLICIT, room="call-1") for n in "ab"]
    running.ask(*watches)
    await running.until(SessionOpened)
    assert len(running.said(SessionOpened)) == 1
    running.ask(EndSession(session=SessionId("wa")))
    await running.until(SessionEnded)
    running.ask(watches[1])
    assert len(running.said(SessionOpened)) == 2


async def test_what_is_pending_is_written_down_when_it_is_asked_for(
    running: Running, world: World
) -> None:
    world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    await asyncio.sleep(1)
    running.ask(Say(session=S, key="typed:1", text="hello"))
    await running.until(SegmentUpdated)
    running.ask(WriteRecord())
    assert running.said(RecordWritten)
    with SessionReader(world.paths, S) as reader:
        recorded = reader.read(1000)
    assert any(isinstance(e, SegmentUpdated) and e.text == "hello" for e in recorded)


async def test_a_room_in_which_we_are_is_not_asked_who_is_there(
    running: Running, world: World
) -> None:
    world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    await asyncio.sleep(5)
    before = len(world.server.called("participants"))
    running.ask(WatchRooms(profile=EXPLICIT))
    await running.until(RoomsListed)
    await asyncio.sleep(20)
    assert len(world.server.called("participants")) == before
    (listed,) = running.said(RoomsListed)[-1].rooms  # type: ignore[union-attr]  # of this kind
    assert (listed.people, listed.agents, listed.agent_states) == (2, (AGENT,), ("listening",))


async def test_a_session_runs_from_start_to_end(running: Running) -> None:
    running.world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    running.ask(Say(session=S, key="typed:1", text="hello"))
    await running.until(SegmentUpdated)
    running.ask(EndSession(session=S))
    await running.until(SessionEnded)
    assert running.world.server.rooms == {}


async def test_a_session_is_started_once(running: Running) -> None:
    running.ask(*[StartSession(session=S, profile=EXPLICIT)] * 2)
    assert len(running.said(SessionOpened)) == 1


async def test_two_sessions_of_one_profile_do_not_meet(running: Running) -> None:
    running.world.server.workers[AGENT] = SESSION
    other = SessionId("s2")
    running.ask(
        StartSession(session=S, profile=EXPLICIT), StartSession(session=other, profile=EXPLICIT)
    )
    await running.ready()
    await asyncio.sleep(5)
    assert len(running.world.server.rooms) == 2
    assert [len(room.members) for room in running.world.server.rooms.values()] == [2, 2]


async def test_what_is_asked_of_a_session_that_is_over_is_answered(running: Running) -> None:
    running.ask(Say(session=S, key="typed:1", text="x"), Retry(session=S), EndSession(session=S))
    assert [event.text for event in running.said(Notice)] == [  # type: ignore[union-attr]  # notices
        "not now: this session is over"
    ] * 3


async def test_a_shutdown_ends_all_sessions_and_leaves_nothing(world: World) -> None:
    running = Running(world)
    world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    assert await running.engine.shutdown(8.0) == 0
    assert world.server.rooms == {}
    assert world.gateway.closed
    running.journal.close()


async def test_a_shutdown_with_a_dead_server_is_over_within_its_grace(world: World) -> None:
    running = Running(world)
    world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    world.server.hold("delete_dispatch")
    began = world.clock.monotonic()
    assert await running.engine.shutdown(8.0) == 2
    assert world.clock.monotonic() - began <= 8.1
    world.server.hold("delete_dispatch").set()
    running.journal.close()
    assert {item.what for item in read_open_items(world.paths)} == {What.ROOM, What.DISPATCH}


async def test_nothing_is_started_while_it_ends(world: World) -> None:
    running = Running(world)
    ending = asyncio.get_running_loop().create_task(running.engine.shutdown(8.0))
    await asyncio.sleep(0)
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await ending
    assert running.said(SessionOpened) == []
    running.journal.close()


async def test_an_engine_that_was_killed_is_buried_by_the_next(world: World) -> None:
    first = Running(world)
    world.server.workers[AGENT] = SESSION
    first.ask(StartSession(session=S, profile=EXPLICIT))
    await first.ready()
    for task in first.engine._tasks._tasks:
        task.cancel()
    first.die()
    second = Running(world)
    await second.until(SessionEnded)
    (lost,) = second.said(ProblemRaised)
    assert isinstance(lost, ProblemRaised)
    assert lost.problem.code is ProblemCode.ENGINE_LOST
    (ended,) = second.said(SessionEnded)
    assert isinstance(ended, SessionEnded)
    assert ended.cleanup is CleanupResult.PENDING
    (queue,) = second.said(QueueRead)
    assert isinstance(queue, QueueRead)
    assert {item.state for item in queue.items} == {ItemState.DUE}
    second.ask(RunCleanup())
    await second.until(CleanupRan)
    assert world.server.rooms == {}
    assert await second.engine.shutdown(1.0) == 0
    second.journal.close()


async def test_the_next_engine_knows_how_each_profile_went(world: World) -> None:
    first = Running(world)
    first.ask(StartSession(session=S, profile=EXPLICIT))
    await asyncio.sleep(7)
    await first.engine.shutdown(8.0)
    first.journal.close()
    second = Running(world)
    (read,) = second.said(OutcomesRead)
    assert isinstance(read, OutcomesRead)
    assert [(o.profile, o.diagnosis.code) for o in read.outcomes] == [("p", Outcome.NOT_TAKEN)]
    await second.engine.shutdown(1.0)
    second.journal.close()


async def test_a_session_that_cannot_be_recorded_is_refused_and_said(running: Running) -> None:
    running.journal._db.execute("ALTER TABLE event RENAME TO away")
    running.ask(StartSession(session=S, profile=EXPLICIT))
    running.journal._db.execute("ALTER TABLE away RENAME TO event")
    (refused,) = running.said(EngineFaulted)
    assert isinstance(refused, EngineFaulted)
    assert (refused.problem.code, refused.refused) == (ProblemCode.STATE_UNUSABLE, S)
    assert running.said(SessionOpened) == []
    assert running.world.server.calls == []


async def test_the_rooms_of_a_profile_are_listed_when_they_change(running: Running) -> None:
    running.world.server.room("lobby")
    running.ask(WatchRooms(profile=EXPLICIT))
    await running.until(RoomsListed)
    await asyncio.sleep(5)
    before = len(running.said(RoomsListed))
    await asyncio.sleep(20)
    assert len(running.said(RoomsListed)) == before
    running.world.server.room("second")
    await asyncio.sleep(3)
    listed = running.said(RoomsListed)[before]
    assert isinstance(listed, RoomsListed)
    assert {room.name for room in listed.rooms} == {"lobby", "second"}
    running.ask(WatchRooms(profile=None))
    calls = len(running.world.server.calls)
    await asyncio.sleep(20)
    assert len(running.world.server.calls) == calls


async def test_a_list_that_cannot_be_read_is_said_and_tried_more_rarely(running: Running) -> None:
    running.world.server.up = False
    running.ask(WatchRooms(profile=EXPLICIT))
    await running.until(RoomsUnlisted)
    await asyncio.sleep(120)
    assert 4 <= len(running.said(RoomsUnlisted)) <= 8


async def test_a_forgotten_item_is_gone(running: Running) -> None:
    running.world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT, keep=True))
    await running.ready()
    running.ask(EndSession(session=S))
    await running.until(SessionEnded)
    (kept,) = running.journal.open_items()
    running.ask(ForgetCleanup(ids=(kept.id,)))
    assert running.journal.open_items() == ()


@pytest.mark.parametrize("whose", ["ours", "of_the_other"])
async def test_what_is_forgotten_with_another_lktui_is_not_said_to_be_gone(
    running: Running, world: World, whose: str
) -> None:
    world.server.workers[AGENT] = SESSION
    other = Running(world)
    maker = running if whose == "ours" else other
    maker.ask(StartSession(session=S, profile=EXPLICIT, keep=True))
    await maker.ready()
    maker.ask(EndSession(session=S))
    await maker.until(SessionEnded)
    if whose == "of_the_other":
        await asyncio.sleep(FOLLOW_S + 0.1)
    (kept,) = running.journal.open_items()
    assert running.queue()[kept.id] is ItemState.KEPT
    other.ask(ForgetCleanup(ids=(kept.id,)))
    await asyncio.sleep(FOLLOW_S + 0.1)
    assert kept.id not in running.queue()
    await other.engine.shutdown(1.0)
    other.journal.close()


async def test_what_an_engine_leaves_that_dies_beside_us_is_taken_over(
    running: Running, world: World
) -> None:
    world.server.workers[AGENT] = SESSION
    other = Running(world)
    other.ask(StartSession(session=S, profile=EXPLICIT))
    await other.ready()
    await asyncio.sleep(FOLLOW_S + 0.1)
    queues = [event.items for event in running.events if isinstance(event, QueueRead)]
    seen = [item.state for item in queues[-1]]
    assert seen == [ItemState.LIVE, ItemState.LIVE], "items of a living engine are shown, not run"
    other.die()
    for task in list(other.engine._tasks._tasks):
        task.cancel()
    await asyncio.sleep(FOLLOW_S + 5)
    assert world.server.rooms == {}
    await asyncio.sleep(LAST_LOOK_S)
    assert read_open_items(world.paths) == ()


async def test_an_ended_session_is_let_go(running: Running) -> None:
    running.world.server.workers[AGENT] = SESSION
    running.ask(StartSession(session=S, profile=EXPLICIT))
    await running.ready()
    running.ask(EndSession(session=S))
    await running.until(SessionEnded)
    await asyncio.sleep(0)
    assert running.engine._runs == {}


async def test_a_read_only_profile_makes_nothing(running: Running) -> None:
    read_only = msgspec.structs.replace(EXPLICIT, read_only=True)
    running.ask(StartSession(session=S, profile=read_only))
    await running.until(SessionEnded)
    codes = [event.problem.code for event in running.events if isinstance(event, ProblemRaised)]
    assert codes == [ProblemCode.READ_ONLY]
    assert running.world.server.calls == []


async def test_a_dispatch_into_a_room_runs_from_start_to_end(running: Running) -> None:
    server = running.world.server
    server.workers[AGENT] = SESSION
    server.room("call-5521")
    running.ask(DispatchInto(session=S, profile=EXPLICIT, room="call-5521"))
    await running.ready()
    running.ask(EndSession(session=S))
    await running.until(SessionEnded)
    assert len(server.rooms["call-5521"].agents) == 1


async def test_withdrawn_dispatches_are_gone_from_server_and_queue(running: Running) -> None:
    server = running.world.server
    server.workers[AGENT] = SESSION
    server.room("call-5521")
    running.ask(DispatchInto(session=S, profile=EXPLICIT, room="call-5521"))
    await running.ready()
    (made,) = server.rooms["call-5521"].dispatches
    running.ask(WithdrawDispatches(profile=EXPLICIT, room="call-5521", ids=(made,)))
    await running.until(DispatchesWithdrawn)
    (told,) = running.said(DispatchesWithdrawn)
    assert isinstance(told, DispatchesWithdrawn)
    assert (told.ids, told.problem) == ((made,), None)
    assert not server.rooms["call-5521"].dispatches
    assert running.journal.open_items() == ()


async def test_who_comes_after_a_withdrawal_is_put_out(running: Running) -> None:
    server = running.world.server
    server.workers[AGENT] = Script(joins_after_s=30.0, obeys_after_s=None)
    server.room("call-5521")
    running.ask(DispatchInto(session=S, profile=EXPLICIT, room="call-5521"))
    await asyncio.sleep(7)
    (made,) = server.rooms["call-5521"].dispatches
    running.ask(EndSession(session=S), WithdrawDispatches(
        profile=EXPLICIT, room="call-5521", ids=(made,)
    ))  # fmt: skip
    await running.until(DispatchesWithdrawn)
    assert [item.state for item in running.journal.open_items()] == [ItemState.LAST_LOOK]
    await asyncio.sleep(30)
    assert len(server.rooms["call-5521"].agents) == 1
    await asyncio.sleep(LAST_LOOK_S)
    assert server.rooms["call-5521"].agents == []
    assert running.journal.open_items() == ()


async def test_nothing_is_withdrawn_with_a_profile_that_is_read_only(running: Running) -> None:
    careful = msgspec.structs.replace(EXPLICIT, read_only=True)
    running.ask(WithdrawDispatches(profile=careful, room="r", ids=("AD_1",)))
    await running.until(DispatchesWithdrawn)
    (told,) = running.said(DispatchesWithdrawn)
    assert isinstance(told, DispatchesWithdrawn)
    assert told.problem is not None
    assert running.world.server.calls == []
