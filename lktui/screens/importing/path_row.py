"""The line that rises from the bottom while a file is named."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from lktui.core.action_types import Scope
from lktui.widgets.bindings import bindings
from lktui.widgets.text_line import TextLine


class PathInput(TextLine):
    """Takes a path."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PATH, alone=True)

    def on_paste(self, event: events.Paste) -> None:
        """Leave a pasted profile to the page, which shows no secret of it."""
        if is_content(event.text):
            event.prevent_default()


class PathRow(Horizontal):
    """Covers the status line."""

    DEFAULT_CSS = """
    PathRow { layer: over; dock: bottom; height: 1; margin-bottom: 1; background: $field-bg; }
    PathRow > Static { width: 7; color: $key; text-style: bold; }
    PathRow > PathInput, PathRow > PathInput:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg; }
    """

    def compose(self) -> ComposeResult:
        """Put the word before the input."""
        yield Static(Content(" file"))
        yield PathInput()

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(PathInput).focus()

    @property
    def path(self) -> str:
        """What was typed."""
        return self.query_one(PathInput).value.strip()


def is_content(text: str) -> bool:
    """Say whether a text is a profile itself rather than the path of one."""
    stripped = text.strip()
    return stripped[:1] in ("{", "[") or len(stripped.splitlines()) > 1
