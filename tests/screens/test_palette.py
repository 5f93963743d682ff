"""`:`: everything that can be done here, by a few letters of its name."""

from __future__ import annotations

import pytest

from lktui.core.commands import Retry, StartSession
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation


@pytest.mark.parametrize("screen", ["1", "2", "3", "4"])
async def test_it_opens_and_closes_on_every_screen(dashboard: Dashboard, screen: str) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press(screen)
        before = dashboard.text
        await dashboard.press(":")
        assert dashboard.footer.startswith("enter Do it")
        assert any(row.startswith("── :") for row in dashboard.lines)
        await dashboard.press("escape")
        assert dashboard.text == before


async def test_letters_find_and_enter_does(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2", ":", *"rtr", "enter")
        assert [retry.session for retry in dashboard.engine.asked(Retry)] == ["91bc4e"]
        assert "── :" not in dashboard.text


async def test_the_impossible_comes_last_and_says_why(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", ":", *"ret")
        assert "Retry                      not now: there is no row" in dashboard.text
        await dashboard.press("enter")
        assert dashboard.status.endswith("not now: there is no row")


async def test_what_was_done_last_comes_first(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", ":", *"start", "enter", "2", ":")
        assert next(row for row in dashboard.lines if row.startswith("▌ S")).startswith("▌ Start")
        await dashboard.press("enter")
        assert len(dashboard.engine.asked(StartSession)) == 2


async def test_the_list_above_stays_in_sight(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2", ":")
        assert "no worker took it" in dashboard.lines[2]


async def test_down_and_up_choose(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", ":")
        first = next(row for row in dashboard.lines[8:] if row.startswith("▌"))
        await dashboard.press("down")
        assert next(row for row in dashboard.lines[8:] if row.startswith("▌")) != first
        await dashboard.press("up")
        assert next(row for row in dashboard.lines[8:] if row.startswith("▌")) == first


async def test_it_fits_into_the_smallest_terminal(dashboard: Dashboard) -> None:
    async with dashboard.running((60, 15)):
        await dashboard.press("2", ":")
        assert all(dashboard.cells(row) == 60 for row in range(15))
        assert dashboard.footer.startswith("enter Do it")
