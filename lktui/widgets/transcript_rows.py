"""How a row of the transcript is drawn: columns, words, times (look.md sections 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lktui.core.events import Mark, Role
from lktui.core.signs import GLYPHS, StateKind, clock
from lktui.core.transcript import Row
from lktui.core.wrap import cell_width, clip, fit, wrap

MAX_TEXT = 100
"""Cells; longer lines are hard to read."""
SPEAKER_CELLS = 9
_TOOK = 8
_FULL_WIDTH = 80
_TIMED_WIDTH = 66
_GAP = "  "


class Times(StrEnum):
    """What the first column says."""

    CLOCK = "clock"
    """Minutes and seconds since the start: `1:46`."""
    STEPS = "steps"
    """Seconds with three figures, while nothing has been said yet: `5.65`, `22.6`."""


class Part(StrEnum):
    """What has a style of its own; the values are the component classes."""

    TIME = "transcript--time"
    AGENT = "transcript--agent"
    OTHER = "transcript--other"
    USER = "transcript--user"
    TEXT = "transcript--text"
    MARK = "transcript--mark"
    EARLIER = "transcript--earlier"
    FACT = "transcript--fact"
    READY = "transcript--ready"
    WAITING = "transcript--waiting"
    WARNING = "transcript--warning"
    FAILED = "transcript--failed"
    TOOK = "transcript--took"
    SLOW = "transcript--slow"


_FACT_PARTS = {
    StateKind.READY: Part.READY,
    StateKind.WAITING: Part.WAITING,
    StateKind.WARNING: Part.WARNING,
    StateKind.FAILED: Part.FAILED,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What fits beside each other; what is narrower loses the durations first, then the time."""

    text: int
    timed: bool
    durations: bool

    @classmethod
    def within(cls, width: int) -> Columns:
        """Divide a width in cells."""
        timed = width >= _TIMED_WIDTH
        around = (7 if timed else 1) + SPEAKER_CELLS + 1 + _TOOK
        return cls(max(1, min(MAX_TEXT, width - around)), timed, width >= _FULL_WIDTH)


@dataclass(frozen=True, slots=True)
class Manner:
    """What a session decides of how its rows look."""

    started_at: float = 0.0
    """On the engine's clock."""
    slow_reply_s: float = 3.0
    times: Times = Times.CLOCK


def row_height(row: Row, columns: Columns) -> int:
    """Count the lines that a row takes."""
    if row.role is None:
        return 1
    lines = wrap(row.text, columns.text)
    return len(lines) + (not _mark_fits(lines[-1], row.mark, columns))


def row_strips(
    row: Row, columns: Columns, manner: Manner, styles: dict[Part, Style]
) -> list[Strip]:
    """Draw a row, a strip for each of its lines."""
    lines = _fact(row, columns, styles) if row.role is None else _line(row, columns, styles)
    head = [
        Segment(_time(row.at - manner.started_at, manner.times, columns), styles[Part.TIME]),
        Segment(fit(row.speaker, SPEAKER_CELLS), styles[_speaker_part(row)]),
        Segment(" "),
    ]
    indent = [Segment(" " * sum(segment.cell_length for segment in head))]
    strips = []
    for number, line in enumerate(lines):
        strip = Strip((head if number == 0 else indent) + line)
        if number == 0 and (took := _took(row, columns, manner, styles)):
            before = indent[0].cell_length + columns.text
            strip = Strip.join([strip.adjust_cell_length(before), Strip([took])])
        strips.append(strip)
    return strips


def _mark_fits(line: str, mark: Mark, columns: Columns) -> bool:
    return not mark or cell_width(line) + len(_GAP) + len(mark) <= columns.text


def _line(row: Row, columns: Columns, styles: dict[Part, Style]) -> list[list[Segment]]:
    lines = wrap(row.text, columns.text)
    drawn = [[Segment(line, styles[Part.TEXT])] for line in lines]
    if row.mark:
        style = styles[Part.EARLIER if row.mark is Mark.HISTORY else Part.MARK]
        if _mark_fits(lines[-1], row.mark, columns):
            drawn[-1] += [Segment(_GAP), Segment(row.mark, style)]
        else:
            drawn.append([Segment(clip(row.mark, columns.text), style)])
    return drawn


def _fact(row: Row, columns: Columns, styles: dict[Part, Style]) -> list[list[Segment]]:
    width = columns.text if columns.durations else columns.text + _TOOK - 1
    return [[Segment(clip(row.text, width), styles[_speaker_part(row)])]]


def _speaker_part(row: Row) -> Part:
    match row.role:
        case None:
            return _FACT_PARTS.get(row.kind, Part.FACT) if row.kind else Part.FACT
        case Role.AGENT:
            return Part.OTHER if row.other_agent else Part.AGENT
        case Role.YOU | Role.USER:
            return Part.USER


def _took(row: Row, columns: Columns, manner: Manner, styles: dict[Part, Style]) -> Segment | None:
    if row.took_s is None or (row.role is None and not columns.durations):
        return None
    slow = row.role is not None and row.took_s > manner.slow_reply_s
    text = (GLYPHS[StateKind.WARNING] if slow else "") + _duration(row)
    return Segment(fit(text, _TOOK - 1, "right") + " ", styles[Part.SLOW if slow else Part.TOOK])


def _duration(row: Row) -> str:
    """Write `0.71s` for replies, which are compared; `212ms` or `5.50s` for facts."""
    took = max(0.0, row.took_s or 0.0)
    if row.role is None and took < 0.9995:  # noqa: PLR2004 - what rounds to 1000 ms is 1.00s
        return f"{took * 1000:.0f}ms"
    return f"{took:.2f}s" if took < 99.995 else f"{took:.0f}s"  # noqa: PLR2004 - 7 cells


def _time(since_s: float, times: Times, columns: Columns) -> str:
    if not columns.timed:
        return " "
    since_s = max(0.0, since_s)
    if times is Times.STEPS:
        written = f"{since_s:.2f}"[:4].rstrip(".") if since_s < 1000 else f"{since_s:.0f}"  # noqa: PLR2004 - figures
    else:
        written = clock(since_s)
        if len(written) > 5:  # noqa: PLR2004 - the column; from an hour on the seconds go
            hours, minutes, _ = written.split(":")
            written = f"{hours}h{minutes}"
    return f" {written[:5]:>5} "
