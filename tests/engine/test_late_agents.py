"""In a room that is not ours: our agent that comes late is put out, and nothing else."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import pytest_asyncio

from lktui.core.cleanup import LAST_LOOK_S, CleanupItem, ItemState, What
from lktui.core.commands import DispatchInto
from lktui.core.events import CleanupResult, Phase, SessionEnded, SessionId
from lktui.engine.ports import Participant
from lktui.engine.room_dispatch import RoomDispatch
from lktui.store.journal import read_open_items
from tests.support.fakes.agents import LEAVING, NEVER_JOINING, SESSION, Script
from tests.support.fakes.livekit import Call
from tests.support.fakes.world import AGENT, EXPLICIT, URL, World, profile

THEIRS = "theirs"
IN_THEIRS = profile(room_name=THEIRS)
COLLEAGUE = Participant(identity="colleague", connected=True)
LATEST_S = LAST_LOOK_S + 15.0
DISPATCH = CleanupItem(
    id="s:dispatch1",
    what=What.DISPATCH,
    name="AD_gone",
    room=THEIRS,
    profile="p",
    url=URL,
    session="s",
    agent_name=AGENT,
)


def late(joins_after_s: float) -> Script:
    """An agent that joins whatever becomes of its dispatch, and stays."""
    return Script(joins_after_s=joins_after_s, obeys_after_s=None)


@pytest_asyncio.fixture
async def theirs(world: World) -> World:
    """Give a world with a room that somebody else has made and sits in."""
    world.server.join(THEIRS, COLLEAGUE)
    return world


def who_is_there(world: World) -> list[str]:
    return list(world.server.rooms[THEIRS].members)


def dispatched(world: World) -> RoomDispatch:
    command = DispatchInto(session=SessionId("d1"), profile=EXPLICIT, room=THEIRS)
    run = RoomDispatch(command, world.gateway, world.janitor, world.recorder.emit, world.clock)
    run.start()
    return run


@pytest.mark.parametrize("joins_after_s", [2.0, 5.0, 14.0, 50.0])
async def test_an_agent_that_joins_after_the_end_is_put_out(
    theirs: World, joins_after_s: float
) -> None:
    run = theirs.start(late(joins_after_s), IN_THEIRS)
    await theirs.called("create_dispatch")
    await run.end()
    assert theirs.last(SessionEnded).cleanup is CleanupResult.NOT_OURS
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == ["colleague"]
    assert theirs.item(What.DISPATCH).state is ItemState.DONE
    assert theirs.server.called("delete_room", "create_room") == []


async def test_its_name_is_durable_before_its_dispatch_is_withdrawn(theirs: World) -> None:
    recorded: list[tuple[str, ...]] = []

    def look(call: Call) -> None:
        if call.name == "delete_dispatch":
            recorded.extend(item.expected for item in read_open_items(theirs.paths))

    theirs.server.on_call = look
    run = theirs.start(late(14.0), IN_THEIRS)
    await theirs.called("create_dispatch")
    await run.end()
    (job,) = [name for (name,) in recorded]
    assert job.startswith("agent-AJ_")


async def test_what_a_dead_engine_expected_is_put_out(theirs: World) -> None:
    """It died after it had withdrawn the dispatch, which nothing on the server tells of."""
    theirs.janitor.adopt([msgspec.structs.replace(DISPATCH, expected=("agent-AJ_1",))])
    await theirs.until(lambda: theirs.states(What.DISPATCH)[-1] is ItemState.LAST_LOOK)
    theirs.server.join(THEIRS, Participant(identity="agent-AJ_1", is_agent=True, connected=True))
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == ["colleague"]
    assert theirs.item(What.DISPATCH).state is ItemState.DONE


async def test_one_that_was_put_out_while_it_connected_is_looked_for_again(theirs: World) -> None:
    agent = Participant(identity="agent-AJ_1", is_agent=True)
    theirs.janitor.adopt([msgspec.structs.replace(DISPATCH, expected=("agent-AJ_1",))])
    await theirs.until(lambda: theirs.states(What.DISPATCH)[-1] is ItemState.LAST_LOOK)
    theirs.server.connects_slowly = True
    for _ in range(2):
        theirs.server.join(THEIRS, agent)
        await asyncio.sleep(LATEST_S)
        assert who_is_there(theirs) == ["colleague"]
        assert theirs.item(What.DISPATCH).state is ItemState.LAST_LOOK
    await asyncio.sleep(LATEST_S)
    assert theirs.item(What.DISPATCH).state is ItemState.DONE


async def test_agents_of_others_stay(theirs: World) -> None:
    other = Participant(identity="agent-AJ_other", is_agent=True, agent_name=AGENT, connected=True)
    theirs.server.join(THEIRS, other)
    run = theirs.start(late(14.0), IN_THEIRS)
    await theirs.called("create_dispatch")
    await run.end()
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == ["colleague", "agent-AJ_other"]


async def test_an_agent_that_a_retry_withdrew_is_put_out_after_the_end(theirs: World) -> None:
    run = theirs.start(late(60.0), IN_THEIRS)
    await asyncio.sleep(20)
    theirs.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    await theirs.until(lambda: theirs.state.ready)
    await run.end()
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == ["colleague"]
    assert {item.state for item in read_open_items(theirs.paths)} == set()


@pytest.mark.parametrize("script", [SESSION, LEAVING])
async def test_an_agent_that_was_seen_needs_no_last_look(theirs: World, script: Script) -> None:
    run = await theirs.ready(script, IN_THEIRS)
    await asyncio.sleep(3)
    began = theirs.clock.monotonic()
    await run.end()
    assert theirs.item(What.DISPATCH).state is ItemState.DONE
    assert theirs.clock.monotonic() - began < 1
    assert who_is_there(theirs) == ["colleague"]


async def test_a_dispatch_that_nobody_took_needs_no_last_look(theirs: World) -> None:
    run = theirs.start(None, IN_THEIRS)
    await theirs.called("create_dispatch")
    await run.end()
    assert theirs.item(What.DISPATCH).state is ItemState.DONE


async def test_an_end_with_a_late_agent_keeps_within_its_time(theirs: World) -> None:
    slowly_listed = Script(listed_after_s=5.0, joins_after_s=None)
    run = theirs.start(slowly_listed, IN_THEIRS)
    await theirs.called("create_dispatch")
    ended = await theirs.ended(run)
    assert ended.cleanup is CleanupResult.NOT_OURS
    assert theirs.item(What.DISPATCH).state is ItemState.LAST_LOOK


# --- dispatched on request --------------------------------------------------------------------


async def test_a_kept_dispatch_that_is_run_has_its_late_agent_put_out(theirs: World) -> None:
    run = dispatched(theirs)
    theirs.server.workers[AGENT] = late(30.0)
    await theirs.called("create_dispatch")
    await run.end()
    await theirs.janitor.try_now((), kept=True, limit_s=20.0)
    assert theirs.item(What.DISPATCH).state is ItemState.LAST_LOOK
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == ["colleague"]
    assert theirs.item(What.DISPATCH).state is ItemState.DONE


async def test_an_agent_that_makes_a_deleted_room_anew_is_put_out(theirs: World) -> None:
    """Their room is not ours to delete; without anybody the server closes it."""
    theirs.server.workers[AGENT] = late(20.0)
    run = dispatched(theirs)
    await asyncio.sleep(7)  # by then the list tells of its job
    theirs.server.delete_room(THEIRS)
    await run.ended.wait()
    assert theirs.item(What.DISPATCH).state is ItemState.LAST_LOOK
    await asyncio.sleep(LATEST_S)
    assert who_is_there(theirs) == []
    assert theirs.server.called("delete_room") == []


# --- our own room, with others in it ------------------------------------------------------------


async def test_a_late_agent_is_put_out_of_our_room_while_others_hold_it(world: World) -> None:
    run = world.start(late(30.0))
    await world.until(lambda: world.state.phase is Phase.WAITING)
    (room,) = world.server.rooms
    world.server.join(room, COLLEAGUE)
    await run.end()
    await asyncio.sleep(LATEST_S)
    assert list(world.server.rooms[room].members) == ["colleague"]


async def test_one_that_never_comes_holds_nothing_up(theirs: World) -> None:
    run = theirs.start(NEVER_JOINING, IN_THEIRS)
    await asyncio.sleep(20)
    await run.end()
    await asyncio.sleep(LATEST_S)
    assert theirs.item(What.DISPATCH).state is ItemState.DONE
