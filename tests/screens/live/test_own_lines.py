"""The composer's up and down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.screens.live.own_lines import MAX_LINES, OwnLines

LINES = st.lists(st.text(alphabet="ab ", min_size=1).filter(str.strip), min_size=1, max_size=20)


def kept(lines: list[str]) -> OwnLines:
    own = OwnLines()
    for line in lines:
        own.keep(line)
    return own


def test_without_any_line_what_is_typed_stays() -> None:
    assert OwnLines().older("typed") == "typed"
    assert OwnLines().newer("typed") == "typed"


def test_the_oldest_is_the_end() -> None:
    own = kept(["one", "two"])
    assert [own.older("typed") for _ in range(3)] == ["two", "one", "one"]


def test_the_same_line_twice_in_a_row_is_kept_once() -> None:
    own = kept(["one", "two", "two", " "])
    assert [own.older(""), own.older("")] == ["two", "one"]


def test_only_the_newest_are_kept() -> None:
    own = kept([str(number) for number in range(MAX_LINES + 5)])
    assert [own.older("") for _ in range(MAX_LINES + 1)][-1] == "5"


@given(LINES, st.integers(1, 30))
def test_as_many_down_as_up_is_where_one_began(lines: list[str], steps: int) -> None:
    own = kept(lines)
    shown = "typed"
    for _ in range(steps):
        shown = own.older(shown)
    for _ in range(steps):
        shown = own.newer(shown)
    assert shown == "typed"
