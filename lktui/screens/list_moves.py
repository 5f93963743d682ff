"""Moving the cursor of a list: the same keys wherever there is one."""

from __future__ import annotations

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.screens.action_screen import does
from lktui.widgets.list_table import ListTable


class ListMoves:
    """The handlers of the moving keys, for an action screen with one list."""

    @property
    def table(self) -> ListTable:
        """The list."""
        raise NotImplementedError

    @does(ActionId.DOWN)
    def _down(self, _view: View) -> None:
        self.table.move_by(1)

    @does(ActionId.UP)
    def _up(self, _view: View) -> None:
        self.table.move_by(-1)

    @does(ActionId.FIRST)
    def _first(self, _view: View) -> None:
        self.table.move_to(0)

    @does(ActionId.LAST)
    def _last(self, _view: View) -> None:
        self.table.move_to_last()

    @does(ActionId.PAGE_DOWN)
    def _page_down(self, _view: View) -> None:
        self.table.move_by(self.table.page)

    @does(ActionId.PAGE_UP)
    def _page_up(self, _view: View) -> None:
        self.table.move_by(-self.table.page)
