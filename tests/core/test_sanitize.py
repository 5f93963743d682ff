"""What comes from outside can do nothing to a terminal, whatever it is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.sanitize import clean, clean_detail, clean_lines, without_tokens

ANYTHING = st.text(st.characters())
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x07\x9b\x9d\r\n\t\x00\x7f\u202e\u2066\u2028\u2029\ufeff\U000e0041\ud800"
        ),
    )
)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkZXZrZXkifQ.c2lnbmF0dXJl"


def commands(text: str) -> list[str]:
    """What a terminal would obey or a reader would not see: controls and reordering."""
    return [
        char
        for char in text
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or unicodedata.bidirectional(char)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]


@given(HOSTILE)
def test_a_clean_text_is_one_line_without_commands(text: str) -> None:
    assert not commands(clean(text))


def test_no_command_counts_as_printable() -> None:
    """`clean` lets texts pass unseen that are printable."""
    assert not [char for char in map(chr, range(0x110000)) if char.isprintable() and commands(char)]
    assert not [char for char in "\ufeff\u200e\u200f\u061c\U000e0041" if char.isprintable()]


@given(HOSTILE)
def test_clean_lines_keep_line_breaks_and_no_other_command(text: str) -> None:
    assert not commands(clean_lines(text).replace("\n", ""))


@given(ANYTHING)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@given(HOSTILE, st.integers(1, 20))
def test_a_limit_holds_and_a_cut_is_shown(text: str, limit: int) -> None:
    limited = clean(text, limit=limit)
    assert len(limited) <= limit
    assert limited == clean(text) or limited.endswith("…")


@given(HOSTILE)
def test_a_clean_text_can_be_written(text: str) -> None:
    clean(text).encode()
    clean_lines(text).encode()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "�[2J"),
        ("\x1b]52;c;eA==\x07", "�]52;c;eA==�"),
        ("\x9b31m", "�31m"),
        ("a\r\nb\tc\u2028d", "a b c d"),
        ("abc\u202efdp.exe", "abc�fdp.exe"),
    ],
)
def test_a_command_becomes_a_sign(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_lines_stay_lines_and_tabs_become_blanks() -> None:
    assert clean_lines("one\r\ntwo\n\tthree\rfour") == "one\ntwo\n    three\nfour"


def test_names_that_look_like_markup_are_only_text() -> None:
    assert clean("[/red] [@click=x]") == "[/red] [@click=x]"


def test_pictures_and_joined_pictures_stay() -> None:
    assert clean("👨\u200d👩\u200d👧 ❤\ufe0f") == "👨\u200d👩\u200d👧 ❤\ufe0f"


@pytest.mark.parametrize("token", [TOKEN, TOKEN.rpartition(".")[0], TOKEN.partition(".")[0]])
def test_no_part_of_a_token_is_left(token: str) -> None:
    text = f"401 invalid token: {token}, error: signature"
    assert without_tokens(text) == "401 invalid token: eyJ…, error: signature"
    assert token not in clean_detail(text)


def test_a_detail_is_short() -> None:
    assert len(clean_detail(" x" * 1000)) == 300
