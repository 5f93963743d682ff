"""What is ours goes, what is not stays, and nothing that comes back late is overlooked."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
import pytest

from lktui.core.cleanup import LAST_LOOK_S, CleanupItem, ItemState, What
from lktui.core.commands import DeleteOrphans, FindOrphans
from lktui.core.events import CleanupRan, CleanupResult, OrphansFound, Phase, SessionEnded
from lktui.core.problems import ProblemCode, problem
from lktui.engine.janitor import Janitor
from lktui.engine.orphan_finder import OrphanFinder
from lktui.engine.ports import Participant
from lktui.store.journal import Journal, read_open_items
from tests.support.fakes.agents import LEAVING, NEVER_JOINING, RAW, SESSION, SLOW, Script
from tests.support.fakes.still_clock import NOON
from tests.support.fakes.world import AGENT, EXPLICIT, URL, World, profile

ROOM = CleanupItem(
    id="s:room",
    what=What.ROOM,
    name="r",
    room="r",
    profile="p",
    url=URL,
    session="s",
    identity="tester-1",
)
DISPATCH = CleanupItem(
    id="s:dispatch1",
    what=What.DISPATCH,
    name="",
    room="r",
    profile="p",
    url=URL,
    session="s",
    agent_name=AGENT,
)
COLLEAGUE = Participant(identity="colleague")


def known(world: World, item: CleanupItem) -> CleanupItem:
    found = world.janitor.item(item.id)
    assert found is not None
    return found


# --- others in the room ---------------------------------------------------------------------


async def test_a_room_that_others_use_stays_and_its_item_says_why(world: World) -> None:
    world.server.workers[AGENT] = SESSION
    name = world.server.dispatch("r", AGENT)
    world.server.join("r", COLLEAGUE)
    await asyncio.sleep(5)
    world.janitor.adopt([ROOM, msgspec.structs.replace(DISPATCH, name=name)])
    await asyncio.sleep(10)
    assert list(world.server.rooms["r"].members) == ["colleague"]
    assert world.server.rooms["r"].dispatches == {}
    item = known(world, ROOM)
    assert (item.state, item.tries) == (ItemState.WAITING, 0)
    assert item.problem is not None
    assert item.problem.code is ProblemCode.ROOM_IN_USE
    assert item.problem.detail == "colleague"


async def test_a_room_that_was_spared_goes_when_the_others_have_left(world: World) -> None:
    world.server.join("r", COLLEAGUE)
    world.janitor.adopt([ROOM])
    await asyncio.sleep(3600)
    assert "r" in world.server.rooms
    assert known(world, ROOM).state is ItemState.WAITING
    world.server.leave("r", "colleague")
    await world.until(lambda: known(world, ROOM).state is ItemState.DONE)
    assert world.server.rooms == {}


async def test_ourselves_agents_and_the_hidden_hold_no_room(world: World) -> None:
    world.server.join("r", Participant(identity="tester-1"))
    world.server.join("r", Participant(identity="watcher", hidden=True))
    world.server.join("r", Participant(identity="agent-1", is_agent=True, is_person=False))
    world.server.join("r", Participant(identity="avatar-1", is_person=False))
    world.janitor.adopt([ROOM])
    await world.until(lambda: known(world, ROOM).state is ItemState.DONE)
    assert world.server.rooms == {}


async def test_what_a_person_has_agreed_to_puts_others_out(world: World) -> None:
    run = await world.ready(SESSION)
    (room,) = world.server.rooms
    world.server.join(room, COLLEAGUE)
    await run.end(agreed=True)
    assert world.server.rooms == {}


async def test_a_session_that_ends_by_itself_spares_others(world: World) -> None:
    run = await world.ready(SESSION)
    (room,) = world.server.rooms
    world.server.join(room, COLLEAGUE)
    ended = await world.ended(run)
    assert ended.cleanup is CleanupResult.PENDING
    assert list(world.server.rooms[room].members) == ["colleague"]


async def test_a_dead_agent_is_put_out_of_a_room_that_stays(world: World) -> None:
    world.server.workers[AGENT] = Script(obeys_after_s=None)
    name = world.server.dispatch("r", AGENT)
    await asyncio.sleep(5)
    (agent,) = world.agents
    world.server.join("r", COLLEAGUE)
    world.janitor.adopt([msgspec.structs.replace(DISPATCH, name=name)])
    await world.until(lambda: known(world, DISPATCH).state is ItemState.DONE)
    assert agent not in world.server.rooms["r"].members
    assert "remove_participant" in world.server.called("remove_participant")


# --- names that are not ours alone ----------------------------------------------------------


async def test_another_room_of_the_same_name_is_left_alone(world: World) -> None:
    shared = msgspec.structs.replace(ROOM, shared=True, sid="RM_ours", made_at=NOON)
    world.server.room("r")
    world.janitor.adopt([shared])
    await world.until(lambda: known(world, ROOM).state is ItemState.DONE)
    assert set(world.server.rooms) == {"r"}


async def test_a_shared_room_whose_sid_was_never_seen_is_known_by_its_age(world: World) -> None:
    world.server.room("r")
    old = msgspec.structs.replace(ROOM, shared=True, made_at=NOON - 3600)
    world.janitor.adopt([old])
    await world.until(lambda: known(world, ROOM).state is ItemState.DONE)
    assert set(world.server.rooms) == {"r"}
    young = msgspec.structs.replace(old, id="t:room", session="t", made_at=NOON)
    world.janitor.adopt([young])
    await world.until(lambda: known(world, young).state is ItemState.DONE)
    assert world.server.rooms == {}


async def test_a_fixed_room_of_ours_is_noted_with_its_sid(world: World) -> None:
    run = await world.ready(SESSION, profile(room_name="demo"))
    item = world.item(What.ROOM)
    assert (item.shared, item.sid) == (True, world.server.rooms["demo"].sid)
    await run.end()
    assert world.server.rooms == {}


async def test_a_room_named_by_lot_is_not_shared(world: World) -> None:
    run = await world.ready(SESSION)
    assert not world.item(What.ROOM).shared
    assert world.item(What.ROOM).identity
    await run.end()


# --- what comes late ------------------------------------------------------------------------


async def test_an_agent_that_joins_after_the_delete_makes_no_room_that_stays(world: World) -> None:
    for joins_after_s in (0.4, 2.0, 5.0, 9.0, 14.0, 50.0):
        script = Script(joins_after_s=joins_after_s, obeys_after_s=None)
        run = world.start(script)
        await world.called("create_dispatch", len(world.runs))
        await run.end()
        assert world.last(SessionEnded).cleanup is CleanupResult.DONE, joins_after_s
        await asyncio.sleep(2 * LAST_LOOK_S + 10)
        assert world.server.rooms == {}, joins_after_s
        assert read_open_items(world.paths) == ()


async def test_a_late_agent_of_a_dead_engine_makes_no_room_that_stays(world: World) -> None:
    world.server.workers[AGENT] = Script(joins_after_s=12.0, obeys_after_s=None)
    name = world.server.dispatch("r", AGENT)
    world.janitor.adopt([ROOM, msgspec.structs.replace(DISPATCH, name=name)])
    await asyncio.sleep(2 * LAST_LOOK_S + 10)
    assert world.server.rooms == {}
    assert known(world, ROOM).state is ItemState.DONE


async def test_a_late_agent_whose_dispatch_a_dead_engine_withdrew_makes_no_room_that_stays(
    world: World,
) -> None:
    """Who takes over has only the room: nothing tells of the job that was taken."""
    world.server.workers[AGENT] = Script(joins_after_s=12.0, obeys_after_s=None)
    name = world.server.dispatch("r", AGENT)
    await asyncio.sleep(1)
    world.server.withdraw("r", name)
    world.janitor.adopt([ROOM])
    await asyncio.sleep(2 * LAST_LOOK_S + 10)
    assert world.server.rooms == {}
    assert known(world, ROOM).state is ItemState.DONE


async def test_an_item_is_done_only_after_the_last_look(world: World) -> None:
    world.server.workers[AGENT] = NEVER_JOINING
    name = world.server.dispatch("r", AGENT)
    world.janitor.adopt([ROOM, msgspec.structs.replace(DISPATCH, name=name)])
    await world.called("delete_room")
    assert known(world, ROOM).state is ItemState.RUNNING
    await world.until(lambda: known(world, ROOM).state is ItemState.DONE)


async def test_an_agent_that_was_seen_needs_no_last_look(world: World) -> None:
    for script in (SESSION, LEAVING):
        run = await world.ready(script)
        await asyncio.sleep(3)
        await run.end()
        assert world.item(What.ROOM).state is ItemState.DONE


async def test_an_agent_that_is_there_before_its_job_is_listed_needs_no_last_look(
    world: World,
) -> None:
    run = world.start(replace(SESSION, listed_after_s=5.0))
    await world.until(lambda: world.agents != [])
    began = world.clock.monotonic()
    await run.end()
    assert world.item(What.ROOM).state is ItemState.DONE
    assert world.clock.monotonic() - began < 1


async def test_an_agent_that_still_connects_when_its_room_is_deleted_needs_a_last_look(
    world: World,
) -> None:
    """It was listed in the room; put out so early it joins again 15 s later."""
    world.server.connects_slowly = True
    run = world.start(RAW)
    await world.until(lambda: world.agents != [])
    await run.end()
    assert world.item(What.ROOM).state is ItemState.LAST_LOOK


async def test_a_dispatch_that_nobody_took_needs_no_last_look(world: World) -> None:
    run = world.start(None)
    await asyncio.sleep(7)
    await run.end()
    assert world.item(What.ROOM).state is ItemState.DONE


async def test_a_job_whose_agent_was_never_seen_needs_a_last_look(world: World) -> None:
    run = world.start(NEVER_JOINING)
    await asyncio.sleep(30)
    ended_at = world.clock.wall()
    ended = await world.ended(run)
    assert ended.cleanup is CleanupResult.DONE
    item = world.item(What.ROOM)
    assert item.state is ItemState.LAST_LOOK
    assert item.next_try_at == pytest.approx(ended_at + LAST_LOOK_S, abs=8)
    assert world.item(What.DISPATCH).state is ItemState.DONE
    await asyncio.sleep(LAST_LOOK_S + 5)
    assert world.item(What.ROOM).state is ItemState.DONE


async def test_a_job_that_a_retry_withdrew_before_its_agent_came_needs_a_last_look(
    world: World,
) -> None:
    run = world.start(NEVER_JOINING)
    await asyncio.sleep(20)
    world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await world.until(lambda: world.state.ready)
    await run.end()
    assert world.item(What.ROOM).state is ItemState.LAST_LOOK


async def test_a_room_that_somebody_deleted_before_the_agent_came_needs_a_last_look(
    world: World,
) -> None:
    run = world.start(SLOW)
    await world.until(lambda: world.state.phase is Phase.WAITING)
    (room,) = world.server.rooms
    world.server.delete_room(room)
    await run.ended.wait()
    assert world.item(What.ROOM).state is ItemState.LAST_LOOK


async def test_a_room_that_comes_back_is_removed_and_looked_for_again(world: World) -> None:
    late = msgspec.structs.replace(ROOM, late=True)
    world.server.room("r")
    world.janitor.put_item(late.due())
    await world.until(lambda: known(world, ROOM).state is ItemState.LAST_LOOK)
    world.server.join("r", Participant(identity="agent-1", is_agent=True, is_person=False))
    await asyncio.sleep(LAST_LOOK_S + 5)
    assert world.server.rooms == {}
    assert known(world, ROOM).state is ItemState.LAST_LOOK
    await asyncio.sleep(LAST_LOOK_S)
    assert known(world, ROOM).state is ItemState.DONE


async def test_people_in_a_room_that_came_back_are_spared(world: World) -> None:
    world.janitor.put_item(msgspec.structs.replace(ROOM, late=True).due())
    await world.until(lambda: known(world, ROOM).state is ItemState.LAST_LOOK)
    world.server.join("r", COLLEAGUE)
    await asyncio.sleep(LAST_LOOK_S + 5)
    assert known(world, ROOM).state is ItemState.WAITING
    assert list(world.server.rooms["r"].members) == ["colleague"]


async def test_a_room_of_a_shared_name_is_ours_again_only_with_our_agent_alone(
    world: World,
) -> None:
    agent = Participant(identity="agent-1", is_agent=True, is_person=False, agent_name=AGENT)
    for members, stays in (((), True), ((agent,), False), ((agent, COLLEAGUE), True)):
        world.server.room("r")
        sid = world.server.rooms["r"].sid
        shared = msgspec.structs.replace(ROOM, shared=True, sid=sid, late=True, agent_name=AGENT)
        item = msgspec.structs.replace(shared, id=f"{len(members)}{stays}:room")
        world.janitor.put_item(item.due())
        await world.until(lambda: known(world, item).state is ItemState.LAST_LOOK)  # noqa: B023 - awaited here
        world.server.room("r")
        for member in members:
            world.server.join("r", member)
        await asyncio.sleep(2 * LAST_LOOK_S + 10)
        assert known(world, item).state is ItemState.DONE
        assert ("r" in world.server.rooms) is stays
        world.server.delete_room("r")


async def test_an_end_of_the_engine_waits_for_no_last_look(world: World) -> None:
    world.janitor.put_item(msgspec.structs.replace(ROOM, late=True).due())
    await world.until(lambda: known(world, ROOM).state is ItemState.LAST_LOOK)
    began = world.clock.monotonic()
    assert await world.janitor.close(20.0) == 0
    assert world.clock.monotonic() - began < 1
    assert [item.state for item in read_open_items(world.paths)] == [ItemState.LAST_LOOK]


async def test_a_run_that_is_asked_for_makes_no_last_look_before_its_time(world: World) -> None:
    planned = msgspec.structs.replace(ROOM, late=True).due().running().gone(world.clock.wall())
    world.janitor.put_item(planned)
    await world.janitor.try_now((), kept=False, limit_s=20)
    await world.janitor.try_now(("r",), kept=False, limit_s=20)
    assert world.last(CleanupRan).left == 0
    assert known(world, ROOM) == planned


async def test_several_items_are_removed_at_once(world: World) -> None:
    names = [f"r{number}" for number in range(40)]
    items = []
    for name in names:
        world.server.room(name)
        given = {"id": f"{name}:room", "name": name, "room": name, "session": name}
        items.append(msgspec.structs.replace(ROOM, **given))
    began = world.clock.monotonic()
    world.janitor.adopt(items)
    await world.until(lambda: not world.server.rooms)
    assert world.clock.monotonic() - began < 3


# --- several engines ------------------------------------------------------------------------


def another(world: World) -> tuple[Journal, Janitor]:
    journal = Journal(world.paths)
    return journal, Janitor(journal, world.gateway, world.recorder.emit, world.clock)


async def test_what_rests_with_a_living_engine_is_taken_by_who_is_asked(world: World) -> None:
    world.server.room("r")
    world.janitor.put_item(msgspec.structs.replace(ROOM, keep=True).released())
    journal, janitor = another(world)
    await janitor.try_now(("r",), kept=False, limit_s=20)
    assert world.server.rooms == {}
    assert world.last(CleanupRan).left == 0
    world.janitor.follow()
    assert world.janitor.item(ROOM.id) is None
    journal.close()


async def test_what_another_engine_works_on_is_waited_for_and_run_once(world: World) -> None:
    world.server.room("r")
    gate = world.server.hold("delete_room")
    world.janitor.adopt([ROOM])
    await world.called("delete_room")
    journal, janitor = another(world)
    asked = asyncio.get_running_loop().create_task(janitor.try_now((), kept=False, limit_s=20))
    await asyncio.sleep(2)
    gate.set()
    await asked
    assert world.last(CleanupRan).left == 0
    assert len(world.server.called("delete_room")) == 1
    journal.close()


async def test_what_another_engine_has_just_claimed_is_waited_for(world: World) -> None:
    world.server.room("r")
    world.janitor.put_item(ROOM.due(world.clock.wall() + 60))
    journal, janitor = another(world)
    gate = world.server.hold("delete_room")
    other = asyncio.get_running_loop().create_task(janitor.try_now((), kept=False, limit_s=20))
    await world.called("delete_room")
    asked = asyncio.get_running_loop().create_task(
        world.janitor.try_now((), kept=False, limit_s=20)
    )
    await asyncio.sleep(2)
    assert not asked.done()
    gate.set()
    await asyncio.gather(asked, other)
    assert [ran.left for ran in world.all(CleanupRan)] == [0, 0]
    assert len(world.server.called("delete_room")) == 1
    journal.close()


async def test_what_is_in_use_elsewhere_is_neither_tried_nor_forgotten(world: World) -> None:
    world.server.room("r")
    world.janitor.put_item(ROOM)
    journal, janitor = another(world)
    await janitor.try_now(("r",), kept=True, limit_s=5)
    janitor.forget((ROOM.id,))
    assert set(world.server.rooms) == {"r"}
    assert [item.id for item in read_open_items(world.paths)] == [ROOM.id]
    journal.close()


async def test_what_was_forgotten_elsewhere_does_not_come_back(world: World) -> None:
    world.server.stop()
    world.janitor.adopt([ROOM])
    await world.until(lambda: known(world, ROOM).state is ItemState.WAITING)
    journal, janitor = another(world)
    janitor.forget((ROOM.id,))
    world.server.start()
    await asyncio.sleep(30)
    assert read_open_items(world.paths) == ()
    assert world.janitor.item(ROOM.id) is None
    journal.close()


# --- what else may happen -------------------------------------------------------------------


async def test_a_kept_room_of_a_dead_engine_is_kept(world: World) -> None:
    world.server.room("r")
    world.janitor.adopt([msgspec.structs.replace(ROOM, keep=True)])
    await asyncio.sleep(60)
    assert set(world.server.rooms) == {"r"}
    assert known(world, ROOM).state is ItemState.KEPT


async def test_a_stuck_item_stays_stuck_over_a_restart(world: World) -> None:
    stuck = msgspec.structs.replace(ROOM, state=ItemState.STUCK, tries=10)
    world.janitor.adopt([stuck])
    await asyncio.sleep(600)
    assert world.server.called("delete_room") == []
    assert known(world, ROOM).state is ItemState.STUCK


async def test_a_clock_that_is_set_back_holds_no_item_up(world: World) -> None:
    world.server.room("r")
    waits = msgspec.structs.replace(
        ROOM, state=ItemState.WAITING, next_try_at=NOON + 86_400, misses=3
    )
    world.journal.put_item(waits)
    world.janitor.put_item(waits)
    await asyncio.sleep(10)
    assert known(world, ROOM).state is ItemState.DONE


@pytest.mark.parametrize("by_s", [3600.0, -3600.0, 86_400.0, -86_400.0])
async def test_a_clock_that_is_set_while_items_wait_loses_none_and_looks_at_none_too_early(
    world: World, by_s: float
) -> None:
    waiting = msgspec.structs.replace(ROOM, id="w:room", name="w", room="w", session="w")
    refused = problem(ProblemCode.SERVER_ERROR, what="unavailable")
    world.server.room("w")
    world.server.fail("delete_room", refused, times=4)
    world.janitor.put_item(waiting.due())
    await world.until(lambda: known(world, waiting).tries == 4)
    world.janitor.put_item(msgspec.structs.replace(ROOM, late=True).due())
    await world.until(lambda: known(world, ROOM).state is ItemState.LAST_LOOK)
    world.clock.set_by_s = by_s
    await asyncio.sleep(15)
    assert known(world, waiting).state is ItemState.DONE
    assert known(world, ROOM).state is ItemState.LAST_LOOK
    await world.janitor.try_now(("r",), kept=False, limit_s=5)
    assert known(world, ROOM).state is ItemState.LAST_LOOK
    world.server.join("r", Participant(identity="agent-1", is_agent=True, is_person=False))
    await asyncio.sleep(LAST_LOOK_S)
    assert "r" not in world.server.rooms
    await asyncio.sleep(LAST_LOOK_S)
    assert known(world, ROOM).state is ItemState.DONE


async def test_a_close_leaves_nothing_that_seems_to_be_under_way(world: World) -> None:
    world.server.room("r")
    world.server.hold("delete_room")
    world.janitor.adopt([ROOM])
    assert await world.janitor.close(3.0) == 1
    assert [item.state for item in read_open_items(world.paths)] == [ItemState.DUE]
    world.server.hold("delete_room").set()


async def test_a_session_that_breaks_at_its_end_leaves_no_item_in_use(world: World) -> None:
    run = await world.ready(SESSION)

    async def broken() -> None:
        raise RuntimeError("a fault of ours")

    run._stop_opening = broken  # type: ignore[method-assign, assignment]
    await run.end()
    await world.until(lambda: world.server.rooms == {} and not read_open_items(world.paths))


# --- orphans --------------------------------------------------------------------------------


def finder(world: World) -> OrphanFinder:
    return OrphanFinder(world.journal, world.gateway, world.janitor, world.recorder.emit)


async def test_orphans_are_rooms_with_our_prefix_that_no_item_covers(world: World) -> None:
    ours = world.journal.installation
    prefix = EXPLICIT.room_prefix
    for name in (f"{prefix}-{ours}aaaaaa", f"{prefix}-zz92bbbbbb", f"{prefix}-by-hand", "other"):
        world.server.room(name)
    name = f"{prefix}-{ours}cccccc"
    covered = msgspec.structs.replace(ROOM, name=name, room=name)
    world.server.room(covered.room)
    world.janitor.put_item(covered)
    world.server.join(f"{prefix}-zz92bbbbbb", COLLEAGUE)
    await finder(world).handle(FindOrphans(profile=EXPLICIT))
    found = world.last(OrphansFound).orphans
    assert [(o.name, o.made_by, o.people) for o in found] == [
        (f"{prefix}-{ours}aaaaaa", ours, 0),
        (f"{prefix}-zz92bbbbbb", "zz92", 1),
        (f"{prefix}-by-hand", "", 0),
    ]


async def test_a_chosen_orphan_goes_by_way_of_the_queue_and_no_other(world: World) -> None:
    for name in ("a", "b"):
        world.server.room(f"{EXPLICIT.room_prefix}-{name}")
    await finder(world).handle(FindOrphans(profile=EXPLICIT))
    first, second = world.last(OrphansFound).orphans
    await finder(world).handle(DeleteOrphans(profile=EXPLICIT, orphans=(first,)))
    assert [item.name for item in read_open_items(world.paths)] == [first.name]
    await world.until(lambda: read_open_items(world.paths) == ())
    assert set(world.server.rooms) == {second.name}


async def test_an_orphan_that_was_made_anew_meanwhile_is_left_alone(world: World) -> None:
    name = f"{EXPLICIT.room_prefix}-a"
    world.server.room(name)
    await finder(world).handle(FindOrphans(profile=EXPLICIT))
    found = world.last(OrphansFound).orphans
    world.server.delete_room(name)
    world.server.room(name)
    await finder(world).handle(DeleteOrphans(profile=EXPLICIT, orphans=found))
    await world.until(lambda: read_open_items(world.paths) == ())
    assert set(world.server.rooms) == {name}


async def test_a_read_only_profile_deletes_no_orphan(world: World) -> None:
    name = f"{EXPLICIT.room_prefix}-a"
    world.server.room(name)
    await finder(world).handle(FindOrphans(profile=EXPLICIT))
    found = world.last(OrphansFound).orphans
    await finder(world).handle(DeleteOrphans(profile=profile(read_only=True), orphans=found))
    refused = world.last(OrphansFound).problem
    assert refused is not None
    assert refused.code is ProblemCode.READ_ONLY
    assert set(world.server.rooms) == {name}
