"""The transcript as text for the clipboard: as it was said, not as it is wrapped."""

from __future__ import annotations

from lktui.core.export import spoken_line
from lktui.core.shown_rows import Rows
from lktui.widgets.detail import DetailView


def text_of_all(rows: Rows, started_at: float, verdict: DetailView | None) -> str:
    """Write every row, and below them the verdict that stands.

    Args:
        rows: What the transcript's place shows.
        started_at: From when its times count.
        verdict: What went wrong, if anything did.
    """
    lines = [spoken_line(row, started_at) for row in rows]
    if verdict is not None:
        lines.append(verdict.headline)
        lines += [f"{name}: {text}" for name, text in verdict.labels if text]
    return "\n".join(lines)
