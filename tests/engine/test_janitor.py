"""The queue is worked until the server has said that everything is gone."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from lktui.core.cleanup import GONE, CleanupItem, ItemState, What
from lktui.core.events import CleanupForgotten, CleanupRan
from lktui.core.problems import ProblemCode, problem
from lktui.engine.janitor import Janitor
from lktui.store.journal import Journal, read_open_items
from tests.support.fakes.agents import NEVER_JOINING
from tests.support.fakes.livekit import FakeLiveKit
from tests.support.fakes.ports import FakeGateway
from tests.support.fakes.world import AGENT, EXPLICIT, TOKEN_ONLY, URL, World, profile

OTHER_URL = "ws://other.example"
UNAVAILABLE = problem(ProblemCode.SERVER_ERROR, what="unavailable")


def room_item(name: str = "r", **fields: object) -> CleanupItem:
    given = {
        "id": f"of-{name}:room",
        "what": What.ROOM,
        "name": name,
        "room": name,
        "profile": "p",
        "url": URL,
        "session": f"of-{name}",
    }
    return CleanupItem(**(given | fields))  # type: ignore[arg-type]  # as named


def dispatch_item(name: str) -> CleanupItem:
    traits = {"id": "of-r:dispatch1", "what": What.DISPATCH, "agent_name": AGENT}
    return msgspec.structs.replace(room_item(**traits), name=name)


def state_of(world: World, item: CleanupItem) -> ItemState:
    known = world.janitor.item(item.id)
    assert known is not None
    return known.state


async def test_what_a_dead_engine_left_is_removed(world: World) -> None:
    world.server.room("r")
    world.janitor.adopt([room_item()])
    await world.until(lambda: state_of(world, room_item()) is ItemState.DONE)
    assert world.server.rooms == {}
    assert read_open_items(world.paths) == ()


async def test_a_room_that_is_gone_already_is_done(world: World) -> None:
    world.janitor.adopt([room_item()])
    await world.until(lambda: state_of(world, room_item()) is ItemState.DONE)


async def test_the_dispatch_goes_before_its_room(world: World) -> None:
    world.server.workers[AGENT] = NEVER_JOINING
    dispatch = dispatch_item(world.server.dispatch("r", AGENT))
    world.janitor.adopt([room_item(), dispatch])
    await world.until(lambda: state_of(world, room_item()) is ItemState.DONE)
    assert world.server.called("delete_dispatch", "delete_room")[:2] == [
        "delete_dispatch",
        "delete_room",
    ]


async def test_a_dispatch_without_a_known_id_is_found_in_our_own_room(world: World) -> None:
    world.server.workers[AGENT] = NEVER_JOINING
    world.server.dispatch("r", AGENT)
    world.server.dispatch("r", "another")
    world.janitor.put_item(room_item().kept())
    world.janitor.adopt([dispatch_item("")])
    await world.until(lambda: state_of(world, dispatch_item("")) is ItemState.DONE)
    left = [made.agent_name for made in world.server.rooms["r"].dispatches.values()]
    assert left == ["another"]


async def test_a_dispatch_without_a_known_id_is_done_when_its_room_is_gone(world: World) -> None:
    world.janitor.put_item(room_item().kept())
    world.janitor.adopt([dispatch_item("")])
    await asyncio.sleep(5)
    assert state_of(world, dispatch_item("")) is ItemState.DONE


async def test_in_a_room_of_others_no_dispatch_is_guessed_at(world: World) -> None:
    made = world.server.dispatch("r", AGENT)
    asked_at = world.clock.wall()
    world.janitor.adopt([msgspec.structs.replace(dispatch_item(""), made_at=asked_at)])
    await world.until(lambda: state_of(world, dispatch_item("")) is ItemState.STUCK)
    assert set(world.server.rooms["r"].dispatches) == {made}
    known = world.janitor.item(dispatch_item("").id)
    assert known is not None
    assert known.problem is not None
    assert known.problem.code is ProblemCode.DISPATCH_UNKNOWN
    assert known.problem.detail == f"{made}, made 0 ms after ours was asked for"
    world.server.withdraw("r", made)
    await world.janitor.try_now((known.id,), kept=False, limit_s=20)
    assert state_of(world, known) is ItemState.DONE


async def test_in_a_room_of_others_a_dispatch_that_was_there_before_is_not_taken_for_ours(
    world: World,
) -> None:
    made = world.server.dispatch("r", AGENT)
    asked_at = world.clock.wall() + 45.0
    later = msgspec.structs.replace(dispatch_item(""), made_at=asked_at)
    world.janitor.adopt([later])
    await world.until(lambda: state_of(world, later) is ItemState.DONE)
    assert set(world.server.rooms["r"].dispatches) == {made}


async def test_an_item_of_an_unknown_profile_waits_with_the_problem(world: World) -> None:
    lost = room_item(profile="gone")
    world.janitor.adopt([lost])
    await asyncio.sleep(1000)
    known = world.janitor.item(lost.id)
    assert known is not None
    assert known.state is ItemState.WAITING
    assert known.problem is not None
    assert known.problem.code is ProblemCode.PROFILE_MISSING
    world.gateway.profiles["gone"] = EXPLICIT
    await asyncio.sleep(310)
    assert state_of(world, lost) in GONE


async def test_an_item_whose_profile_has_no_key_any_more_ends_as_left(world: World) -> None:
    world.gateway.profiles["p"] = TOKEN_ONLY
    world.janitor.adopt([room_item()])
    await world.until(lambda: state_of(world, room_item()) is ItemState.LEFT)


async def test_a_room_is_sought_where_it_was_made_not_where_its_profile_points_now(
    tmp_path: Path,
) -> None:
    made, now = FakeLiveKit(), FakeLiveKit()
    made.room("r")
    gateway = FakeGateway((URL, made), (OTHER_URL, now))
    gateway.profiles["p"] = profile(url=OTHER_URL)
    world = World(tmp_path)
    janitor = Janitor(world.journal, gateway, world.recorder.emit, world.clock)
    janitor.adopt([room_item()])
    assert await janitor.clean(["of-r:room"], early=False, limit_s=20)
    assert made.rooms == {}
    assert now.called("delete_room") == []
    await world.close()


async def test_tries_come_at_growing_intervals_until_it_is_stuck(world: World) -> None:
    world.server.fail("delete_room", UNAVAILABLE, times=10)
    world.janitor.adopt([room_item()])
    await world.until(lambda: state_of(world, room_item()) is ItemState.STUCK)
    at = [call.at for call in world.server.calls if call.name == "delete_room"]
    waits = [later - sooner for sooner, later in pairwise(at)]
    assert len(at) == 10
    assert waits[0] < 4
    assert all(later > sooner for sooner, later in zip(waits, waits[3:], strict=False))
    assert waits[-1] <= 301
    await asyncio.sleep(3600)
    assert len(world.server.called("delete_room")) == 10


async def test_a_person_can_try_what_is_stuck(world: World) -> None:
    world.server.room("r")
    world.server.fail("delete_room", UNAVAILABLE, times=10)
    world.janitor.adopt([room_item()])
    await world.until(lambda: state_of(world, room_item()) is ItemState.STUCK)
    await world.janitor.try_now(("r",), kept=False, limit_s=20)
    assert world.server.rooms == {}
    assert state_of(world, room_item()) is ItemState.LAST_LOOK
    assert world.last(CleanupRan).left == 0


async def test_a_run_that_leaves_something_says_how_much(world: World) -> None:
    world.server.stop()
    world.janitor.adopt([room_item("a"), room_item("b")])
    await world.janitor.try_now((), kept=False, limit_s=20)
    assert world.last(CleanupRan).left == 2


async def test_what_is_kept_is_removed_only_when_it_is_named_or_all_are(world: World) -> None:
    kept = [room_item(name).kept() for name in ("a", "b", "c")]
    for item in kept:
        world.server.room(item.name)
        world.janitor.put_item(item)
    await world.janitor.try_now((), kept=False, limit_s=20)
    assert set(world.server.rooms) == {"a", "b", "c"}
    await world.janitor.try_now(("b",), kept=False, limit_s=20)
    assert set(world.server.rooms) == {"a", "c"}
    await world.janitor.try_now((), kept=True, limit_s=20)
    assert world.server.rooms == {}


async def test_a_taken_over_item_that_was_kept_stays_kept(world: World) -> None:
    world.server.room("r")
    world.janitor.adopt([room_item().kept()])
    await asyncio.sleep(10)
    assert set(world.server.rooms) == {"r"}


async def test_a_forgotten_item_is_gone_from_disk_and_not_worked_on(world: World) -> None:
    world.server.room("r")
    gate = world.server.hold("delete_room")
    world.janitor.adopt([room_item()])
    await world.called("delete_room")
    world.janitor.forget(("of-r:room",))
    gate.set()
    await asyncio.sleep(10)
    assert world.janitor.item("of-r:room") is None
    assert read_open_items(world.paths) == ()
    assert world.last(CleanupForgotten).ids == ("of-r:room",)


async def test_what_is_in_use_is_never_worked_on(world: World) -> None:
    world.server.room("r")
    world.janitor.put_item(room_item())
    await asyncio.sleep(10)
    assert set(world.server.rooms) == {"r"}


async def test_a_try_that_breaks_off_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.server.room("r")
    broken = RuntimeError("a fault of ours")

    def fail(_name: str) -> None:
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(world.gateway, "profile", fail)
        world.janitor.adopt([room_item()])
        await asyncio.sleep(5)
    await world.until(lambda: state_of(world, room_item()) is ItemState.DONE)
    assert world.server.rooms == {}


async def test_a_close_keeps_what_could_not_be_removed_for_the_next_start(world: World) -> None:
    world.server.room("r")
    world.server.hold("delete_room")
    world.janitor.adopt([room_item()])
    assert await world.janitor.close(3.0) == 1
    (left,) = read_open_items(world.paths)
    assert left.name == "r"
    world.server.hold("delete_room").set()


async def test_two_engines_share_the_work_of_a_dead_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    dead = Journal(world.paths)
    dead.put_item(room_item())
    dead.close()
    other = Journal(world.paths)
    taken = [*world.journal.take_over().items, *other.take_over().items]
    assert [item.id for item in taken] == ["of-r:room"]
    other.close()
    await world.close()
