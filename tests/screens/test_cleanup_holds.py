"""Cleanup: what an item still holds on its server, as the list of rooms tells."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.cleanup import ItemState
from lktui.core.commands import WatchRooms
from lktui.core.events import CleanupChanged, ListedRoom, RoomsListed, RoomsUnlisted
from lktui.core.problems import ProblemCode, problem
from tests.support.dashboard import Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import item, listed

STUCK = item("preclinical-test-k7qd0be214", ItemState.STUCK, tries=10, age_s=3600)
LIVE = item("AD_x8Kq2LmN4cTz", ItemState.LIVE, age_s=20)
ROOM = listed(STUCK.name, "checkout", people=2)


@pytest.mark.parametrize(
    ("rooms", "words"),
    [
        ((ROOM,), "2 people, agents: checkout; it closes by itself 20 s"),
        ((listed(STUCK.name, people=1),), "1 person; it closes by itself 20 s"),
        ((), "nothing: there is no such room\n"),
    ],
)
async def test_what_an_item_holds_is_told_by_the_list_of_rooms(
    dashboard: Dashboard, rooms: tuple[ListedRoom, ...], words: str
) -> None:
    here = msgspec.structs.replace(STUCK, url="wss://voice-staging.example.net")
    async with dashboard.running((120, 40)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(here,)))
        assert "holds  it closes by itself 20 s after the last one leaves" in dashboard.text
        await dashboard.hear(RoomsListed(profile="staging", rooms=rooms, wall=NOON))
        assert f"holds  {words}" in dashboard.text


async def test_rooms_of_another_server_tell_nothing_of_an_item(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("4")
        await dashboard.hear(
            CleanupChanged(items=(STUCK,)), RoomsListed(profile="staging", rooms=(ROOM,), wall=NOON)
        )
        assert "holds  it closes by itself" in dashboard.text


async def test_a_list_that_could_not_be_read_again_tells_its_time(dashboard: Dashboard) -> None:
    here = msgspec.structs.replace(STUCK, url="wss://voice-staging.example.net")
    refused = problem(ProblemCode.CONNECTION_REFUSED, subject="voice-staging.example.net")
    unlisted = RoomsUnlisted(profile="staging", problem=refused, read_wall=NOON - 60)
    async with dashboard.running((120, 40)):
        await dashboard.press("4")
        await dashboard.hear(RoomsListed(profile="staging", rooms=(ROOM,), wall=NOON), unlisted)
        await dashboard.hear(CleanupChanged(items=(here,)))
        assert "agents: checkout at " in dashboard.text


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (listed("preclinical-test-k7qdaa17d0", "checkout"), "the agent checkout is in the room"),
        (listed("preclinical-test-k7qdaa17d0"), "the agent checkout is not in the room"),
    ],
)
async def test_of_a_dispatch_it_is_told_whether_its_agent_is_there(
    dashboard: Dashboard, room: ListedRoom, words: str
) -> None:
    here = msgspec.structs.replace(
        LIVE, url="wss://voice-staging.example.net", agent_name="checkout"
    )
    async with dashboard.running((120, 40)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(here,)))
        await dashboard.hear(RoomsListed(profile="staging", rooms=(room,), wall=NOON))
        assert f"holds  {words}" in dashboard.text


async def test_a_room_that_is_kept_closes_after_a_day(dashboard: Dashboard) -> None:
    kept = msgspec.structs.replace(item("kept-one", ItemState.KEPT), keep=True)
    async with dashboard.running((120, 40)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(kept,)))
        assert "it closes by itself 24 h after the last one leaves" in dashboard.text


async def test_rooms_are_listed_while_cleanup_is_shown_and_no_longer(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        for keys, polls in (("4", True), ("2", True), ("4", True), ("3", False)):
            await dashboard.press(keys)
            last = dashboard.engine.asked(WatchRooms)[-1]
            assert (last.profile is not None) is polls, keys
