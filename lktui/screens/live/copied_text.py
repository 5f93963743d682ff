"""The transcript as text for the clipboard: as it was said, not as it is wrapped."""

from __future__ import annotations

from lktui.core.signs import clock
from lktui.core.transcript import Row, Transcript
from lktui.widgets.detail import DetailView


def text_of_row(row: Row, started_at: float) -> str:
    """Write a row as `1:46 checkout: TEXT (interrupted)`.

    Args:
        row: A line or a fact.
        started_at: From when its time counts.
    """
    mark = f" ({row.mark})" if row.mark else ""
    return f"{clock(row.at - started_at)} {row.speaker}: {row.text}{mark}"


def text_of_all(rows: Transcript, started_at: float, verdict: DetailView | None) -> str:
    """Write every row, and below them the verdict that stands.

    Args:
        rows: What the transcript's place shows.
        started_at: From when its times count.
        verdict: What went wrong, if anything did.
    """
    lines = [text_of_row(row, started_at) for row in rows]
    if verdict is not None:
        lines.append(verdict.headline)
        lines += [f"{name}: {text}" for name, text in verdict.labels if text]
    return "\n".join(lines)
