"""Rows of the transcript: what is told by their size alone is what wrapping gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Mark, Role
from lktui.core.transcript import Row
from lktui.widgets.transcript_rows import Columns, row_height, surely_one_line

ATOMS = [*"ab é日本、。한글", "e\u0301", "👨\u200d👩\u200d👧", "❤\ufe0f", "#\ufe0f", "🇩🇪", "ไทย"]
texts = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join)


def row(text: str, mark: Mark = Mark.NONE) -> Row:
    return Row(
        at=1.0, speaker="checkout", role=Role.AGENT, text=text, took_s=None, mark=mark, kind=None,
        other_agent=False,
    )  # fmt: skip


@given(texts, st.sampled_from(Mark), st.integers(20, 130))
def test_a_row_that_takes_one_line_by_its_size_takes_one_when_it_is_wrapped(
    text: str, mark: Mark, width: int
) -> None:
    columns = Columns.within(width)
    if surely_one_line(len(text.encode()), columns):
        assert row_height(row(text, mark), columns) == 1


@pytest.mark.parametrize("width", [80, 120])
def test_most_short_lines_need_no_wrapping(width: int) -> None:
    assert surely_one_line(len("Yes, that is fine."), Columns.within(width))
    assert not surely_one_line(len("x" * 200), Columns.within(width))
