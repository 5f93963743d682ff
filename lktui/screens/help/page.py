"""`?`: what can be done here, from the registry; what is impossible now says why."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Action, Scope, View
from lktui.core.actions import ACTIONS, PARENTS, ActionId, of_scopes, shown_keys
from lktui.core.footer_entries import footer_entries
from lktui.core.signs import GLYPHS, StateKind
from lktui.screens.action_screen import does
from lktui.screens.list_filter import ListFilter
from lktui.screens.list_moves import ListMoves
from lktui.widgets.bindings import bindings
from lktui.widgets.columns import Column
from lktui.widgets.drawing import STYLES, line
from lktui.widgets.footer import Footer
from lktui.widgets.list_table import Caption, Cell, Entry, ListTable, Row
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall

COLUMNS = (
    Column("", 13, 14, gap=1),
    Column("", 13, 14, gap=1),
    Column("", 49, 85, elastic=True),
)
_SIGNS = {
    StateKind.READY: "ready",
    StateKind.WAITING: "under way",
    StateKind.WARNING: "doubtful",
    StateKind.FAILED: "failed",
    StateKind.OVER: "over",
    StateKind.STALE: "was so",
}


class HelpPage(ListMoves, ListFilter[ActionId]):
    """A full page over the screen it was called on; its result is the action to do there."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HELP)

    def __init__(self, scopes: tuple[Scope, ...], view: View) -> None:
        """Make the page.

        Args:
            scopes: Of the screen below, its own first.
            view: What its actions are judged by.
        """
        super().__init__()
        self._scopes, self._judged_by = scopes, view

    @property
    def table(self) -> ListTable:
        """The list of actions."""
        return self.query_one(ListTable)

    def compose(self) -> ComposeResult:
        """Put list, status and footer below each other."""
        yield ListTable(COLUMNS, titles=False)
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    def on_mount(self) -> None:
        """List the actions."""
        self.show_found()

    def on_descendant_focus(self) -> None:
        """Show the filter's keys while it is typed."""
        self.show_found()

    def show_found(self) -> None:
        """Show the actions behind the filter."""
        entries = list(self._entries())
        self.table.show(entries, empty=((f"no action matches “{self.filter_by.text}”",),))
        known = len(of_scopes(self._scopes))
        count = f"{len(self.table.rows)} of {known} actions"
        left = line(count, ("  here and everywhere", "$muted"))
        self.query_one(StatusLine).show(left, Content(""))
        scopes = (Scope.FILTER,) if self.typing else (Scope.HELP, *PARENTS[Scope.HELP])
        self.query_one(Footer).show(footer_entries(scopes, self._judged_by), None)

    def _entries(self) -> Iterator[Entry]:
        closes = f"{shown_keys(ACTIONS[ActionId.HELP_CLOSE], ', ')} closes"
        for scope in self._scopes:
            rows = [_row(action, self._judged_by) for action in of_scopes([scope])]
            found = [row for row in rows if self.filter_by.matches(row.text)]
            if found:
                yield Caption(scope.value, closes if scope is self._scopes[0] else "")
                yield from found
        if not self.filter_by:
            yield Caption("signs")
            yield Caption(parts=_signs())

    @does(ActionId.HELP_FILTER)
    def _filter_actions(self, _view: View) -> Awaitable[None]:
        return self.open_filter()

    @does(ActionId.HELP_DO)
    def _do(self, _view: View) -> None:
        row = self.table.row
        if row is not None:
            self.dismiss(ActionId(row.key))

    @does(ActionId.HELP_CLOSE)
    def _close(self, view: View) -> Awaitable[None] | None:
        if self.filter_by:
            return self.clear_filter(view)
        self.dismiss(None)
        return None


def _row(action: Action, view: View) -> Row:
    reason = action.unavailable(view)
    tone = "$foreground" if reason is None else "$muted"
    keys = shown_keys(action)
    return Row(
        action.id,
        (
            Cell(keys, "$key bold" if reason is None else "$muted"),
            Cell(action.title, tone),
            Cell(action.help if reason is None else f"not now: {reason}", tone),
        ),
    )


def _signs() -> tuple[tuple[str, str], ...]:
    signs: list[tuple[str, str]] = []
    for kind, word in _SIGNS.items():
        signs += [(GLYPHS[kind], STYLES[kind]), (f" {word}  ", "$foreground")]
    return (*signs, ("!", "$attention bold"), (" new", "$foreground"))
