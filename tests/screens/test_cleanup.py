"""Cleanup: every item until the server has said that it is gone."""

from __future__ import annotations

import msgspec

from lktui.core.cleanup import ItemState
from lktui.core.commands import ForgetCleanup, RunCleanup
from lktui.core.events import CleanupChanged
from tests.support.dashboard import Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import item

STUCK = item("preclinical-test-k7qd0be214", ItemState.STUCK, tries=10, age_s=3600)
WAITING = item("preclinical-test-k7qd44f0c1", ItemState.WAITING, tries=4, age_s=360)
GONE = item("preclinical-test-k7qd6620b1", ItemState.DONE, age_s=60)
LIVE = item("AD_x8Kq2LmN4cTz", ItemState.LIVE, age_s=20)
ALL = CleanupChanged(items=(STUCK, WAITING, GONE, LIVE))


async def test_each_item_says_its_state_until_it_is_gone(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        rows = dashboard.lines[2:6]
        assert "✗ stuck              room      preclinical-test-k7qd0be214" in rows[0]
        assert "◐ next try in " in rows[1]
        assert "○ gone" in rows[2]
        assert "● in use             dispatch  AD_x8Kq2LmN4cTz" in rows[3]
        assert dashboard.status == "2 left  ✗ 1 stuck  ◐ 1 on their way  ● 1 in use"


async def test_a_stuck_item_tells_seen_cause_and_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        assert "✗ Stuck after 10 tries in 1 h 0 min; no more by itself" in dashboard.text
        assert "401 from" in dashboard.text
        assert "or delete it" in dashboard.text


async def test_a_stuck_item_is_said_on_every_other_screen(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(ALL)
        for key in "123":
            await dashboard.press(key)
            assert dashboard.status.endswith("✗ 1 stuck  4 Cleanup")
            assert "4 Cleanup !1" in dashboard.lines[0]


async def test_r_tries_one_and_capital_r_all(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("r", "R")
        one, every = dashboard.engine.asked(RunCleanup)
        assert one.ids == (STUCK.id,)
        assert every.ids == ()


async def test_what_is_in_use_is_not_tried(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("G", "r")
        assert dashboard.status.endswith("not now: it is in use")
        assert not dashboard.engine.asked(RunCleanup)


async def test_forgetting_asks_and_enter_cancels(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("f")
        assert "▲ forget this room?" in dashboard.text
        await dashboard.press("f", "r", "enter")
        assert not dashboard.engine.asked(ForgetCleanup)
        await dashboard.press("f", "y")
        assert dashboard.engine.asked(ForgetCleanup)[0].ids == (STUCK.id,)


async def test_what_changes_below_neither_closes_nor_changes_the_question(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("f")
        older = item("preclinical-test-k7qd000000", ItemState.STUCK, tries=10, age_s=9000)
        await dashboard.hear(CleanupChanged(items=(older,)))
        assert "▲ forget this room?" in dashboard.text
        await dashboard.press("y")
        assert dashboard.engine.asked(ForgetCleanup)[0].ids == (STUCK.id,)


async def test_nothing_to_clean_up_is_said(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        assert "Nothing to clean up." in dashboard.text
        assert "Every room and dispatch made here is gone." in dashboard.text


async def test_a_try_that_is_under_way_and_one_that_is_due_count_the_seconds(
    dashboard: Dashboard,
) -> None:
    running = item("preclinical-test-k7qd6620b1", ItemState.RUNNING)
    due = msgspec.structs.replace(
        item("preclinical-test-k7qd77aa01", ItemState.DUE, age_s=10), next_try_at=NOON + 9
    )
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(running, due)))
        assert "◐ deleting  " in dashboard.text
        dashboard.clock.move(2.0)
        await dashboard.hear(CleanupChanged(items=(running,)))
        assert "◐ deleting 2 s  " in dashboard.text
        assert "◐ due in 6 s  " in dashboard.text
