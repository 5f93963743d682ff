"""Moving through the transcript: the same keys as in lists, and from turn to turn."""

from __future__ import annotations

from collections.abc import Iterable

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.shown_rows import Rows
from lktui.screens.action_screen import does
from lktui.widgets.transcript_view import TranscriptView


class Moving:
    """The handlers of the moving keys, for the screen with the transcript."""

    @property
    def transcript(self) -> TranscriptView:
        """The rows on the screen."""
        raise NotImplementedError

    @property
    def rows(self) -> Rows | None:
        """What the transcript shows; None before there is anything."""
        raise NotImplementedError

    @property
    def turn(self) -> int | None:
        """The row that keys act on: the one gone to, or the last one in view that was said."""
        rows, at = self.rows, self.transcript.at_hand
        if rows is None or at is None or at == self.transcript.gone_to:
            return at
        first = self.transcript.first_in_view or 0
        said = (row for row in range(at, first - 1, -1) if rows[row].role is not None)
        return next(said, at)

    @does(ActionId.DOWN)
    def _down(self, _view: View) -> None:
        self.transcript.action_scroll_down()

    @does(ActionId.UP)
    def _up(self, _view: View) -> None:
        self.transcript.action_scroll_up()

    @does(ActionId.FIRST)
    def _first(self, _view: View) -> None:
        self.transcript.action_scroll_home()

    @does(ActionId.LAST)
    def _last(self, _view: View) -> None:
        self.transcript.action_follow()

    @does(ActionId.PAGE_DOWN)
    def _page_down(self, _view: View) -> None:
        self.transcript.action_page_down()

    @does(ActionId.PAGE_UP)
    def _page_up(self, _view: View) -> None:
        self.transcript.action_page_up()

    @does(ActionId.LIVE_FOLLOW)
    def _follow(self, _view: View) -> None:
        self.transcript.action_follow()

    @does(ActionId.LIVE_NEXT_TURN)
    def _next_turn(self, _view: View) -> None:
        rows, at = self.rows, self.turn
        if rows is not None and at is not None:
            self._go_to_turn(rows, range(at + 1, len(rows)))

    @does(ActionId.LIVE_PREVIOUS_TURN)
    def _previous_turn(self, _view: View) -> None:
        rows, at = self.rows, self.turn
        if rows is not None and at is not None:
            self._go_to_turn(rows, range(at - 1, -1, -1))

    def _go_to_turn(self, rows: Rows, places: Iterable[int]) -> None:
        """Go to the first of some rows that somebody said."""
        for place in places:
            if rows[place].role is not None:
                self.transcript.go_to(place)
                return
