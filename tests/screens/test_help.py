"""`?`: from the registry, this screen first, with the reasons why something is impossible."""

from __future__ import annotations

import re

from lktui.core.commands import Retry
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation


async def test_it_lists_what_can_be_done_here_first_and_why_not(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", "question_mark")
        assert dashboard.lines[0].startswith("── rooms ──")
        assert dashboard.lines[0].endswith("esc, ?, q closes ──")
        assert "not now: there is no row" in dashboard.lines[1]
        assert "start a conversation with the profile in use" in dashboard.lines[3]


async def test_no_help_sentence_is_cut_at_80_columns(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 60)):
        for key in "1234":
            await dashboard.press(key, "question_mark")
            assert "…" not in dashboard.text
            await dashboard.press("escape")


async def test_each_of_its_keys_closes_it(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        for key in ("escape", "question_mark", "q"):
            await dashboard.press("question_mark")
            assert "── profiles ──" in dashboard.lines[0]
            await dashboard.press(key)
            assert "1 Profiles" in dashboard.lines[0]


async def test_enter_does_what_the_cursor_is_on(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2", "question_mark", "enter")
        assert len(dashboard.engine.asked(Retry)) == 1
        assert "2 Rooms" in dashboard.lines[0]


async def test_it_filters_and_esc_clears_first(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("question_mark", "slash", *"clipboard", "enter")
        assert "copy the row to the terminal's clipboard" in dashboard.text
        assert dashboard.status.startswith("1 of ")
        await dashboard.press("escape")
        count, total = re.findall(r"\d+", dashboard.status)[:2]
        assert count == total
        await dashboard.press("escape")
        assert "1 Profiles" in dashboard.lines[0]


async def test_moving_passes_over_the_titles(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("question_mark")
        cursors = []
        for _ in range(8):
            cursors.append(next(line for line in dashboard.lines if line.startswith("▌")))
            await dashboard.press("j")
        assert len(set(cursors)) == 8
        await dashboard.press("G")
        assert "Quit" in next(line for line in dashboard.lines if line.startswith("▌"))
