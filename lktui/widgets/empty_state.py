"""What a screen says while it has nothing to show: what there is to do."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from lktui.widgets.drawing import Part, line


class EmptyState(Widget):
    """A few lines, away from the edges."""

    DEFAULT_CSS = """
    EmptyState { height: 1fr; width: 1fr; padding: 2 0 0 4; }
    """

    def __init__(self, rows: tuple[tuple[Part, ...], ...]) -> None:
        super().__init__()
        self._rows = rows

    def show(self, rows: tuple[tuple[Part, ...], ...]) -> None:
        """Write other lines."""
        if rows != self._rows:
            self._rows = rows
            self.refresh()

    def render(self) -> Content:
        """Write the lines."""
        return Content("\n").join(line(*row) for row in self._rows)
