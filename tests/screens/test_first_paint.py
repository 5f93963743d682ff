"""What the first paint does not wait for."""

import gc
import sys

import pytest
from textual.css.stylesheet import Stylesheet
from textual.design import ColorSystem
from textual.geometry import Size

from lktui.first_paint import hurry
from lktui.widgets.breakpoints import classes_at, is_too_small
from tests.screens.conftest import Make
from tests.support.dashboard import Dashboard


async def test_all_style_sheets_are_parsed_once_for_all_modes(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed_again = 0
    reparse = Stylesheet.reparse

    def counted(self: Stylesheet) -> None:
        nonlocal parsed_again
        parsed_again += 1
        reparse(self)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    async with dashboard.running((80, 24)):
        await dashboard.press("2", "3", "4", "1", "3")
        assert parsed_again == 0


async def test_no_colours_are_computed_but_those_that_are_shown(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = 0
    generate = ColorSystem.generate

    def counted(self: ColorSystem) -> dict[str, str]:
        nonlocal computed
        computed += 1
        return generate(self)

    monkeypatch.setattr(ColorSystem, "generate", counted)
    dashboard = make()
    async with dashboard.running((80, 24)):
        assert computed == 1
        assert dashboard.app.theme_variables["background"]


async def test_what_hurries_to_the_first_paint_ends_with_it(dashboard: Dashboard) -> None:
    usual_s = sys.getswitchinterval()
    hurry()
    assert not gc.isenabled()
    async with dashboard.running((80, 24)):
        assert gc.isenabled()
        assert sys.getswitchinterval() == usual_s


async def test_what_the_first_paint_has_made_is_never_looked_through_for_garbage(
    dashboard: Dashboard,
) -> None:
    hurry()
    try:
        async with dashboard.running((80, 24)):
            assert gc.get_freeze_count() > len(gc.get_objects())
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(("columns", "rows"), [(40, 10), (60, 15), (80, 24), (119, 19), (120, 40)])
async def test_a_screen_has_its_classes_as_textual_will_set_them(
    dashboard: Dashboard, columns: int, rows: int
) -> None:
    async with dashboard.running((columns, rows)):
        mine = set(classes_at(Size(columns, rows)))
        screen = dashboard.app.screen
        declared = [*dashboard.app.HORIZONTAL_BREAKPOINTS, *dashboard.app.VERTICAL_BREAKPOINTS]
        assert {name for _, name in declared if screen.has_class(name)} == mine


@pytest.mark.parametrize(
    ("size", "small"),
    [(Size(60, 15), False), (Size(59, 15), True), (Size(60, 14), True), (Size(0, 0), True)],
)
def test_below_60x15_it_is_too_small(size: Size, small: bool) -> None:  # noqa: FBT001
    assert is_too_small(size) is small
