"""Draws single rows of a transcript and keeps what it has drawn: hits and the turn at hand, too."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip
from textual.widget import Widget

from lktui.core.search import Hit, Query
from lktui.core.shown_rows import Rows
from lktui.widgets.transcript_rows import NO_HITS, Columns, Hits, Manner, Part, row_strips

_CACHED_ROWS = 512
_BAR = "▌"


class RowPainter:
    """Strips of rows, drawn once as long as they look the same.

    Args:
        widget: Whose component styles are used.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[Part, Style] = {}
        self._ground: Style | None = None
        self._strips: LRUCache[tuple[int, int, bool], list[Strip]] = LRUCache(_CACHED_ROWS)
        self.manner = Manner()
        self.query = Query()
        """What is searched for: its hits have a ground."""
        self.hit: Hit | None = None
        """The one that one is at."""

    def forget(self, *, styles: bool = False) -> None:
        """Draw everything again when it is asked for.

        Args:
            styles: The colours are others as well.
        """
        self._strips.clear()
        if styles:
            self._styles, self._ground = {}, None

    def strips(
        self, index: int, rows: Rows, columns: Columns, width: int, *, at_hand: bool
    ) -> list[Strip]:
        """Give a row's lines, each as wide as the view.

        They are the same objects as long as they look the same: Textual keeps with a strip what it
        has made of it for the terminal.

        Args:
            index: Which row; what was drawn is kept by it.
            rows: Where it is.
            columns: What fits beside each other.
            width: Of the view.
            at_hand: Whether it is the row that keys act on.
        """
        key = (index, width, at_hand)
        strips = self._strips.get(key)
        if strips is None:
            row = rows[index]
            hit = self.hit if self.hit is not None and self.hit.row == index else None
            now = (hit.start, hit.end) if hit is not None else None
            hits = Hits(self.query.spans(row.text), now) if self.query else NO_HITS
            strips = row_strips(row, columns, self.manner, self.styles, hits)
            if at_hand:
                strips = [self._at_hand(strip, width, at) for at, strip in enumerate(strips)]
            ground = self.ground
            strips = [one.apply_style(ground).crop_extend(0, width, ground) for one in strips]
            self._strips[key] = strips
        return strips

    @property
    def ground(self) -> Style:
        """The style below all parts; Textual gathers it anew from every node above the widget."""
        if self._ground is None:
            self._ground = self._widget.rich_style
        return self._ground

    @property
    def styles(self) -> dict[Part, Style]:
        """The style of each part, in the present colours."""
        if not self._styles:
            self._styles = {
                part: self._widget.get_component_rich_style(part, partial=True) for part in Part
            }
        return self._styles

    def _at_hand(self, strip: Strip, width: int, line: int) -> Strip:
        """Draw a line of the row that keys act on; the first one has the bar."""
        ground = self.styles[Part.CURSOR]
        if self._widget.get_component_styles(Part.CURSOR).text_style.reverse:
            # Reverse video over colours would be patchwork; the words stay.
            strip = Strip([Segment(strip.text, Style(reverse=True))])
        else:
            strip = strip.apply_style(ground)
        if line == 0:
            bar = Segment(_BAR, ground + self.styles[Part.BAR])
            strip = Strip.join([Strip([bar]), strip.crop(1)])
        return strip.crop_extend(0, width, ground)
