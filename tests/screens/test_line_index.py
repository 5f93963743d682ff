"""Rows to lines and back, while rows change and heights are known only in part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.widgets.line_index import LineIndex, Position


class Heights:
    """Rows of known heights, and the index of them."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.index = LineIndex(lambda row: self.rows[row], lambda start, stop: 900 * (stop - start))

    def splice(self, at: int, removed: int, added: list[int]) -> None:
        self.rows[at : at + removed] = added
        self.index.splice(at, removed, len(added))

    def settle(self) -> None:
        while not self.index.settled:
            self.index.settle_slice()


HEIGHTS = st.integers(1, 5)
SPLICES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 3), st.lists(HEIGHTS, max_size=100)), max_size=12
)


def filled(splices: list[tuple[float, int, list[int]]]) -> Heights:
    heights = Heights()
    for where, removed, added in splices:
        at = round(where * len(heights.rows))
        heights.splice(at, min(removed, len(heights.rows) - at), added)
    return heights


@given(SPLICES)
def test_when_all_is_settled_every_line_is_found(
    splices: list[tuple[float, int, list[int]]],
) -> None:
    heights = filled(splices)
    heights.settle()
    places = [
        Position(row, line) for row, height in enumerate(heights.rows) for line in range(height)
    ]
    index = heights.index
    assert (index.rows, index.lines) == (len(heights.rows), len(places))
    assert [index.locate(line) for line in range(index.lines)] == places
    assert [index.line_of(place) for place in places] == list(range(len(places)))


@given(SPLICES, st.floats(0, 1), st.integers(0, 60), st.integers(0, 60))
def test_around_a_row_lines_are_exact_before_the_rest_is(
    splices: list[tuple[float, int, list[int]]], where: float, before: int, after: int
) -> None:
    heights = filled(splices)
    if not heights.rows:
        return
    heights.index.unsettle()
    row = min(round(where * len(heights.rows)), len(heights.rows) - 1)
    heights.index.settle_around(row, before, after)
    start = heights.index.line_of(Position(row, 0))
    for other in range(len(heights.rows)):
        exact = sum(heights.rows[min(row, other) : max(row, other)])
        if exact < (before if other < row else after):
            distance = abs(heights.index.line_of(Position(other, 0)) - start)
            assert distance == exact


@given(SPLICES)
def test_a_place_that_is_gone_is_its_rows_last_line(
    splices: list[tuple[float, int, list[int]]],
) -> None:
    heights = filled(splices)
    heights.settle()
    for row, height in enumerate(heights.rows):
        place = heights.index.locate(heights.index.line_of(Position(row, 99)))
        assert place == Position(row, height - 1)
