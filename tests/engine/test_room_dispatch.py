"""An agent into somebody's room: judged by a hidden watch, left alone by everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lktui.core.cleanup import ItemState, What
from lktui.core.commands import DispatchInto
from lktui.core.events import Connected, RoomOpened, SessionEnded, SessionId
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode
from lktui.core.profile import Profile
from lktui.core.session import SessionState
from lktui.core.verdict import Outcome
from lktui.engine.room_dispatch import RoomDispatch
from tests.support.fakes.agents import DEAD, LEAVING, NEVER_JOINING, RAW, SESSION, Script
from tests.support.fakes.world import AGENT, EXPLICIT, World, profile

ROOM = "call-5521"


class Place:
    """A room that somebody else has made, and what is done in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs: list[RoomDispatch] = []
        world.server.room(ROOM)

    def dispatch(
        self,
        script: Script | None = None,
        *,
        into: str = ROOM,
        again: bool = False,
        agreed: bool = False,
        by: Profile = EXPLICIT,
    ) -> RoomDispatch:
        world = self.world
        if script is not None:
            world.server.workers[AGENT] = script
        session = SessionId(f"d{len(self.runs) + 1}")
        command = DispatchInto(session=session, profile=by, room=into, again=again, agreed=agreed)
        run = RoomDispatch(command, world.gateway, world.janitor, world.recorder.emit, world.clock)
        self.runs.append(run)
        run.start()
        return run

    async def judged(self) -> Outcome:
        await self.world.until(lambda: self.verdict is not None)
        assert self.verdict is not None
        return self.verdict

    @property
    def state(self) -> SessionState:
        return Fold().apply(self.world.events).sessions[self.runs[-1].session]

    @property
    def verdict(self) -> Outcome | None:
        sessions = Fold().apply(self.world.events).sessions
        state = sessions.get(self.runs[-1].session)
        found = state.diagnosis if state is not None else None
        return found.code if found is not None and found.settled else None

    def agents_here(self) -> list[str]:
        return self.world.server.rooms[ROOM].agents


@pytest_asyncio.fixture
async def place(world: World) -> AsyncIterator[Place]:
    one = Place(world)
    yield one
    for run in one.runs:
        await run.end()


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (SESSION, Outcome.READY),
        (RAW, Outcome.PRESENT),
        (None, Outcome.NOT_TAKEN),
        (NEVER_JOINING, Outcome.NOT_JOINED),
    ],
)
async def test_an_agent_is_judged_as_in_a_conversation(
    place: Place, script: Script | None, code: Outcome
) -> None:
    place.dispatch(script)
    assert await place.judged() is code


async def test_a_watched_agent_that_leaves_is_noticed(place: Place) -> None:
    place.dispatch(LEAVING)
    await place.world.until(lambda: place.verdict is Outcome.LEFT)


async def test_nobody_sees_the_watcher_and_no_agent_listens_to_it(place: Place) -> None:
    place.dispatch(SESSION)
    await place.judged()
    room = place.world.server.rooms[ROOM]
    hidden = [who for who, member in room.members.items() if member.participant.hidden]
    assert hidden == [place.world.last(Connected).identity]
    assert all(member.linked == "" for member in room.members.values())


async def test_the_room_is_neither_made_nor_deleted(place: Place) -> None:
    run = place.dispatch(SESSION)
    await place.judged()
    await run.end()
    assert place.world.server.called("create_room", "delete_room") == []
    assert not place.world.last(RoomOpened).ours
    assert len(place.agents_here()) == 1


async def test_the_dispatch_rests_as_kept_from_before_it_is_made(place: Place) -> None:
    place.world.server.hold("create_dispatch")
    place.dispatch(SESSION)
    await place.world.called("create_dispatch")
    assert place.world.states(What.DISPATCH) == [ItemState.KEPT]
    place.world.server.hold("create_dispatch").set()
    await place.judged()
    assert place.world.item(What.DISPATCH).name == "AD_0002"


async def test_a_kept_dispatch_is_withdrawn_when_a_person_names_it(place: Place) -> None:
    run = place.dispatch(SESSION)
    await place.judged()
    await run.end()
    await place.world.janitor.try_now((), kept=False, limit_s=5.0)
    assert len(place.agents_here()) == 1
    await place.world.janitor.try_now(("AD_0002",), kept=False, limit_s=5.0)
    await place.world.until(lambda: not place.agents_here())
    assert place.world.item(What.DISPATCH).state is ItemState.DONE


async def test_a_room_that_is_not_there_is_not_made(place: Place) -> None:
    place.dispatch(SESSION, into="nowhere")
    await place.world.until(lambda: place.state.over)
    assert place.state.problem is not None
    assert place.state.problem.code is ProblemCode.ROOM_MISSING
    assert place.world.server.called("connect", "create_dispatch") == []


async def test_a_second_agent_of_the_same_name_needs_a_yes(place: Place) -> None:
    place.dispatch(SESSION)
    await place.judged()
    place.dispatch()
    await place.world.until(lambda: place.state.over)
    assert place.state.problem is not None
    assert place.state.problem.code is ProblemCode.AGENT_ALIVE
    assert place.world.server.called("create_dispatch") == ["create_dispatch"]
    place.dispatch(agreed=True)
    await place.world.until(lambda: len(place.agents_here()) == 2)


async def test_an_agent_that_is_still_on_its_way_counts_as_there(place: Place) -> None:
    place.world.server.workers[AGENT] = NEVER_JOINING
    place.world.server.dispatch(ROOM, AGENT)
    place.dispatch()
    await place.world.until(lambda: place.state.over)
    assert place.state.problem is not None
    assert "on its way" in place.state.problem.summary


async def test_a_profile_that_is_read_only_dispatches_nothing(place: Place) -> None:
    place.dispatch(SESSION, by=profile(read_only=True))
    await place.world.until(lambda: place.state.over)
    assert place.world.server.calls == []


# --- again ----------------------------------------------------------------------------------------


async def test_what_others_dispatched_is_replaced_with_its_metadata(place: Place) -> None:
    place.world.server.workers[AGENT] = DEAD
    place.world.server.dispatch(ROOM, AGENT, '{"caller": 7}')
    await place.world.until(lambda: bool(place.agents_here()))
    (old,) = place.agents_here()
    place.dispatch(SESSION, again=True, agreed=True)
    assert await place.judged() is Outcome.READY
    assert old not in place.agents_here()
    (made,) = place.world.server.rooms[ROOM].dispatches.values()
    assert made.metadata == '{"caller": 7}'


async def test_an_agent_that_answers_is_not_replaced_without_a_yes(place: Place) -> None:
    place.world.server.workers[AGENT] = SESSION
    place.world.server.dispatch(ROOM, AGENT)
    await place.world.until(lambda: bool(place.agents_here()))
    before = place.agents_here()
    place.dispatch(again=True)
    await place.world.until(lambda: place.state.over)
    assert place.state.problem is not None
    assert place.state.problem.code is ProblemCode.AGENT_ALIVE
    assert place.agents_here() == before


async def test_two_agents_become_one(place: Place) -> None:
    place.world.server.workers[AGENT] = SESSION
    for _ in range(2):
        place.world.server.dispatch(ROOM, AGENT)
    await place.world.until(lambda: len(place.agents_here()) == 2)
    place.dispatch(again=True, agreed=True)
    assert await place.judged() is Outcome.READY
    assert len(place.agents_here()) == 1


async def test_what_a_retry_took_away_is_over_in_the_queue_too(place: Place) -> None:
    run = place.dispatch(SESSION)
    await place.judged()
    await run.end()
    first = place.world.item(What.DISPATCH)
    place.dispatch(again=True, agreed=True)
    await place.judged()
    known = place.world.janitor.item(first.id)
    assert known is not None
    assert known.state is ItemState.DONE


async def test_r_dispatches_again_in_the_same_watch(place: Place) -> None:
    run = place.dispatch(LEAVING)
    await place.world.until(lambda: place.verdict is Outcome.LEFT)
    place.world.server.workers[AGENT] = SESSION
    run.retry(replace_live=False)
    run.retry(replace_live=False)
    await place.world.until(lambda: place.verdict is Outcome.READY)
    assert len(place.state.attempts) == 2
    assert place.world.notices == [f"already retrying {ROOM}"]


# --- the end --------------------------------------------------------------------------------------


async def test_a_room_that_closes_under_the_watch_ends_it(place: Place) -> None:
    place.dispatch(SESSION)
    await place.judged()
    place.world.server.delete_room(ROOM)
    await place.world.until(lambda: place.state.over)
    assert place.verdict is Outcome.ROOM_GONE
    assert place.world.item(What.DISPATCH).state is ItemState.DONE
    assert not place.world.last(SessionEnded).made


async def test_an_end_in_the_middle_of_the_create_lets_it_land_and_keeps_it(place: Place) -> None:
    gate = place.world.server.hold("create_dispatch")
    run = place.dispatch(SESSION)
    await place.world.called("create_dispatch")
    ending = run.end()
    gate.set()
    await ending
    assert place.world.item(What.DISPATCH).state is ItemState.KEPT
    assert place.world.item(What.DISPATCH).name == "AD_0002"
