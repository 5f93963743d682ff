"""What is not shown any more is let go of, and what is asked for is shown at once."""

from __future__ import annotations

import asyncio
import gc

import pytest
from rich.segment import Segment
from textual._styles_cache import StylesCache
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import Worker

from lktui.app import LktuiApp
from lktui.session.profile_verbs import LOOK_S
from tests.support.dashboard import Dashboard

TIMES = 6


def _alive(kind: type[object]) -> int:
    gc.collect()
    return sum(isinstance(one, kind) for one in gc.get_objects())


def _strips() -> int:
    return sum(isinstance(one, Strip) for one in gc.get_objects())


async def test_a_page_that_was_closed_leaves_no_drawing_behind(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("?", "escape")
        caches, widgets = _alive(StylesCache), _alive(Widget)
        for _ in range(TIMES):
            await dashboard.press("?", "escape")
        assert _alive(StylesCache) - caches == _alive(Widget) - widgets


async def test_a_line_that_was_replaced_is_let_go_of_without_a_search(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        gc.disable()
        try:
            before = _strips()
            strip = Strip([Segment("a line")], 6)
            assert [one.text for one in strip.divide([2, 6])] == ["a ", "line"]
            assert strip.crop_extend(1, 7, None).text == " line "
            assert list(strip.divide([6])) == [strip]
            assert strip.crop_extend(0, 6, None) == strip
            del strip
            assert _strips() == before
        finally:
            gc.enable()


async def test_looking_at_the_files_each_second_leaves_nothing_behind(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        before = _alive(Worker)
        for _ in range(TIMES):
            await asyncio.sleep(5 * LOOK_S)
            await dashboard.settled()
        assert _alive(Worker) <= before + 1


@pytest.mark.parametrize("key", ["2", "3", "4"])
async def test_a_mode_is_shown_in_one_frame_and_without_a_wait(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    frames: list[tuple[float, str]] = []

    def note(app: LktuiApp, screen: Screen[object], _: object) -> None:
        if screen is app.screen and not app._batch_count:
            frames.append((asyncio.get_running_loop().time(), dashboard.text))

    async with dashboard.running((80, 24)):
        monkeypatch.setattr(LktuiApp, "_display", note)
        began = asyncio.get_running_loop().time()
        await dashboard.press(key)
        (when, shown), *later = frames
        assert when - began < 0.05
        assert shown == dashboard.text
        assert all(text == shown for _, text in later)


async def test_a_mode_that_is_shown_again_looks_up_no_style(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = 0
    apply = Stylesheet.apply

    def counted(self: Stylesheet, *arguments: object, **options: object) -> None:
        nonlocal looked_up
        looked_up += 1
        apply(self, *arguments, **options)  # type: ignore[arg-type]

    async with dashboard.running((80, 24)):
        await dashboard.press("2", "1")
        monkeypatch.setattr(Stylesheet, "apply", counted)
        await dashboard.press("2", "1")
        assert looked_up == 0
