"""Leaving: asked about only while a conversation goes on, and clean in every way out."""

from __future__ import annotations

from textual.app import App

from lktui.app import QUIT_GRACE_S
from lktui.core.cleanup import ItemState
from lktui.core.events import CleanupChanged
from lktui.core.problems import ExitCode
from lktui.screens.leaving import progress, to_clean_up
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation, item


async def test_q_quits_at_once_if_nothing_goes_on(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("q")
    assert dashboard.engine.stopped_after == QUIT_GRACE_S
    assert dashboard.app.return_code == ExitCode.OK


async def test_q_asks_while_a_conversation_goes_on(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("q")
        assert "preclinical-test-k7qd7f3a02   ends and is cleaned up" in dashboard.text
        await dashboard.press("enter")
        assert dashboard.engine.stopped_after is None
        await dashboard.press("q", "y")
    assert dashboard.engine.stopped_after == QUIT_GRACE_S


async def test_q_leaves_a_replay_at_once_for_nothing_of_it_ends(dashboard: Dashboard) -> None:
    dashboard.controller.replays = True
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("q")
    assert dashboard.engine.stopped_after == QUIT_GRACE_S


async def test_ctrl_c_twice_quits_without_a_question(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("ctrl+c")
        assert dashboard.status.endswith("ctrl+c again quits")
        await dashboard.press("ctrl+c")
    assert dashboard.engine.stopped_after == QUIT_GRACE_S


async def test_two_ctrl_c_with_another_key_between_do_not_quit(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("ctrl+c", "j", "ctrl+c")
        assert dashboard.engine.stopped_after is None


async def test_ctrl_c_reaches_the_app_while_a_filter_is_typed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("slash", "a", "ctrl+c", "ctrl+c")
    assert dashboard.engine.stopped_after == QUIT_GRACE_S


async def test_an_engine_that_takes_long_is_left_behind_by_ctrl_c_twice(
    dashboard: Dashboard,
) -> None:
    dashboard.engine.hangs = True
    async with dashboard.running((80, 24)):
        await dashboard.press("q", "ctrl+c", "ctrl+c")
    assert dashboard.app.return_code == ExitCode.INTERRUPTED


async def test_what_is_left_is_known_after_the_end(dashboard: Dashboard) -> None:
    stuck = item("preclinical-test-k7qd0be214", ItemState.STUCK, tries=10)
    async with dashboard.running((80, 24)):
        await dashboard.hear(CleanupChanged(items=(stuck,)))
        await dashboard.press("q")
    assert dashboard.controller.unfinished == 1


def test_an_end_says_how_many_of_its_items_are_gone_and_how_long_it_may_take() -> None:
    items = [item(f"r{n}", state) for n, state in enumerate((ItemState.LIVE, ItemState.DUE))]
    begun_with = to_clean_up([*items, item("w", ItemState.WAITING, tries=1)])
    cleanup = {one.id: one for one in (items[0].done(), items[1])}
    words = progress(begun_with, cleanup, 11.6)
    assert words == "cleaning up: 1 of 2 gone, 12 s left; ctrl+c twice leaves the rest"


def test_the_hook_for_unforeseen_errors_is_still_textuals() -> None:
    assert callable(App._fatal_error)


async def test_an_unforeseen_error_shows_no_locals_and_goes_to_the_log(
    dashboard: Dashboard,
) -> None:
    def broken() -> None:
        password = "c4n4ry"  # noqa: F841 - must not be printed
        raise RuntimeError("no idea")

    try:
        async with dashboard.running((80, 24)):
            dashboard.app.call_later(broken)
            await dashboard.settled()
    except RuntimeError:
        pass
    log = dashboard.paths.log_file.read_text(encoding="utf-8")
    assert "RuntimeError: no idea" in log
    assert "c4n4ry" not in log
