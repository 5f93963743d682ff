"""What is said where the terminal is too small to show anything."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from lktui.core.actions import ActionId, key_of
from lktui.widgets.drawing import LEAST_CELLS, LEAST_ROWS, line


class TooSmall(Widget):
    """Covers the whole screen; what goes on goes on."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 1fr; height: 1fr; content-align: center middle; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._talking = 0

    def show(self, talking: int) -> None:
        """Say how many conversations go on."""
        if talking != self._talking:
            self._talking = talking
            self.refresh()

    def render(self) -> Content:
        """Say what there is and what is needed."""
        size = self.app.size
        goes_on = {0: "", 1: "1 conversation goes on. "}.get(
            self._talking, f"{self._talking} conversations go on. "
        )
        return Content("\n").join(
            (
                line(("The terminal is too small for lktui.", "bold")),
                line(
                    f"It has {size.width} x {size.height}; it needs {LEAST_CELLS} x {LEAST_ROWS}."
                ),
                line(""),
                line(goes_on, (key_of(ActionId.QUIT), "$key bold"), " quits."),
            )
        )
