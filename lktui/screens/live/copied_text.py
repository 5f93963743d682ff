"""The transcript as text for the clipboard: as it was said, not as it is wrapped."""

from __future__ import annotations

from collections.abc import Iterator

from lktui.core.export import spoken_line
from lktui.core.shown_rows import Rows, each_once
from lktui.widgets.detail import DetailView


def lines_of_all(rows: Rows, started_at: float, verdict: DetailView | None) -> Iterator[str]:
    """Write every row, and below them the verdict that stands, each with its line break.

    Args:
        rows: What the transcript's place shows.
        started_at: From when its times count.
        verdict: What went wrong, if anything did.
    """
    for row in each_once(rows):
        yield spoken_line(row, started_at) + "\n"
    if verdict is not None:
        yield verdict.headline + "\n"
        yield from (f"{name}: {text}\n" for name, text in verdict.labels if text)
