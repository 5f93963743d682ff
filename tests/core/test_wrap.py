"""Cells, wrapping and clipping: what is drawn takes exactly what we think it takes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from lktui.core import wrap as wrapping
from lktui.core.wrap import Where, cell_width, clip, fit, room_name, room_names, wrap

FAMILY = "👨\u200d👩\u200d👧"
HEART = "❤\ufe0f"
FLAG = "🇩🇪"
JAPANESE = "日本語でも大丈夫ですか？"

ATOMS = [
    *"ab é ß日本、。「」ー한글",
    "e\u0301", FAMILY, HEART, FLAG, "👍🏽", "\u200d", "\ufe0f", "🇩", "©", "ไทย", "नि", "🫨",
    "·", "…", "\u00a0",
]  # fmt: skip
texts = st.one_of(
    st.lists(st.sampled_from(ATOMS)).map("".join),
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
)
widths = st.integers(min_value=1, max_value=40)


def test_every_code_point_takes_what_rich_takes_it_for() -> None:
    edges = [point + offset for point in (0x2FFFD, 0x3FFFD, 0xE0100, 0xE01EF) for offset in (0, 1)]
    points = [*range(0x20000), *range(0x20000, 0x110000, 0xFF), *edges]
    assert not [
        hex(point)
        for point in points
        if cell_width(chr(point)) != get_character_cell_size(chr(point))
    ]


@given(texts)
@example(f"{FAMILY}{HEART}{FLAG}")
@example("\u200dx\ufe0f")
@example("©\u0301\ufe0f\ufe0f")
def test_texts_take_what_rich_takes_them_for(text: str) -> None:
    assert cell_width(text) == cell_len(text)


@given(texts, st.integers(min_value=2, max_value=40))
def test_no_line_is_wider_than_the_width(text: str, width: int) -> None:
    assert all(cell_len(line) <= width for line in wrap(text, width))


@given(texts, widths)
def test_nothing_but_blanks_is_lost_by_wrapping(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "")


@given(texts, widths)
def test_no_line_starts_or_ends_with_a_blank(text: str, width: int) -> None:
    assert all(line == line.strip(" ") for line in wrap(text, width))


@given(st.text(alphabet="ab  ", max_size=60), st.integers(min_value=1, max_value=12))
def test_the_short_way_for_narrow_text_wraps_as_the_long_way(text: str, width: int) -> None:
    text = text.strip(" ")
    assert wrap(text, width) == wrapping._wrap_pieces(text, width)


def test_words_go_to_the_next_line_whole() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]


def test_a_word_wider_than_the_line_is_cut() -> None:
    assert wrap("see https://example.org now", 10) == ["see", "https://ex", "ample.org", "now"]


def test_empty_text_is_one_empty_line() -> None:
    assert wrap("", 10) == [""]
    assert wrap("   ", 10) == [""]


def test_japanese_breaks_between_characters_but_not_before_a_full_stop() -> None:
    assert wrap("はい、大丈夫です。", 4) == ["は", "い、", "大丈", "夫で", "す。"]
    assert wrap(f"A colleague, please. {JAPANESE}", 30) == [
        "A colleague, please. 日本語で",
        "も大丈夫ですか？",
    ]


@pytest.mark.parametrize("picture", [FAMILY, HEART, FLAG, "👍🏽"])
def test_what_a_reader_sees_as_one_is_never_cut(picture: str) -> None:
    for line in wrap(picture * 20, 5) + [clip(picture * 20, 7, where) for where in WHERES]:
        assert line.replace(picture, "") in {"", "…"}


WHERES: tuple[Where, ...] = ("end", "middle", "start")


@given(texts, st.integers(min_value=0, max_value=40), st.sampled_from(WHERES))
def test_a_clipped_text_fits_and_says_once_that_it_is_cut(
    text: str, cells: int, where: Where
) -> None:
    clipped = clip(text, cells, where)
    assert cell_len(clipped) <= cells
    assert clipped.count("…") <= text.count("…") + 1
    if cells:
        assert ("…" in clipped) if cell_len(text) > cells else (clipped == text)


@given(texts, st.integers(min_value=0, max_value=40), st.sampled_from(WHERES))
def test_a_fitted_text_is_exactly_as_wide_as_asked(text: str, cells: int, where: Where) -> None:
    assert cell_len(fit(text, cells, "left", where)) == cells
    assert cell_len(fit(text, cells, "right", where)) == cells


def test_clipping_keeps_the_side_that_matters() -> None:
    assert clip("the order is late", 10) == "the order…"
    assert clip("agent-AJ_x8Kq2LmN4cTz", 11, "middle") == "agent…N4cTz"
    assert clip("agent-AJ_x8Kq2LmN4cTz", 6, "start") == "…N4cTz"


def test_numbers_are_padded_to_the_right() -> None:
    assert fit("0.71s", 8, "right") == "   0.71s"


def test_our_rooms_lose_the_installation_first() -> None:
    name = "preclinical-test-k7qd7f3a02"
    assert room_name(name, 27, "k7qd") == name
    assert room_name(name, 24, "k7qd") == "preclinical-test-…7f3a02"
    assert room_name(name, 22, "k7qd") == "preclinical-tes…7f3a02"


def test_other_rooms_lose_their_middle() -> None:
    assert room_name("preclinical-test-zzzz7f3a02", 11, "k7qd") == "precl…f3a02"
    assert room_name("support", 4) == "su…t"


def test_rooms_that_would_look_the_same_lose_their_start() -> None:
    names = ["shop-floor-1-north-door", "shop-floor-2-north-door", "x", "x"]
    assert room_names(names, 15) == ["…r-1-north-door", "…r-2-north-door", "x", "x"]


@given(texts)
def test_no_text_has_more_cells_than_bytes(text: str) -> None:
    """So a row whose bytes fit in a line is measured without being wrapped."""
    assert cell_width(text) <= len(text.encode())
