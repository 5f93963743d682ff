"""Screens are there before they are asked for, and do nothing until then."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.theme import Theme

from lktui import ahead
from lktui.core.action_types import Scope
from lktui.core.commands import WatchRooms
from lktui.screens.dashboard import DashboardScreen
from lktui.theming import load_theme, shipped_folder
from tests.support.dashboard import STAGING, Dashboard


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the screens made as soon as the first one is painted."""
    monkeypatch.setattr(ahead, "AFTER_S", 0.01)
    monkeypatch.setattr(ahead, "_STEP_S", 0.01)


def made(dashboard: Dashboard, mode: Scope) -> DashboardScreen | None:
    """Give the screen of a mode, if it was made."""
    with suppress(KeyError):
        (screen,) = dashboard.app.get_screen_stack(mode)
        assert isinstance(screen, DashboardScreen)
        return screen if screen.is_mounted else None
    return None


async def until_made(dashboard: Dashboard) -> None:
    """Wait until there is a screen for each mode."""
    async with asyncio.timeout(10):
        while not all(made(dashboard, mode) for mode in ahead.MODES):
            await dashboard.settled()
        await dashboard.settled()


def asked_for_rooms(dashboard: Dashboard) -> int:
    """Count how often the engine was asked to keep a list of rooms."""
    return sum(isinstance(command, WatchRooms) for command in dashboard.engine.commands)


@pytest.mark.usefixtures("at_once")
async def test_a_screen_that_nobody_looks_at_yet_asks_and_draws_nothing(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        before = dashboard.lines
        await until_made(dashboard)
        assert dashboard.lines == before
        assert asked_for_rooms(dashboard) == 0
        for mode in ahead.MODES:
            screen = made(dashboard, mode)
            assert screen is not None
            assert not screen.is_started


@pytest.mark.usefixtures("at_once")
async def test_a_screen_that_was_made_ahead_is_the_one_that_is_opened(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await until_made(dashboard)
        rooms = made(dashboard, Scope.ROOMS)
        await dashboard.press("2")
        assert dashboard.app.screen is rooms
        assert rooms.is_started
        assert asked_for_rooms(dashboard) == 1
        fresh = dashboard.lines
        await dashboard.press("1", "2")
        assert dashboard.lines == fresh


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("key", ["2", "3", "4"])
async def test_a_screen_that_was_made_ahead_looks_like_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, size: tuple[int, int]
) -> None:
    shown = []
    for after_s in (3600.0, 0.01):
        monkeypatch.setattr(ahead, "AFTER_S", after_s)
        dashboard = Dashboard(tmp_path / str(after_s), {"staging": STAGING}, "lktui-dark", {})
        async with dashboard.running(size):
            if after_s < 1:
                await until_made(dashboard)
            await dashboard.press(key)
            shown.append(dashboard.lines)
    assert shown[0] == shown[1]


@pytest.mark.usefixtures("at_once")
async def test_nothing_is_drawn_that_is_not_shown(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_back = []
    render = Compositor.render_update

    def noted(self: Compositor, *arguments: object, **options: object) -> object:
        held_back.append(dashboard.app._batch_count)
        return render(self, *arguments, **options)  # type: ignore[arg-type]

    async with dashboard.running((80, 24)):
        await until_made(dashboard)
        monkeypatch.setattr(Compositor, "render_update", noted)
        await dashboard.press("3", "2")
        assert set(held_back) == {0}


async def test_another_theme_is_seen_in_every_mode(dashboard: Dashboard) -> None:
    other: Theme = load_theme("light", [shipped_folder()]).themes[0]
    async with dashboard.running((80, 24)):
        await dashboard.press("2", "1")
        dashboard.app.register_theme(other)
        dashboard.app.theme = other.name
        await dashboard.settled()
        grounds = {dashboard.app.screen.styles.background}
        for key in "234":
            await dashboard.press(key)
            grounds.add(dashboard.app.screen.styles.background)
        assert [ground.hex.lower() for ground in grounds] == [str(other.background).lower()]
