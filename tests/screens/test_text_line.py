"""What is typed into an input: a long line scrolls under the cursor, and letters cost little."""

from __future__ import annotations

import pytest
from textual.screen import Screen

from tests.support.dashboard import Dashboard

LONG = "".join(chr(ord("a") + n % 26) for n in range(120)) + "END"


async def test_a_line_longer_than_the_screen_scrolls_with_its_cursor(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("slash", *LONG)
        assert "xyzabcdefghijklmnopEND" in dashboard.status
        await dashboard.press("home")
        assert "abcdefghijklm" in dashboard.status
        assert "END" not in dashboard.status
        await dashboard.press("end")
        assert "END" in dashboard.status
        await dashboard.press(*["backspace"] * (len(LONG) - 4))
        assert dashboard.status.split()[:2] == ["/", "abcd"]


async def test_after_a_resize_the_cursor_is_in_sight(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("slash", *LONG)
        await dashboard.pilot.resize_terminal(80, 24)
        await dashboard.press("left")
        assert "END" in dashboard.status


async def test_a_letter_lays_out_nothing_anew(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[str] = []
    async with dashboard.running((80, 24)):
        await dashboard.press("slash", "s")
        monkeypatch.setattr(Screen, "_refresh_layout", lambda *_, **__: laid_out.append("all"))
        await dashboard.press("t", "a", "backspace")
        assert not laid_out
        assert "/ st" in dashboard.status
