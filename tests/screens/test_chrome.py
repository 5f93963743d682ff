"""Header, status line and footer: the same on every screen, whole at every width."""

from __future__ import annotations

import pytest

from lktui.core.commands import EndSession, StartSession
from lktui.core.events import EngineFaulted, Hello, LinkChanged, LinkState, RoomsListed
from lktui.core.problems import ProblemCode, problem
from lktui.core.signs import StateKind
from lktui.core.wire import PROTOCOL
from lktui.session.engine_client import EngineHealth
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation

SIZES = [(60, 15), (80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_every_row_is_as_wide_as_the_screen_and_the_footer_whole(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await dashboard.hear(*Conversation("91bc4e").not_taken(), *Conversation("7f3a02").ready())
        for key in "1234":
            await dashboard.press(key)
            assert {dashboard.cells(row) for row in range(size[1])} == {size[0]}
            assert dashboard.footer.endswith("? Help")
            assert "…" not in dashboard.footer


@pytest.mark.parametrize("size", SIZES)
async def test_the_link_never_leaves_the_header(make: Make, size: tuple[int, int]) -> None:
    name = "a-profile-with-quite-a-long-name"
    board = make({name: STAGING})
    async with board.running(size):
        await board.hear(RoomsListed(wall=NOON, profile=name, rooms=()))
        assert board.lines[0].endswith("● connected")
        assert (name in board.lines[0]) == (size[0] == 120)


async def test_the_server_is_shown_from_120_columns(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        assert "staging  wss://voice-staging.example.net  ○ not connected" in dashboard.lines[0]


async def test_a_lost_link_is_said(dashboard: Dashboard) -> None:
    own = Conversation("7f3a02")
    async with dashboard.running((80, 24)):
        await dashboard.hear(*own.ready())
        assert dashboard.lines[0].endswith("● connected")
        await dashboard.hear(LinkChanged(session=own.id, state=LinkState.RECONNECTING))
        assert dashboard.lines[0].endswith("◐ reconnecting")


async def test_a_restarted_engine_is_said_until_the_next_key(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.engine.on_health(EngineHealth.RESTARTING)
        await dashboard.settled()
        assert dashboard.lines[0].endswith("◐ engine restarting")
        dashboard.engine.on_health(EngineHealth.UP)
        await dashboard.settled()
        assert dashboard.status.endswith("▲ the engine stopped; restarted, nothing lost")
        await dashboard.press("j")
        assert "restarted" not in dashboard.status


async def test_an_engine_that_stays_down_is_said_for_good(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.engine.on_health(EngineHealth.FAILED)
        await dashboard.press("j", "s")
        assert dashboard.lines[0].endswith("✗ engine down")
        assert dashboard.status.endswith("✗ The engine stopped")


async def test_a_message_goes_with_the_next_key_and_a_problem_with_esc(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.notice("wrote it", StateKind.READY)
        await dashboard.settled()
        assert dashboard.status.endswith("● wrote it")
        await dashboard.press("j")
        assert "wrote it" not in dashboard.status


async def test_what_is_far_too_small_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((50, 12)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        assert "The terminal is too small for lktui." in dashboard.text
        assert "It has 50 x 12; it needs 60 x 15." in dashboard.text
        assert "1 conversation goes on. q quits." in dashboard.text
        assert "Profiles" not in dashboard.text


async def test_growing_again_brings_the_screen_back(dashboard: Dashboard) -> None:
    async with dashboard.running((50, 12)):
        await dashboard.pilot.resize_terminal(80, 24)
        await dashboard.settled()
        assert "1 Profiles" in dashboard.lines[0]
        assert "too small" not in dashboard.text


async def test_without_colours_the_cursor_row_is_reversed_and_plain(make: Make) -> None:
    board = make(theme="lktui-ansi-16")
    async with board.running((80, 24)):
        assert board.style_at("▌").reverse
        assert board.style_at("1 Profiles").reverse


async def test_what_is_too_small_does_nothing_that_nobody_sees(dashboard: Dashboard) -> None:
    async with dashboard.running((50, 12)):
        await dashboard.press("s", "2", "d", "y")
        assert dashboard.app.current_mode == "profiles"
        assert not dashboard.engine.asked(StartSession)
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("q")
        assert dashboard.engine.stopped_after is not None


async def test_a_draft_has_the_focus_again_when_the_terminal_has_grown_back(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("s", "enter", "h", "i")
        await dashboard.pilot.resize_terminal(50, 12)
        await dashboard.settled()
        await dashboard.press("x", "c")
        await dashboard.pilot.resize_terminal(80, 24)
        await dashboard.settled()
        await dashboard.press("!")
        assert " › hi!" in dashboard.text
        assert not dashboard.engine.asked(EndSession)


async def test_a_restarted_engine_says_which_conversations_it_has_ended(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        dashboard.engine.on_health(EngineHealth.RESTARTING)
        dashboard.engine.on_health(EngineHealth.UP)
        await dashboard.settled()
        assert dashboard.status.endswith("▲ the engine stopped; restarted, 1 conversation ended")
        await dashboard.press("j")
        assert "restarted" not in dashboard.status


@pytest.mark.parametrize("key", ["1", "2"])
async def test_an_engine_that_cannot_work_says_why_and_what_to_do(
    dashboard: Dashboard, key: str
) -> None:
    found = problem(ProblemCode.STATE_UNUSABLE, path="/x/state", why="no space left")
    hello = Hello(protocol=PROTOCOL, build="test", pid=1, installation="")
    async with dashboard.running((80, 24)):
        await dashboard.hear(EngineFaulted(problem=found), hello)
        await dashboard.press(key)
        assert dashboard.lines[0].endswith("✗ engine cannot work")
        assert "no space left" in dashboard.text
        assert "Mend the folder or name another with --state-dir" in dashboard.text
        await dashboard.press("s")
        assert dashboard.status.endswith("not now: the state folder cannot be used: /x/state")
        assert not dashboard.engine.asked(StartSession)
        working = Hello(protocol=PROTOCOL, build="test", pid=2, installation="k7qd")
        await dashboard.hear(working)
        await dashboard.press("s")
        assert dashboard.engine.asked(StartSession)
