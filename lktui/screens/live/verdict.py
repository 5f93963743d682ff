"""What went wrong, in the place of what is being said: headline, seen, cause and what to do."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size

from lktui.core.events import Phase
from lktui.core.session import SessionState
from lktui.screens.live.block import Block
from lktui.widgets.detail import DetailView, verdict_rows
from lktui.widgets.drawing import FULL_CELLS, FULL_ROWS

MAX_ROWS = 8
BRIEF_ROWS = 3
"""Where the screen is narrow or short."""


def verdict_of(session: SessionState) -> DetailView | None:
    """Give the verdict that a retry could mend; None if there is none."""
    found = session.diagnosis
    if found is None or not session.went_wrong or session.phase is Phase.RETRYING:
        return None
    labels = (("seen", "; ".join(found.seen)), ("cause", found.cause), ("do", found.resolution))
    return DetailView(found.kind, found.summary, labels)


class Verdict(Block):
    """As high as the verdict is long, within limits."""

    DEFAULT_CSS = """
    Verdict { height: auto; padding: 0 1; background: $surface; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view = DetailView()

    def show(self, view: DetailView) -> None:
        """Say something else, if it is something else."""
        if view != self._view:
            self._view = view
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Count the rows."""
        return max(1, len(self.rows(width, MAX_ROWS)))

    def rows(self, width: int, height: int) -> list[Content]:
        """Cut causes before what to do."""
        screen = self.app.size
        brief = screen.width < FULL_CELLS or screen.height < FULL_ROWS
        most = BRIEF_ROWS if brief else MAX_ROWS
        return verdict_rows(self._view, width, min(height, most), brief=brief)
