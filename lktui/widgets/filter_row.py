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
from textual.widgets import Static

from lktui.core.action_types import Scope
from lktui.core.actions import ActionId, key_of
from lktui.widgets.bindings import bindings
from lktui.widgets.text_line import TextLine


class FilterInput(TextLine):
    """Takes the text."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FILTER, alone=True)


class FilterRow(Horizontal):
    """Covers the status line."""

    DEFAULT_CSS = """
    FilterRow { layer: over; dock: bottom; height: 1; margin-bottom: 1; background: $field-bg; }
    FilterRow > #sign { width: auto; padding: 0 1; color: $key; text-style: bold; }
    FilterRow > #found { width: auto; padding: 0 1; }
    FilterRow > FilterInput, FilterRow > FilterInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg; }
    FilterRow > FilterInput > .input--placeholder,
    FilterRow > FilterInput:ansi > .input--placeholder { color: $muted; text-style: none; }
    """

    def __init__(self, text: str, sign: str = "", offered: str = "") -> None:
        """Make the row.

        Args:
            text: The filter that holds now.
            sign: What stands before it; by default the filter's key.
            offered: What could be typed, while nothing is.
        """
        super().__init__()
        self._offered = offered
        self._found = Content("")
        self._text, self._sign = text, sign or key_of(ActionId.FILTER)

    def compose(self) -> ComposeResult:
        """Put the sign before the input, and behind it what was found."""
        yield Static(Content(self._sign), id="sign")
        yield FilterInput(self._text, placeholder=self._offered)
        yield Static("", id="found")

    def tell(self, found: Content) -> None:
        """Say at the right what was found, if it is something else."""
        if not found.is_same(self._found):
            self._found = found
            self.query_one("#found", Static).update(found)

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(FilterInput).focus()
