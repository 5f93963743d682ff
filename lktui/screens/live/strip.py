"""The two rows above the composer: what is being said now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from lktui.core.events import Role, SegmentUpdated
from lktui.core.wrap import cell_width, clip, fit, wrap
from lktui.screens.live.block import Block
from lktui.widgets.drawing import line
from lktui.widgets.transcript_rows import SPEAKER_CELLS, Columns

ROWS = 2
QUIET = "nobody is speaking"
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody's words that are not final yet, or a typed line that waits."""

    speaker: str
    style: str
    text: str
    note: str = ""
    """A word after the text."""


def sayings(segments: Sequence[SegmentUpdated], first_agent: str | None) -> tuple[Saying, ...]:
    """Choose what the rows show: the newest speakers, then the typed line that goes out next.

    Args:
        segments: All that is not final, in the order of its beginning.
        first_agent: The name of the session's first agent, if one has spoken.
    """
    spoken = [segment for segment in segments if segment.role is not Role.YOU][-ROWS:]
    waiting = [segment for segment in segments if segment.role is Role.YOU]
    said = [
        Saying(segment.speaker, _style(segment, first_agent), segment.text) for segment in spoken
    ]
    if waiting and len(said) < ROWS:
        more = f", {len(waiting) - 1} more" if len(waiting) > 1 else ""
        first = waiting[0]
        said.append(Saying(first.speaker, _style(first, None), first.text, f"waits{more}"))
    return tuple(said)


def _style(segment: SegmentUpdated, first_agent: str | None) -> str:
    if segment.role is not Role.AGENT:
        return "$speaker-user bold"
    other = first_agent is not None and segment.speaker != first_agent
    return "$speaker-other bold" if other else "$speaker-agent bold"


class Strip(Block):
    """One speaker in two rows or two in a row each, always the tail of what they say."""

    DEFAULT_CSS = """
    Strip { height: 2; background: $surface; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[Saying, ...] = ()
        self._quiet = QUIET

    def show(self, said: tuple[Saying, ...], quiet: str = QUIET) -> None:
        """Say something else, if it is something else.

        Args:
            said: At most two.
            quiet: What to say while nobody speaks; may be empty.
        """
        if (said, quiet) != (self._said, self._quiet):
            self._said, self._quiet = said, quiet
            self.draw_changes()

    def rows(self, width: int, height: int) -> list[Content]:
        """Put time, speaker and words into the columns of the transcript."""
        columns = Columns.within(width)
        if not self._said:
            if not self._quiet:
                return []
            return [_row(columns, "", "", line((clip(self._quiet, columns.text), "$muted")))]
        room = height if len(self._said) == 1 else 1
        drawn: list[Content] = []
        for saying in self._said[:height]:
            for index, words in enumerate(_tail(saying, columns.text, room)):
                speaker = saying.speaker if index == 0 else ""
                drawn.append(_row(columns, speaker, saying.style, words, now=not drawn))
        return drawn


def _row(
    columns: Columns, speaker: str, style: str, words: Content, *, now: bool = True
) -> Content:
    time = f"{'now' if now else '':>6} " if columns.timed else " "
    return line((time, "$muted"), (fit(speaker, SPEAKER_CELLS), style), " ", words)


def _tail(saying: Saying, cells: int, room: int) -> list[Content]:
    """Give the last rows of the text, the note behind them."""
    lines = wrap(saying.text, cells)[-room:]
    rows = [Content(text) for text in lines]
    if saying.note:
        left = cells - cell_width(saying.note) - len(_GAP)
        last = clip(lines[-1], left)
        rows[-1] = line(last, _GAP, (saying.note, "$state-waiting italic"))
    return rows
