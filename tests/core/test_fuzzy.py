from __future__ import annotations

import pytest

from lktui.core.fuzzy import found


@pytest.mark.parametrize(
    ("name", "typed", "places"),
    [
        ("Retry", "ret", (0, 1, 2)),
        ("Retry failed", "rf", (0, 6)),
        ("Copy name", "CN", (0, 5)),
        ("Retry failed", "r f", (0, 6)),
        ("Mark all", "", ()),
    ],
)
def test_letters_are_found_at_the_starts_of_words(
    name: str, typed: str, places: tuple[int, ...]
) -> None:
    match = found(name, typed)
    assert match is not None
    assert match.places == places


def test_letters_in_another_order_are_not_found() -> None:
    assert found("Retry", "ter") is None


def test_letters_in_a_row_beat_scattered_ones() -> None:
    near, far = found("Retry", "ret"), found("Reverse it", "ret")
    assert near is not None
    assert far is not None
    assert near.score < far.score
