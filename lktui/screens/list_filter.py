"""Filtering a list: the same keys wherever there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.filtering import Filter
from lktui.screens.action_screen import does
from lktui.widgets.list_table import ListTable

if TYPE_CHECKING:
    from textual.widgets import Input

_ROW = "FilterRow"


class ListFilter(Screen[None]):
    """The handlers of the filter's keys, for an action screen with one list."""

    filter_by = Filter()
    """Which rows are shown."""

    @property
    def table(self) -> ListTable:
        """The list."""
        raise NotImplementedError
