"""The line that rises from the bottom while a filter is typed."""

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
    """Covers the status line while it is open."""

    DEFAULT_CSS = """
    FilterRow { display: none; layer: over; dock: bottom; height: 1; margin-bottom: 1;
                background: $field-bg; }
    FilterRow.-open { display: block; }
    FilterRow > Static { width: 3; color: $key; text-style: bold; }
    FilterRow > FilterInput, FilterRow > FilterInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg; }
    """

    def compose(self) -> ComposeResult:
        """Put the sign before the input."""
        yield Static(Content(f" {key_of(ActionId.FILTER)} "))
        yield FilterInput(compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Keep the cursor still: a blinking one would send bytes for ever."""
        self.query_one(Input).cursor_blink = False

    def open(self, text: str) -> None:
        """Rise, with the filter that holds now."""
        self.add_class("-open")
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field)  # at once: focus() would come after the keys behind it

    def close(self) -> None:
        """Go down."""
        self.remove_class("-open")
