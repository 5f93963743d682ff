"""What was done and said as rows and as stories."""

from __future__ import annotations

from lktui.core.history import HistoryEntry
from lktui.core.session import SessionState
from lktui.core.signs import GLYPHS, StateKind, took
from lktui.screens.words import time_of_day
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("time", 8, 8, gap=1),
    Column("sign", 1, 1, gap=1),
    Column("call", 38, 62, gap=1, elastic=True),
    Column("took", 6, 6, align="right"),
    Column("result", 19, 32),
)
_NOTE = "·"
_LABEL_CELLS = 9
_MAX_RAW_LINES = 14


def row_of(entry: HistoryEntry, verdict: tuple[StateKind, str] | None) -> Row:
    """Make an entry's row.

    Args:
        entry: What was done or said.
        verdict: What became of the dispatch that it made, if it went wrong.
    """
    kind, result = entry.kind, entry.result
    if verdict is not None:
        kind, result = verdict
    tone = "$muted" if entry.kind is None else "$foreground"
    told = STYLES[kind] if kind not in (None, StateKind.READY) else "$muted"
    times = f"  ×{entry.count}" if entry.count > 1 else ""
    return Row(
        str(entry.number),
        (
            Cell(time_of_day(entry.wall), "$muted"),
            Cell(GLYPHS[kind] if kind else _NOTE, STYLES[kind] if kind else "$muted"),
            Cell(f"{entry.text}{times}", tone),
            Cell(took(entry.took_ms), "$muted"),
            Cell(result, told),
        ),
    )


def verdict_on(
    entry: HistoryEntry, sessions: tuple[SessionState, ...]
) -> tuple[StateKind, str] | None:
    """Say what became of the dispatch that a call made; None if all is well or not known."""
    if not entry.dispatch_id:
        return None
    for session in sessions:
        for attempt in session.attempts:
            found = attempt.diagnosis
            if attempt.dispatch_id == entry.dispatch_id and found is not None and found.settled:
                return None if found.ok else (found.kind, found.words)
    return None


def story_of(
    entry: HistoryEntry, verdict: tuple[StateKind, str] | None, *, raw: bool
) -> DetailView:
    """Tell what an entry means, or what the server answered."""
    if raw:
        lines = entry.raw.splitlines() or ["nothing but its status"]
        more = [f"… {len(lines) - _MAX_RAW_LINES} more lines"] * (len(lines) > _MAX_RAW_LINES)
        shown = [*lines[:_MAX_RAW_LINES], *more]
        rows = [("raw" if at == 0 else " " * at, text) for at, text in enumerate(shown)]
        return DetailView(labels=tuple(rows), label_cells=_LABEL_CELLS)
    if not entry.command and entry.took_ms is None:
        labels = (("said", entry.text), ("then", entry.result))
        return DetailView(labels=labels, label_cells=_LABEL_CELLS)
    meaning = f"{GLYPHS[verdict[0]]} {verdict[1]}" if verdict is not None else ""
    times = f"; {entry.count} times with this answer" if entry.count > 1 else ""
    answer = f"{entry.result}{times}"
    return DetailView(
        labels=(("same as", entry.command), ("answer", answer), ("meaning", meaning)),
        label_cells=_LABEL_CELLS,
    )
