"""How states and times are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.signs import ASCII, GLYPHS, StateKind, age, clock, seconds, took
from lktui.core.wrap import cell_width


@pytest.mark.parametrize(
    ("value_s", "text"),
    [
        (-1.0, "0 ms"),
        (0.0, "0 ms"),
        (0.0124, "12 ms"),
        (0.0994, "99 ms"),
        (0.1, "0.10 s"),
        (0.43, "0.43 s"),
        (5.5, "5.50 s"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (15.0, "15.0 s"),
        (59.94, "59.9 s"),
        (72.0, "1 min 12 s"),
        (7500.0, "2 h 5 min"),
        (172_799.0, "47 h 59 min"),
        (777_600.0 + 10_800.0, "9 d 3 h"),
    ],
)
def test_durations_are_written_to_three_figures(value_s: float, text: str) -> None:
    assert seconds(value_s) == text


@pytest.mark.parametrize("value_s", [0.0996, 59.96, 59.999, 3599.6])
def test_a_duration_is_never_rounded_into_the_next_unit(value_s: float) -> None:
    assert "100 ms" not in seconds(value_s)
    assert "60.0 s" not in seconds(value_s)
    assert "60 min" not in seconds(value_s)


def test_what_is_not_known_takes_no_room() -> None:
    assert took(None) == ""
    assert took(12.0) == "12 ms"


@given(st.floats(0, 59_900))
def test_a_step_of_less_than_a_minute_fits_its_column(value_ms: float) -> None:
    assert len(took(value_ms)) <= 7


@pytest.mark.parametrize(
    ("value_s", "text"),
    [(-5, "<1m"), (59, "<1m"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"),
     (86_400, "1d"), (10**9, "999d")],
)  # fmt: skip
def test_ages_are_four_cells_at_most(value_s: float, text: str) -> None:
    assert age(value_s) == text
    assert len(text) <= 4


@pytest.mark.parametrize(
    ("value_s", "text"), [(-1, "0:00"), (7.9, "0:07"), (725, "12:05"), (3725, "1:02:05")]
)
def test_times_of_a_conversation_are_minutes_and_seconds(value_s: float, text: str) -> None:
    assert clock(value_s) == text


@pytest.mark.parametrize("kind", StateKind)
def test_every_kind_has_a_glyph_of_one_cell_and_one_for_ascii(kind: StateKind) -> None:
    glyph = GLYPHS[kind]
    assert cell_width(glyph) == 1
    assert ASCII[glyph].isascii()


def test_no_two_kinds_look_alike() -> None:
    assert len({ASCII[glyph] for glyph in GLYPHS.values()}) == len(StateKind)
