"""Searching the transcript as one types, and showing only a speaker or a kind of row."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from textual.content import Content

from lktui.core.action_types import View
from lktui.core.actions import ActionId, key_of
from lktui.core.filtering import Filter
from lktui.core.search import Query, Search
from lktui.core.shown_rows import FilteredRows, Rows
from lktui.core.signs import StateKind
from lktui.core.transcript import Transcript
from lktui.screens.action_screen import does
from lktui.screens.dashboard import DashboardScreen
from lktui.session.controller import SessionController
from lktui.widgets.drawing import Part, line, state
from lktui.widgets.following import Following
from lktui.widgets.transcript_view import TranscriptView

if TYPE_CHECKING:
    from textual.widgets import Input

    from lktui.widgets.filter_row import FilterRow

_ROW = "FilterRow"
_FILTER_SIGN = "only"
_SLICE_PAUSE_S = 0.001
"""A timer, since a callback in our own queue would be taken before the loop reads a key."""


class Searching(DashboardScreen):
    """The handlers of `/`, of its hits and of the filter, for the screen with the transcript."""

    def __init__(self, controller: SessionController) -> None:
        super().__init__(controller)
        self._by = Filter()
        self._unfiltered = Transcript()
        self._filtered: tuple[Rows, FilteredRows] | None = None
        self._search: Search | None = None
        self._searched: Rows | None = None
        self._origin = 0
        self._followed = False
        self._seeks = False
        """Whether the view is to go to the hit once there is one: asked for by a key."""
        self._looks_on = False
        self._is_filtering = False
        """Whether the row at the bottom, if it is open, takes the filter and no search."""

    @property
    def transcript(self) -> TranscriptView:
        """The rows on the screen."""
        raise NotImplementedError

    @property
    def rows(self) -> Rows | None:
        """What the transcript shows; None before there is anything."""
        raise NotImplementedError

    @property
    def is_searching(self) -> bool:
        """Whether something is searched for."""
        return self._search is not None

    @property
    def row_is_open(self) -> bool:
        """Whether a search or a filter is being typed."""
        return bool(self.query(_ROW))

    # --- what the screen asks ---------------------------------------------------------------

    def behind_filter(self, rows: Transcript) -> Rows:
        """Give those of the rows that are to be shown; the same object while nothing changes."""
        self._unfiltered = rows
        if not self._by:
            self._filtered = None
            return rows
        if self._filtered is None or self._filtered[0] is not rows:
            self._filtered = (rows, FilteredRows(rows, self._by))
        return self._filtered[1]

    def search_on(self) -> None:
        """Follow rows that were added, and go where the search leads."""
        search, rows = self._search, self.rows
        if search is None or rows is None:
            return
        if self._searched is not rows:
            search = self._search = Search(rows, search.query, self._origin)
            self._searched = rows
        if search.advance() and not self._looks_on:
            self._looks_on = True
            self.set_timer(_SLICE_PAUSE_S, self._look_on)
        self.transcript.mark_hits(search.query, search.hit)
        self._go_to_hit(search)
        self._tell()

    def forget_search(self) -> None:
        """Show another conversation, all of it."""
        self._by, self._filtered = Filter(), None
        self._search = None
        self.transcript.mark_hits(Query(), None)

    def found(self) -> Content | None:
        """Say for the status line what was found or is shown; None: everything, and no search."""
        search, rows = self._search, self.rows
        parts: list[Part] = []
        if self._by:
            count = len(rows) if rows is not None else 0
            rows_shown = "1 row" if count == 1 else f"{count} rows"
            parts = [(f"{_FILTER_SIGN} ", "$key bold"), f"{self._by.text}  {rows_shown}  "]
        if search is not None:
            sign = (key_of(ActionId.LIVE_SEARCH), "$key bold")
            parts += [sign, f"{search.query.text}  ", *_count(search)]
        return line(*parts) if parts else None

    def _look_on(self) -> None:
        self._looks_on = False
        self.search_on()
        self.ask_to_draw()

    def _go_to_hit(self, search: Search) -> None:
        """Have the hit in view that a key has asked for."""
        if self._seeks and search.hit is not None:
            self._seeks = False
            self.transcript.go_to(search.hit.row)
        elif search.is_done and self._seeks:
            self._seeks = False
            self._return()

    def _tell(self) -> None:
        """Say beside what is typed how much was found: the row covers the status line."""
        if self.row_is_open and not self._is_filtering and self._search is not None:
            self._row.tell(line(*_count(self._search)))

    @property
    def _row(self) -> FilterRow:
        from lktui.widgets.filter_row import FilterRow  # noqa: PLC0415 - not at first paint

        return self.query_one(FilterRow)

    # --- the row at the bottom --------------------------------------------------------------

    @does(ActionId.LIVE_SEARCH)
    def _open_search(self, _view: View) -> Awaitable[None]:
        self._is_filtering = False
        self._followed = isinstance(self.transcript.follow, Following)
        self._origin = self.transcript.first_in_view or 0
        return self._open(self._search.query.text if self._search else "", "")

    @does(ActionId.LIVE_FILTER)
    def _open_filter(self, _view: View) -> Awaitable[None]:
        self._is_filtering = True
        return self._open(self._by.text, _FILTER_SIGN, "  ".join(self._unfiltered.speakers))

    def _open(self, text: str, sign: str, offered: str = "") -> Awaitable[None]:
        from lktui.widgets.filter_row import FilterRow  # noqa: PLC0415 - not at first paint

        return self.mount(FilterRow(text, sign, offered))

    def typed(self, message: Input.Changed) -> None:
        """Search or filter as it is typed."""
        if self._is_filtering:
            self._filter(message.value)
        else:
            self._search_for(message.value)
        self.draw()

    def _search_for(self, text: str) -> None:
        query, rows = Query(text), self.rows
        if not query or rows is None:
            self._end_search()
            self._return()
            self._row.tell(Content(""))
            return
        self._search, self._searched = Search(rows, query, self._origin), rows
        self._seeks = True

    def _filter(self, text: str) -> None:
        self._by, self._filtered = Filter(text), None

    def _end_search(self) -> None:
        self._search = None
        self.transcript.mark_hits(Query(), None)
        self.transcript.let_go()

    def _return(self) -> None:
        """Be again where one was before one typed."""
        if self._followed:
            self.transcript.action_follow()
        else:
            self.transcript.have_at_top(self._origin)

    @does(ActionId.FILTER_KEEP)
    def _keep(self, _view: View) -> Awaitable[None]:
        return self._close_row()

    @does(ActionId.FILTER_CLEAR)
    def _clear(self, _view: View) -> Awaitable[None]:
        if self._is_filtering:
            self._filter("")
        else:
            self._end_search()
            self._return()
        return self._close_row()

    async def _close_row(self) -> None:
        self.set_focus(None)
        await self.query(_ROW).remove()
        self.draw()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """End the search, then the filter, then dismiss the message."""
        if self.is_searching:
            self._end_search()
        elif self._by:
            self._filter("")
        else:
            return super().back(view)
        self.draw()
        return None

    # --- from hit to hit --------------------------------------------------------------------

    @does(ActionId.LIVE_NEXT_HIT)
    def _next_hit(self, _view: View) -> None:
        if self._search is not None:
            self._search.next()
            self._seeks = True
            self.draw()

    @does(ActionId.LIVE_PREVIOUS_HIT)
    def _previous_hit(self, _view: View) -> None:
        if self._search is not None:
            self._search.previous()
            self._seeks = True
            self.draw()


def _count(search: Search) -> list[Part]:
    """Say `5 of 7 hits`, and what the person should know of the search."""
    hits = f"{search.hits} hit" + ("" if search.hits == 1 else "s")
    words: Part = f"{search.number} of {hits}" if search.hit is not None else hits
    parts: list[Part] = [words if search.hits or not search.is_done else "no hit"]
    if not search.is_done:
        parts.append((" so far", "$muted"))
    if not search.query.is_valid:
        parts += ["  ", state(StateKind.WARNING, "no valid regex")]
    return parts
