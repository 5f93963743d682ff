"""What every widget draws with: pieces of a line, states with their signs, and a one-row widget.

Text from outside is only ever put into `Content`; it is never read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textual.content import Content
from textual.widget import Widget

from lktui.core.signs import GLYPHS, StateKind
from lktui.core.wrap import fit

Part = str | tuple[str, str] | Content
"""A piece of a line: plain text, or text with a style of roles such as `$state-ready bold`."""

WIDE_CELLS = 120
"""From this width on tables and details show more."""
FULL_CELLS, FULL_ROWS = 80, 20
"""Below these the detail is three rows."""
LEAST_CELLS, LEAST_ROWS = 60, 15
"""Below these nothing is drawn but that it is too small."""

STYLES: Mapping[StateKind, str] = MappingProxyType(
    {kind: f"$state-{kind}" for kind in StateKind} | {StateKind.STALE: "$state-stale italic"}
)


def line(*parts: Part) -> Content:
    """Put pieces together to one row."""
    return Content.assemble(*parts)


def state(kind: StateKind, words: str, cells: int = 0, *, bold: bool = False) -> Part:
    """Draw a state: glyph and word together, in one style.

    Args:
        kind: Gives the glyph and the colour.
        words: Which state it is.
        cells: Exact width; 0 is as wide as it is.
        bold: Whether it needs the person.
    """
    text = f"{GLYPHS[kind]} {words}"
    return (fit(text, cells) if cells else text, STYLES[kind] + (" bold" if bold else ""))


def tally(counts: Mapping[tuple[StateKind, str], int]) -> Content:
    """Count states as a status line does, `✗ 3 failed  ◐ 1 waiting`; zero is not worth a word."""
    parts: list[Part] = []
    for (kind, word), count in counts.items():
        if count:
            parts += ["  ", state(kind, f"{count} {word}")]
    return line(*parts)


class Line(Widget):
    """One row of the screen; subclasses draw it for a width."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """

    def draw(self, width: int) -> Content:
        """Make the row, at most `width` cells wide."""
        raise NotImplementedError

    def render(self) -> Content:
        """Draw for the width that the layout gave."""
        return self.draw(self.size.width)


def split(left: Content, right: Content, width: int) -> Content:
    """Make a row of two ends; the right one wins when there is no room for both."""
    right = right.truncate(width, ellipsis=True) if right.cell_length > width else right
    gap = 2 if right.cell_length else 0
    room = width - right.cell_length - gap
    if left.cell_length > room:
        left = left.truncate(max(0, room), ellipsis=True)
    return line(left, " " * (width - left.cell_length - right.cell_length), right)
