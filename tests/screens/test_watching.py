"""`w`: rooms are watched from Rooms, shown in Live, and left again; what needs a person is said."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.commands import EndSession, Say, WatchRoom
from lktui.core.events import AnyEvent, Role, RoomsListed, SessionOpened
from lktui.screens.live.screen import LiveScreen
from tests.support.dashboard import Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation, listed
from tests.support.talk import Talk

ROOM = "call-5521"
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)])


def rooms(*names: str) -> RoomsListed:
    return RoomsListed(
        wall=NOON, profile="staging", rooms=tuple(listed(name, "echo", "idle") for name in names)
    )


def watch(dashboard: Dashboard) -> tuple[Conversation, list[AnyEvent]]:
    """What the engine tells of the newest watch that was asked for."""
    command = dashboard.engine.asked(WatchRoom)[-1]
    of = Conversation(command.session, "echo", room=command.room)
    first, *rest = of.ready()
    assert isinstance(first, SessionOpened)
    return of, [msgspec.structs.replace(first, watched=True, slow_reply_s=3.0), *rest]


@SIZES
async def test_w_watches_the_room_under_the_cursor_and_w_again_stops(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM, "call-2"))
        await dashboard.press("w")
        (command,) = dashboard.engine.asked(WatchRoom)
        assert command.room == ROOM
        assert f"watching {ROOM}: nobody there sees it" in dashboard.status
        of, events = watch(dashboard)
        await dashboard.hear(*events)
        assert ROOM in dashboard.lines[2]
        assert "● listening" in dashboard.lines[2]
        await dashboard.press("w")
        assert [one.session for one in dashboard.engine.asked(EndSession)] == [of.id]


async def test_the_row_of_a_watch_says_last_line_turns_and_latency(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM))
        await dashboard.press("w")
        of, events = watch(dashboard)
        talk = Talk(of)
        user = msgspec.structs.replace(talk.line(3, "ann", "where is my order"), role=Role.USER)
        await dashboard.hear(*events, user, talk.line(3.7, "echo", "it is on its way"))
        state, latency, turns = dashboard.lines[2], "0.70s", " 2 "
        assert "● listening · watched" in state
        assert latency in state
        assert turns in state
        assert "it is on its way" in dashboard.text


async def test_a_slow_reply_in_a_watched_room_needs_a_person(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM, "call-2"))
        await dashboard.press("w")
        of, events = watch(dashboard)
        talk = Talk(of)
        await dashboard.hear(*events)
        await dashboard.press("down")
        before = dashboard.lines[0]
        user = msgspec.structs.replace(talk.line(3, "ann", "hello?"), role=Role.USER)
        await dashboard.hear(user, talk.line(7.5, "echo", "sorry, I was away"))
        assert dashboard.lines[0] != before
        await dashboard.press("up")
        assert "the last reply began after 4.50 s, over 3.00 s" in dashboard.text


async def test_several_rooms_are_watched_at_once(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("call-1", "call-2", "call-3"))
        for _ in range(3):
            await dashboard.press("w")
            _, events = watch(dashboard)
            await dashboard.hear(*events)
            await dashboard.press("G")
        watched = [command.room for command in dashboard.engine.asked(WatchRoom)]
    assert sorted(watched) == ["call-1", "call-2", "call-3"]


@SIZES
async def test_a_watch_in_live_says_that_it_is_one(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM))
        await dashboard.press("w")
        of, events = watch(dashboard)
        await dashboard.hear(*events, Talk(of).line(3, "echo", "hello there"))
        await dashboard.press("enter")
        assert "watching since" in dashboard.lines[1]
        assert "talking" not in dashboard.text
        assert "watching: nobody in the room sees you" in dashboard.text
        assert "to type" not in dashboard.text
        assert "w Stop watching" in dashboard.lines[-1]
        await dashboard.press("w")
        assert [command.session for command in dashboard.engine.asked(EndSession)] == [of.id]


async def test_a_watch_in_live_says_so_before_its_agent_is_ready(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM))
        await dashboard.press("w")
        _, events = watch(dashboard)
        await dashboard.hear(*events[:3])
        await dashboard.press("enter")
        assert "watching since" in dashboard.lines[1]
        assert "a line waits" not in dashboard.text


async def test_a_watch_is_opened_in_live_and_takes_no_line(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(ROOM))
        await dashboard.press("w")
        of, events = watch(dashboard)
        await dashboard.hear(*events, Talk(of).line(3, "echo", "hello there"))
        await dashboard.press("enter")
        assert isinstance(dashboard.app.screen, LiveScreen)
        assert "hello there" in dashboard.text
        await dashboard.press("i", "h", "i", "enter")
        assert dashboard.engine.asked(Say) == []
