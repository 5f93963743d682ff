"""Searching rows: every hit once, in order, also while rows come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Role, SegmentUpdated, SessionId
from lktui.core.search import Hit, Query, Search
from lktui.core.transcript import Transcript

WORDS = st.lists(st.sampled_from(["grinder", "Grinder", "tea", "a.b", "filters"]), min_size=1)
LINES = st.lists(WORDS.map(" ".join), max_size=20)


def line(number: float, text: str, key: str = "") -> SegmentUpdated:
    return SegmentUpdated(
        at=number,
        session=SessionId("s"),
        key=key or f"k{number}",
        identity="i",
        speaker="checkout",
        role=Role.AGENT,
        text=text,
        final=True,
        opened_at=number,
        first_text_at=number,
    )


def said(*texts: str) -> Transcript:
    transcript = Transcript()
    for number, text in enumerate(texts):
        transcript.apply(line(number, text))
    return transcript


def searched(transcript: Transcript, text: str, origin: int = 0) -> Search:
    search = Search(transcript, Query(text), origin)
    while search.advance():
        pass
    return search


def test_it_is_literal_and_without_regard_to_case() -> None:
    assert Query("a.b").spans("A.B axb a.b") == [(0, 3), (8, 11)]


def test_a_capital_makes_the_case_matter() -> None:
    assert Query("Tea").spans("tea Tea") == [(4, 7)]


def test_a_tilde_makes_it_a_regular_expression() -> None:
    assert Query("~gr.nd").spans("Grind ground") == [(0, 5)]
    assert Query(r"~\D").spans("1a") == [(1, 2)]


def test_a_broken_expression_is_taken_literally_and_said() -> None:
    assert not Query("~(").is_valid
    assert Query("~(").spans("a (b)") == [(2, 3)]
    assert Query("~x").is_valid
    assert Query("(").is_valid


def test_nothing_finds_nothing() -> None:
    assert not Query("")
    assert not Query("~")
    assert Query("~x*").spans("ab") == []


def test_the_first_hit_is_the_first_from_the_origin_on() -> None:
    transcript = said("tea", "milk", "tea", "tea")
    assert searched(transcript, "tea", 1).hit == Hit(2, 0, 3)
    assert searched(transcript, "tea", 1).number == 2


def test_with_none_below_the_origin_it_is_the_last_above_it() -> None:
    assert searched(said("tea tea", "milk"), "tea", 1).hit == Hit(0, 4, 7)


def test_the_first_hit_is_not_given_before_the_origin_was_reached() -> None:
    transcript = said(*["tea"] * 9000)
    search = Search(transcript, Query("tea"), 8999)
    assert search.advance()
    assert search.hit is None
    while search.advance():
        pass
    assert search.hit == Hit(8999, 0, 3)


@given(LINES, st.integers(0, 20))
def test_going_on_visits_every_hit_once_and_comes_back(lines: list[str], origin: int) -> None:
    search = searched(said(*lines), "grinder", origin)
    expected = [
        Hit(row, start, end)
        for row, text in enumerate(lines)
        for start, end in Query("grinder").spans(text)
    ]
    assert search.hits == len(expected)
    first = search.hit
    assert (first is None) == (not expected)
    visited = []
    for _ in expected:
        assert search.hit is not None
        visited.append(search.hit)
        search.next()
        search.previous()
        search.next()
    assert sorted(visited) == expected
    assert search.hit == first


@given(LINES)
def test_the_number_of_a_hit_counts_those_up_to_it(lines: list[str]) -> None:
    search = searched(said(*lines), "tea")
    for number in range(1, search.hits + 1):
        assert search.number == number
        search.next()


@given(LINES, LINES, st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["tea", "milk", ""]))))
def test_a_search_that_follows_finds_what_a_new_one_finds(
    lines: list[str], more: list[str], changes: list[tuple[float, str]]
) -> None:
    transcript = said(*lines)
    search = searched(transcript, "tea")
    for number, text in enumerate(more):
        transcript.apply(line(len(lines) + number, text))
    for number, (at, text) in enumerate(changes):
        transcript.apply(line(at, text, key=f"k{number}"))
    while search.advance():
        pass
    fresh = searched(transcript, "tea")
    assert search.hits == fresh.hits
    assert (search.hit is None) == (fresh.hit is None)
    if search.hit is not None:
        assert search.hit in [Hit(search.hit.row, *span) for span in Query("tea").spans(
            transcript[search.hit.row].text)]  # fmt: skip


def test_the_hit_stays_with_its_row_when_rows_come_before_it() -> None:
    transcript = said("milk", "tea")
    search = searched(transcript, "tea")
    transcript.apply(line(-1.0, "earlier tea"))
    search.advance()
    assert search.hit == Hit(2, 0, 3)
    assert search.number == 2
