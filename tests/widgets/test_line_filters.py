"""What every line passes on its way to the terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from lktui.core.wrap import cell_width
from lktui.widgets.line_filters import AsciiOnly, SafeText, takes_ascii_only

BLACK = Color(0, 0, 0)


def filtered(line_filter: SafeText | AsciiOnly, text: str) -> str:
    return "".join(part.text for part in line_filter.apply([Segment(text)], BLACK))


def test_no_escape_sequence_reaches_the_terminal() -> None:
    assert "\x1b" not in filtered(SafeText(), "a\x1b]52;c;aGk=\x07b")
    assert filtered(SafeText(), "plain … ●") == "plain … ●"


@given(text=st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    shown = filtered(SafeText(), text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)


def test_signs_become_ascii_of_the_same_width() -> None:
    assert filtered(AsciiOnly(), "● ready → “x”…") == '* ready > "x".'


@given(text=st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_the_rest_becomes_question_marks_and_no_line_grows(text: str) -> None:
    shown = filtered(AsciiOnly(), text)
    assert shown.isascii()
    assert cell_len(shown) >= cell_width(text)


def test_only_a_locale_that_is_named_and_without_utf_8_asks_for_ascii() -> None:
    assert takes_ascii_only({"LC_ALL": "C", "LANG": "en_GB.UTF-8"})
    assert takes_ascii_only({"LANG": "de_DE.ISO-8859-1"})
    assert not takes_ascii_only({"LC_ALL": "", "LANG": "C.utf8"})
    assert not takes_ascii_only({})
