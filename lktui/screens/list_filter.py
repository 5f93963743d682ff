"""Filtering a list: the same keys wherever there is one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from textual.screen import ScreenResultType

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.filtering import Filter
from lktui.screens.action_screen import ActionScreen, does
from lktui.widgets.list_table import ListTable

if TYPE_CHECKING:
    from textual.widgets import Input

_ROW = "FilterRow"


class ListFilter(ActionScreen[ScreenResultType]):
    """The handlers of the filter's keys, for a screen with one list."""

    filter_by = Filter()
    """Which rows are shown."""

    @property
    def table(self) -> ListTable:
        """The list."""
        raise NotImplementedError

    def show_found(self) -> None:
        """Show the rows behind the filter."""
        raise NotImplementedError

    @property
    def typing(self) -> bool:
        """Whether the filter is being typed."""
        return bool(self.query(_ROW))

    def open_filter(self) -> Awaitable[None]:
        """Let the filter be typed."""
        # An input is a tenth of what the first paint may cost; it is imported when it is needed.
        from lktui.widgets.filter_row import FilterRow  # noqa: PLC0415 - as above

        return self.mount(FilterRow(self.filter_by.text))

    @does(ActionId.FILTER_KEEP)
    def keep_filter(self, _view: View) -> Awaitable[None]:
        """Go back to the list."""
        self.set_focus(self.table)
        return self.query(_ROW).remove()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter as it is typed, at once: the next key may act on the row under the cursor."""
        self.filter_by = Filter(message.value)
        self.show_found()

    @does(ActionId.FILTER_CLEAR)
    async def clear_filter(self, view: View) -> None:
        """Show all rows and go back to the list."""
        self.filter_by = Filter()
        await self.keep_filter(view)
        self.show_found()
