"""Row 23: at the left what is in view, at the right the last message."""

from __future__ import annotations

from textual.content import Content

from lktui.widgets.drawing import Line, line, split


class StatusLine(Line):
    """Two ends of one row; the message wins when there is no room for both."""

    DEFAULT_CSS = """
    StatusLine { background: $surface; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left = self._right = Content("")

    def show(self, left: Content, right: Content) -> None:
        """Say something else, if it is something else."""
        if not (left.is_same(self._left) and right.is_same(self._right)):
            self._left, self._right = left, right
            self.refresh()

    def draw(self, width: int) -> Content:
        """Keep a blank at both edges of the screen."""
        right = line(self._right, " ") if self._right else self._right
        return split(line(" ", self._left), right, width)
