"""Columns leave in their order, and what is shown always fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.screens.cleanup.rows import COLUMNS as CLEANUP
from lktui.screens.profiles.rows import COLUMNS as PROFILES
from lktui.screens.rooms.rows import COLUMNS as ROOMS
from lktui.widgets.columns import GUTTER_CELLS, Column, places

TABLES = {"rooms": ROOMS, "profiles": PROFILES, "cleanup": CLEANUP}


def titles(columns: tuple[Column, ...], width: int) -> list[str]:
    return [columns[place.index].title for place in places(columns, width)]


def used(columns: tuple[Column, ...], width: int) -> int:
    return GUTTER_CELLS + sum(place.cells + place.gap for place in places(columns, width))


@pytest.mark.parametrize("table", TABLES)
@given(width=st.integers(60, 300))
def test_what_is_shown_fits(table: str, width: int) -> None:
    assert used(TABLES[table], width) < width


def test_rooms_at_the_three_widths() -> None:
    assert titles(ROOMS, 60) == ["outcome", "room", "age"]
    assert titles(ROOMS, 80) == ["outcome", "room", "agent", "ready", "age"]
    wide = ["outcome", "room", "agent", "ready", "reply", "people", "whose", "age"]
    assert titles(ROOMS, 120) == wide


def test_profiles_at_the_three_widths() -> None:
    assert titles(PROFILES, 60) == ["last outcome", "profile", "agent"]
    assert titles(PROFILES, 80) == ["last outcome", "profile", "agent", "server", "used"]
    assert len(titles(PROFILES, 120)) == 7


def test_cleanup_at_the_three_widths() -> None:
    assert titles(CLEANUP, 60) == ["state", "name", "age"]
    assert titles(CLEANUP, 80) == ["state", "what", "name", "tries", "age"]
    assert len(titles(CLEANUP, 120)) == 7


def test_the_elastic_column_takes_what_is_over_up_to_40_cells() -> None:
    def room_cells(width: int) -> int:
        return next(place.cells for place in places(ROOMS, width) if place.index == 1)

    assert room_cells(80) == 24
    assert room_cells(90) == 34
    assert room_cells(119) == 40
    assert room_cells(200) == 40
