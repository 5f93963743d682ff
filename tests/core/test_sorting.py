"""The order of a list's rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.sorting import Order, sorted_by

VALUES = st.dictionaries(st.text(max_size=3), st.none() | st.floats(allow_nan=False) | st.text())


def test_numbers_and_texts_sort_as_people_expect() -> None:
    assert sorted_by(0, {"a": 3.0, "b": 1.0}, reverse=False).keys == ("b", "a")
    assert sorted_by(0, {"a": "Zoo", "b": "ant"}, reverse=False).keys == ("b", "a")


def test_the_unknown_stays_last_in_both_directions() -> None:
    values = {"a": None, "b": 1.0, "c": 2.0}
    assert sorted_by(0, values, reverse=False).keys == ("b", "c", "a")
    assert sorted_by(0, values, reverse=True).keys == ("c", "b", "a")


def test_rows_that_came_later_stand_first_and_move_nothing() -> None:
    order = sorted_by(0, {"a": 2.0, "b": 1.0}, reverse=False)
    assert order.arranged(["new", "a", "b"]) == ["new", "b", "a"]


def test_without_an_order_the_lists_own_holds() -> None:
    assert Order().arranged(["b", "a"]) == ["b", "a"]


@given(values=VALUES)
def test_sorting_loses_and_invents_nothing(values: dict[str, str | float | None]) -> None:
    order = sorted_by(0, values, reverse=False)
    assert sorted(order.arranged(values)) == sorted(values)
