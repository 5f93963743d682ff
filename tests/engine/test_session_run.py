"""One conversation from its command to its cleanup: what is made is recorded, and removed."""

from __future__ import annotations

import asyncio

import pytest

from lktui.core.cleanup import GONE, ItemState, What
from lktui.core.events import (
    CleanupChanged,
    CleanupResult,
    Connected,
    DispatchIntended,
    ProblemRaised,
    RoomIntended,
    SessionOpened,
    Step,
)
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.verdict import Outcome
from lktui.engine.ports import RoomToken
from lktui.engine.removal import EARLY_LOOKS_S
from lktui.store.journal import read_open_items
from tests.support.fakes.agents import LEAVING, NEVER_JOINING, SESSION, SLOW
from tests.support.fakes.livekit import Call
from tests.support.fakes.world import AGENT, TOKEN_ONLY, World, profile

REFUSED = problem(ProblemCode.AUTH_FAILED)
MAYBE_LANDED = [ProblemCode.CONNECT_TIMEOUT, ProblemCode.SERVER_LOST, ProblemCode.SERVER_ERROR]
"""After these nobody knows whether the call was carried out."""


class Durable:
    """Notes at each call which items another process would find on disk."""

    def __init__(self, world: World) -> None:
        self.at: dict[str, list[tuple[What, str, ItemState]]] = {}
        self._world = world
        world.server.on_call = self._note

    def _note(self, call: Call) -> None:
        items = read_open_items(self._world.paths)
        self.at.setdefault(call.name, [(item.what, item.name, item.state) for item in items])


# --- opening ------------------------------------------------------------------------------------


async def test_a_session_agent_gets_ready(world: World) -> None:
    await world.ready(SESSION)
    assert world.verdicts[-1] is Outcome.READY
    assert [s for s in world.steps if s in (Step.ROOM, Step.CONNECT, Step.JOINED, Step.READY)] == [
        Step.ROOM,
        Step.CONNECT,
        Step.JOINED,
        Step.READY,
    ]


async def test_the_room_is_durable_before_it_is_made(world: World) -> None:
    durable = Durable(world)
    await world.ready(SESSION)
    (room,) = world.server.rooms
    assert durable.at["create_room"] == [(What.ROOM, room, ItemState.LIVE)]


async def test_the_dispatch_is_durable_before_it_is_made(world: World) -> None:
    durable = Durable(world)
    await world.ready(SESSION)
    assert (What.DISPATCH, "", ItemState.LIVE) in durable.at["create_dispatch"]


async def test_the_room_of_a_token_is_durable_before_the_join_that_makes_it(world: World) -> None:
    world.gateway.token = RoomToken(jwt="theirs me", room="theirs", identity="me")
    durable = Durable(world)
    world.start(SESSION, TOKEN_ONLY)
    await world.called("connect")
    assert durable.at["connect"] == [(What.ROOM, "theirs", ItemState.LIVE)]


async def test_intents_are_in_the_record_in_their_order(world: World) -> None:
    await world.ready(SESSION)
    kinds = (SessionOpened, RoomIntended, DispatchIntended, Connected)
    told = [type(event) for event in world.events if isinstance(event, kinds)]
    assert told == list(kinds)


async def test_a_room_has_the_prefix_and_this_installations_id(world: World) -> None:
    await world.ready(SESSION, profile(room_prefix="my test"))
    (room,) = world.server.rooms
    assert room.startswith(f"my-test-{world.journal.installation}")
    assert len(room) == len("my-test-") + 10


async def test_the_rooms_metadata_is_the_profiles(world: World) -> None:
    await world.ready(SESSION, profile(room_metadata="for the agent"))
    (room,) = world.server.rooms.values()
    assert room.metadata == "for the agent"


async def test_the_dispatch_carries_the_profiles_metadata(world: World) -> None:
    await world.ready(SESSION, profile(metadata='{"a": 1}'))
    (room,) = world.server.rooms.values()
    (made,) = room.dispatches.values()
    assert (made.agent_name, made.metadata) == (AGENT, '{"a": 1}')


async def test_on_a_near_server_the_dispatch_goes_out_beside_the_join(world: World) -> None:
    world.server.latency_s = 0.004
    await world.ready(SESSION)
    sent = next(call.at for call in world.server.calls if call.name == "create_dispatch")
    joining = next(call.at for call in world.server.calls if call.name == "connect")
    assert abs(sent - joining) < world.server.connect_s / 2


async def test_on_a_far_server_the_tester_is_in_the_room_before_the_dispatch(world: World) -> None:
    world.server.latency_s = 0.06
    await world.ready(SESSION)
    names = world.server.called("connect", "create_dispatch")
    sent = next(call.at for call in world.server.calls if call.name == "create_dispatch")
    joining = next(call.at for call in world.server.calls if call.name == "connect")
    assert names == ["connect", "create_dispatch"]
    assert sent - joining >= world.server.connect_s


async def test_an_automatic_agent_needs_no_dispatch(world: World) -> None:
    world.server.workers[""] = SESSION
    auto = profile(dispatch_mode=DispatchMode.AUTO, agent_name="")
    run = world.start(None, auto)
    await world.until(lambda: bool(world.server.rooms))
    await world.until(lambda: world.state.ready)
    assert world.server.called("create_dispatch") == []
    assert (await world.ended(run)).cleanup is CleanupResult.DONE


async def test_a_token_for_another_room_is_a_problem_and_nothing_is_left(world: World) -> None:
    world.gateway.token = RoomToken(jwt="elsewhere me", room="here", identity="me")
    world.start(SESSION, TOKEN_ONLY)
    await world.until(lambda: world.state.over)
    assert world.last(ProblemRaised).problem.code is ProblemCode.TOKEN_WRONG_ROOM
    assert world.server.rooms["elsewhere"].members == {}


# --- what is refused ----------------------------------------------------------------------------


async def test_a_refused_room_ends_its_item_at_once(world: World) -> None:
    world.server.fail("create_room", REFUSED)
    run = world.start(SESSION)
    await world.until(lambda: world.state.over)
    assert world.item(What.ROOM).state is ItemState.DONE
    assert world.server.called("delete_room") == []
    assert (await world.ended(run)).cleanup is CleanupResult.DONE


async def test_a_refused_dispatch_ends_its_item_at_once(world: World) -> None:
    world.server.fail("create_dispatch", REFUSED)
    world.start(SESSION)
    await world.until(lambda: world.state.over)
    assert world.states(What.DISPATCH) == [ItemState.LIVE, ItemState.DONE]
    assert world.server.called("delete_dispatch") == []
    assert world.server.rooms == {}


@pytest.mark.parametrize("code", MAYBE_LANDED)
async def test_a_room_whose_answer_was_lost_is_removed(world: World, code: ProblemCode) -> None:
    world.server.fail("create_room", problem(code), landed=True)
    world.start(SESSION)
    await world.until(lambda: world.state.over)
    assert world.server.rooms == {}
    assert world.item(What.ROOM).state is ItemState.DONE
    assert "delete_room" in world.server.called("delete_room")


@pytest.mark.parametrize("code", MAYBE_LANDED)
async def test_a_dispatch_whose_answer_was_lost_is_removed(world: World, code: ProblemCode) -> None:
    world.server.fail("create_dispatch", problem(code), landed=True)
    world.server.fail("dispatches", problem(code))
    world.start(SLOW, profile(dispatch_retries=0))
    await world.until(lambda: world.state.over)
    assert world.server.called("delete_dispatch") == ["delete_dispatch"]
    assert world.server.rooms == {}
    assert world.item(What.DISPATCH).state is ItemState.DONE


async def test_a_room_that_is_refused_while_the_session_ends_leaves_no_item(world: World) -> None:
    gate = world.server.hold("create_room")
    world.server.fail("create_room", REFUSED)
    run = world.start(SESSION)
    await world.called("create_room")
    end = run.end()
    await asyncio.sleep(0.1)
    gate.set()
    await end
    assert world.item(What.ROOM).state is ItemState.DONE
    assert world.server.called("delete_room") == []


async def test_without_a_usable_journal_nothing_is_made(world: World) -> None:
    await world.ready(SESSION)
    world.journal._db.execute("DROP TABLE item")
    calls = len(world.server.called("create_room"))
    world.start(SESSION)
    await world.until(lambda: world.state.over)
    assert world.last(ProblemRaised).problem.code is ProblemCode.STATE_UNUSABLE
    assert len(world.server.called("create_room")) == calls
    world.journal._db.execute("CREATE TABLE item (id TEXT PRIMARY KEY, owner, over, body)")


# --- the end ------------------------------------------------------------------------------------


async def test_at_the_end_the_dispatch_goes_before_the_room(world: World) -> None:
    run = await world.ready(SESSION)
    ended = await world.ended(run)
    assert ended.cleanup is CleanupResult.DONE
    assert world.server.called("delete_dispatch", "delete_room") == [
        "delete_dispatch",
        "delete_room",
    ]
    assert world.server.rooms == {}


async def test_both_are_due_on_disk_before_the_first_is_deleted(world: World) -> None:
    run = await world.ready(SESSION)
    durable = Durable(world)
    await world.ended(run)
    states = {what: state for what, _, state in durable.at["delete_dispatch"]}
    assert states[What.ROOM] is ItemState.DUE
    assert states[What.DISPATCH] is not ItemState.LIVE


async def test_done_is_written_only_after_the_last_look(world: World) -> None:
    run = await world.ready(SESSION)
    end = run.end()
    await world.called("delete_room")
    deleted_at = world.clock.monotonic()
    await end
    done_at = [
        event.at
        for event in world.all(CleanupChanged)
        for item in event.items
        if item.what is What.ROOM and item.state is ItemState.DONE
    ]
    assert done_at[0] - deleted_at >= 0.5
    assert world.server.calls[-1].name == "find_room"


@pytest.mark.parametrize("call", ["create_room", "connect", "create_dispatch"])
async def test_an_end_in_the_middle_of_a_call_lets_it_land_and_undoes_it(
    world: World, call: str
) -> None:
    gate = world.server.hold(call)
    run = world.start(SLOW)
    await world.called(call)
    end = run.end()
    await asyncio.sleep(0.5)
    assert not end.done()
    gate.set()
    await end
    assert run.ended.is_set()
    assert world.server.rooms == {}
    assert world.agents == []
    assert world.item(What.ROOM).state in GONE


async def test_an_early_end_looks_again_until_no_late_agent_can_come(world: World) -> None:
    run = world.start(SLOW)
    await world.until(lambda: Step.DISPATCH in world.steps)
    end = run.end()
    await world.called("delete_room")
    deleted_at = world.clock.monotonic()
    await end
    looks = [call.at - deleted_at for call in world.server.calls if call.name == "find_room"]
    assert [round(look, 1) for look in looks if look > 0.1] == list(EARLY_LOOKS_S)
    assert world.server.rooms == {}


async def test_a_room_that_a_late_agent_made_anew_is_deleted_again(world: World) -> None:
    run = world.start(SLOW)
    await world.until(lambda: Step.DISPATCH in world.steps)
    await world.ended(run)
    assert world.server.called("delete_room") == ["delete_room", "delete_room"]
    assert world.server.rooms == {}


async def test_an_end_is_done_once_however_often_it_is_asked_for(world: World) -> None:
    run = await world.ready(SESSION)
    first, second = run.end(), run.end()
    assert first is second
    await first


async def test_a_room_that_was_there_is_not_ours_and_stays(world: World) -> None:
    world.server.room("lobby")
    run = await world.ready(SESSION, profile(room_name="lobby"))
    assert world.states(What.ROOM) == []
    assert (await world.ended(run)).cleanup is CleanupResult.NOT_OURS
    assert list(world.server.rooms) == ["lobby"]
    assert world.server.called("delete_room") == []
    assert world.server.rooms["lobby"].dispatches == {}


async def test_a_named_room_that_was_not_there_is_ours(world: World) -> None:
    run = await world.ready(SESSION, profile(room_name="lobby"))
    assert (await world.ended(run)).cleanup is CleanupResult.DONE
    assert world.server.rooms == {}


async def test_a_kept_room_stays_without_its_dispatch(world: World) -> None:
    run = await world.ready(SESSION, keep=True)
    assert (await world.ended(run)).cleanup is CleanupResult.KEPT
    (room,) = world.server.rooms.values()
    assert room.dispatches == {}
    assert world.item(What.ROOM).state is ItemState.KEPT


async def test_without_a_key_leaving_is_the_cleanup(world: World) -> None:
    world.gateway.token = RoomToken(
        jwt="theirs me", room="theirs", identity="me", carries_dispatch=True
    )
    world.server.workers[""] = SESSION
    run = world.start(None, TOKEN_ONLY)
    await world.until(lambda: world.state.ready)
    assert (await world.ended(run)).cleanup is CleanupResult.LEFT
    assert world.item(What.ROOM).state is ItemState.LEFT
    assert world.server.called("delete_room", "participants", "dispatches") == []


@pytest.mark.parametrize("change", ["removed", "pointed elsewhere", "without a key"])
async def test_a_session_is_cleaned_up_as_it_was_opened_whatever_becomes_of_its_profile(
    world: World, change: str
) -> None:
    run = await world.ready(SESSION)
    if change == "removed":
        del world.gateway.profiles["p"]
    elif change == "pointed elsewhere":
        world.gateway.profiles["p"] = profile(url="ws://elsewhere.example")
    else:
        world.gateway.profiles["p"] = profile(api_key=None)
    assert (await world.ended(run)).cleanup is CleanupResult.DONE
    assert world.server.rooms == {}


async def test_a_disk_that_fails_in_the_middle_does_not_keep_the_room(world: World) -> None:
    run = await world.ready(SESSION)
    world.journal._db.execute("ALTER TABLE item RENAME TO away")
    world.journal._db.execute("ALTER TABLE event RENAME TO gone")
    await world.ended(run)
    assert world.server.rooms == {}
    assert run.ended.is_set()
    assert world.state.over
    world.journal._db.execute("ALTER TABLE away RENAME TO item")
    world.journal._db.execute("ALTER TABLE gone RENAME TO event")


async def test_a_session_whose_agent_never_comes_leaves_nothing(world: World) -> None:
    run = world.start(NEVER_JOINING)
    assert (await world.verdict()).code is Outcome.NOT_JOINED
    assert (await world.ended(run)).cleanup is CleanupResult.DONE
    assert world.server.rooms == {}


async def test_a_session_whose_agent_has_left_ends_without_early_looks(world: World) -> None:
    run = world.start(LEAVING)
    await world.until(lambda: Outcome.LEFT in world.verdicts)
    began = world.clock.monotonic()
    await world.ended(run)
    assert world.clock.monotonic() - began < 1.0


async def test_once_the_end_has_begun_nothing_is_judged_any_more(world: World) -> None:
    run = await world.ready(SESSION)
    assert run._dispatcher is not None
    run._dispatcher.judge.close()
    (room,) = world.server.rooms.values()
    for identity in world.agents:
        world.server.leave(room.name, identity)
    await asyncio.sleep(10)  # in virtual time
    assert world.verdicts[-1] is Outcome.READY
