"""The line that rises from the bottom while a filter is typed.

It exists only while it is open, and its module is imported then: an input is a tenth of what the
first paint may cost.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from lktui.core.action_types import Scope
from lktui.core.actions import ActionId, key_of
from lktui.widgets.bindings import bindings


class FilterInput(Input):
    """Takes the text."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FILTER, alone=True)


class FilterRow(Horizontal):
    """Covers the status line."""

    DEFAULT_CSS = """
    FilterRow { layer: over; dock: bottom; height: 1; margin-bottom: 1; background: $field-bg; }
    FilterRow > Static { width: 3; color: $key; text-style: bold; }
    FilterRow > FilterInput, FilterRow > FilterInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg; }
    """

    def __init__(self, text: str) -> None:
        """Make the row.

        Args:
            text: The filter that holds now.
        """
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Put the sign before the input."""
        yield Static(Content(f" {key_of(ActionId.FILTER)} "))
        yield FilterInput(self._text, compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Take the keys; keep the cursor still, for a blinking one would send bytes for ever."""
        field = self.query_one(Input)
        field.cursor_blink = False
        field.focus()
