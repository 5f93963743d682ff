"""Rows of text of which only those that look different are drawn again."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget


class Block(Widget):
    """Draws what `rows` gives; a reply that grows word by word costs the row that grows."""

    DEFAULT_CSS = """
    Block { width: 1fr; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._drawn: list[Content] = []

    def rows(self, width: int, height: int) -> list[Content]:
        """Make the rows, at most `height` of at most `width` cells."""
        raise NotImplementedError

    def draw_changes(self) -> None:
        """Draw the rows that are not as they were."""
        width, height = self.size
        new, old = self.rows(width, height), self._drawn
        changed = [
            Region(0, row, width, 1)
            for row in range(max(len(new), len(old)))
            if row >= len(new) or row >= len(old) or not new[row].is_same(old[row])
        ]
        self._drawn = new
        if changed:
            self.refresh(*changed)

    def render(self) -> Content:
        """Draw all rows for the size that the layout gave."""
        self._drawn = self.rows(*self.size)
        return Content("\n").join(self._drawn)
