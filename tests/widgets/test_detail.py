"""The story below the list: what to do is never cut away."""

from __future__ import annotations

import pytest

from lktui.core.signs import StateKind
from lktui.core.wrap import wrap
from lktui.widgets.detail import LABEL_CELLS, DetailView, Step, story_rows, verdict_rows

LONG = "no worker is registered as “checkout”, or all are full, draining, late or declined " * 3
VIEW = DetailView(
    StateKind.FAILED,
    "Agent not dispatched: no worker took it",
    (("seen", LONG), ("cause", LONG), ("do", "check that the agent is deployed"), ("mind", "")),
)


@pytest.mark.parametrize("height", [4, 6, 9, 10])
@pytest.mark.parametrize("width", [38, 77])
def test_it_fits_and_says_what_to_do(height: int, width: int) -> None:
    blocks = [wrap(text, width - LABEL_CELLS) for _, text in VIEW.labels[:3]]
    rows = verdict_rows(VIEW, width, height, brief=False)
    assert len(rows) <= height
    assert max(row.cell_length for row in rows) <= width
    text = "\n".join(row.plain for row in rows)
    assert text.startswith("✗ Agent not dispatched")
    assert "do     check that the agent is" in text
    assert ("…" in text) == (sum(map(len, blocks)) > height - 1)


def test_a_label_without_a_sentence_is_left_out() -> None:
    assert "mind" not in "\n".join(row.plain for row in verdict_rows(VIEW, 77, 10, brief=False))


def test_three_rows_hold_headline_and_what_to_do() -> None:
    rows = [row.plain for row in verdict_rows(VIEW, 57, 3, brief=True)]
    assert len(rows) == 2
    assert rows[1].startswith("do     check")


def test_a_long_story_keeps_its_end_and_counts_what_came_before() -> None:
    steps = tuple(Step(f"{at}.000", f"step {at}") for at in range(20))
    rows = [row.plain for row in story_rows(steps, 9, wide=False)]
    assert len(rows) == 9
    assert "12 earlier" in rows[0]
    assert "step 19" in rows[-1]


def test_durations_are_shown_where_there_is_room() -> None:
    steps = (Step("0.000", "room created", "12 ms", None),)
    assert "12 ms" not in story_rows(steps, 9, wide=False)[0].plain
    assert story_rows(steps, 9, wide=True)[0].plain.endswith("12 ms")
