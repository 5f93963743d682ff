"""How a row of the transcript is drawn: columns, words, times (look.md sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lktui.core.events import Mark, Role
from lktui.core.signs import GLYPHS, StateKind, clock
from lktui.core.transcript import Fact, Row
from lktui.core.wrap import cell_width, clip, fit, wrap

MAX_TEXT = 100
"""Cells; longer lines are hard to read."""
SPEAKER_CELLS = 9
Span = tuple[int, int]
"""Start and end of a part of a text, characters."""
_TOOK = 8
_FULL_WIDTH = 80
_TIMED_WIDTH = 66
_GAP = "  "
_LONGEST_MARK = len(_GAP) + max(map(len, Mark))
_HOLE = "╌"


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
    NOTE = "transcript--note"
    TOOK = "transcript--took"
    SLOW = "transcript--slow"
    HIT = "transcript--hit"
    HIT_NOW = "transcript--hit-now"
    CURSOR = "transcript--cursor"
    BAR = "transcript--bar"


PART_CSS = """
.transcript--time { color: $muted; }
.transcript--agent { color: $speaker-agent; text-style: bold; }
.transcript--other { color: $speaker-other; text-style: bold; }
.transcript--user { color: $speaker-user; text-style: bold; }
.transcript--text { color: $foreground; }
.transcript--mark { color: $state-warning; text-style: italic; }
.transcript--earlier { color: $muted; text-style: italic; }
.transcript--fact { color: $muted; }
.transcript--ready { color: $state-ready; }
.transcript--waiting { color: $state-waiting; }
.transcript--warning { color: $state-warning; }
.transcript--failed { color: $state-failed; }
.transcript--note { color: $mark; text-style: italic; }
.transcript--took { color: $muted; }
.transcript--slow { color: $state-warning; }
.transcript--hit { color: $match-fg; background: $match-bg; }
.transcript--hit-now {
    color: $match-now-fg; background: $match-now-bg; text-style: bold; }
.transcript--cursor { background: $cursor-bg; text-style: $cursor-style; }
.transcript--bar { color: $cursor-bar; }
"""
"""How each part looks, for the widget whose component classes they are."""

_FACT_PARTS = {
    StateKind.READY: Part.READY,
    StateKind.WAITING: Part.WAITING,
    StateKind.WARNING: Part.WARNING,
    StateKind.FAILED: Part.FAILED,
    StateKind.STALE: Part.WARNING,
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


@dataclass(frozen=True, slots=True)
class Hits:
    """Where in a row's text is what was searched for."""

    spans: Sequence[Span] = ()
    now: Span | None = None
    """The one that one is at."""


NO_HITS = Hits()


def row_height(row: Row, columns: Columns) -> int:
    """Count the lines that a row takes."""
    if row.role is None and row.speaker != Fact.NOTE:
        return 1
    lines = wrap(row.text, columns.text)
    return len(lines) + (not _mark_fits(lines[-1], row.mark, columns))


def surely_one_line(text_bytes: int, columns: Columns) -> bool:
    """Tell by its size alone that a row takes one line: no character has more cells than bytes."""
    return text_bytes + _LONGEST_MARK <= columns.text


def row_strips(
    row: Row,
    columns: Columns,
    manner: Manner,
    styles: dict[Part, Style],
    hits: Hits = NO_HITS,
) -> list[Strip]:
    """Draw a row, a strip for each of its lines.

    Args:
        row: What it says.
        columns: What fits beside each other.
        manner: How its session's rows look.
        styles: For each part.
        hits: Where in its text is what was searched for.
    """
    ground = _Ground(hits, styles)
    if row.speaker == Fact.GAP and row.role is None:
        return [_gap(row, columns, styles, ground)]
    if row.role is None:
        lines = _fact(row, columns, styles, ground)
    else:
        lines = _line(row, columns, styles, ground)
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


@dataclass(frozen=True, slots=True)
class _Ground:
    """Where hits have to be seen in a text."""

    found: Hits
    styles: dict[Part, Style]

    def draw(self, text: str, start: int, style: Style) -> list[Segment]:
        """Cut a line where hits begin and end.

        Args:
            text: The line.
            start: Where it begins in the row's text, characters.
            style: Of what is no hit.
        """
        drawn: list[Segment] = []
        done = 0
        for hit in self.found.spans:
            first, last = max(done, hit[0] - start), min(len(text), hit[1] - start)
            if first < last:
                marked = self.styles[Part.HIT_NOW if hit == self.found.now else Part.HIT]
                drawn += [Segment(text[done:first], style), Segment(text[first:last], marked)]
                done = last
        return [*drawn, Segment(text[done:], style)]


def _line(
    row: Row, columns: Columns, styles: dict[Part, Style], ground: _Ground
) -> list[list[Segment]]:
    drawn = _words(row, columns, styles[Part.TEXT], ground)
    if row.mark:
        style = styles[Part.EARLIER if row.mark is Mark.HISTORY else Part.MARK]
        last = "".join(segment.text for segment in drawn[-1])
        if _mark_fits(last, row.mark, columns):
            drawn[-1] += [Segment(_GAP), Segment(row.mark, style)]
        else:
            drawn.append([Segment(clip(row.mark, columns.text), style)])
    return drawn


def _words(row: Row, columns: Columns, style: Style, ground: _Ground) -> list[list[Segment]]:
    """Wrap a row's text and give its hits their ground."""
    drawn: list[list[Segment]] = []
    end = 0
    for line in wrap(row.text, columns.text):
        # Only blanks go at the ends of lines, so the next line is the first place that fits.
        start = row.text.index(line, end)
        drawn.append(ground.draw(line, start, style))
        end = start + len(line)
    return drawn


def _fact(
    row: Row, columns: Columns, styles: dict[Part, Style], ground: _Ground
) -> list[list[Segment]]:
    width = columns.text if columns.durations else columns.text + _TOOK - 1
    if row.speaker == Fact.NOTE:
        return _words(row, columns, styles[Part.NOTE], ground)
    mark = f"{_GAP}{row.mark}" if row.mark else ""
    text = clip(row.text, max(1, width - len(mark)))
    drawn = ground.draw(text, 0, styles[_speaker_part(row)])
    return [[*drawn, Segment(mark, styles[Part.EARLIER])] if mark else drawn]


def _gap(row: Row, columns: Columns, styles: dict[Part, Style], ground: _Ground) -> Strip:
    """Draw a line across, for a hole in the record."""
    style = styles[_speaker_part(row)]
    width = (7 if columns.timed else 1) + SPEAKER_CELLS + 1 + columns.text + _TOOK - 1
    before = f"{' ' if not columns.timed else ' ' * 8}{_HOLE * 2} {row.speaker} "
    text = clip(row.text, width - len(before) - 2)
    after = width - len(before) - cell_width(text) - 1
    words = ground.draw(text, 0, style)
    return Strip([Segment(before, style), *words, Segment(" " + _HOLE * after, style)])


def _speaker_part(row: Row) -> Part:
    match row.role:
        case None if row.speaker == Fact.NOTE:
            return Part.NOTE
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
