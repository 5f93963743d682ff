"""A hairline that carries the title of what is below it."""

from __future__ import annotations

from textual.content import Content

from lktui.widgets.drawing import Line, Part, line


def hairline(width: int, title: Content, right: Content) -> Content:
    """Draw `── title ──── right ──`; the note at the right is whole or not there."""
    left = line(("── ", "$rule"), title, " ") if title else Content("")
    end = line(" ", right, (" ──", "$rule")) if right else Content("")
    if left.cell_length + end.cell_length > width:
        end = Content("")
    if left.cell_length > width:
        left = left.truncate(width, ellipsis=True)
    fill = "─" * (width - left.cell_length - end.cell_length)
    return line(left, (fill, "$rule"), end)


class Rule(Line):
    """Parts a list from the story of its row."""

    def __init__(self) -> None:
        super().__init__()
        self._title = self._right = Content("")

    def show(self, *title: Part, right: Part = "") -> None:
        """Say something else, if it is something else."""
        title_line, right_line = line(*title), line(right)
        if not (title_line.is_same(self._title) and right_line.is_same(self._right)):
            self._title, self._right = title_line, right_line
            self.refresh()

    def draw(self, width: int) -> Content:
        """Draw the hairline."""
        return hairline(width, self._title, self._right)
