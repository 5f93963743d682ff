"""The line that is typed to the agent."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Paste
from textual.widgets import Input, Static

from lktui.core.action_types import Scope
from lktui.core.sanitize import clean
from lktui.session.controller import MAX_LINE_CHARS
from lktui.widgets.bindings import bindings


class Composer(Input):
    """Takes the text; its keys lead to the screen's gate."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COMPOSER, alone=True)

    def on_paste(self, event: Paste) -> None:
        """Take all lines of what is pasted, as one; Textual would drop all but the first."""
        event.prevent_default()
        event.stop()
        if event.text:
            self.replace(clean(event.text.strip()), *sorted(self.selection))

    def put(self, text: str) -> None:
        """Show another text, with the cursor at its end."""
        self.value = text
        self.cursor_position = len(text)


class ComposerRow(Horizontal):
    """The sign, and the line or what is to be said in its place."""

    DEFAULT_CSS = """
    ComposerRow { height: 1; background: $field-bg; }
    ComposerRow > Static { width: 3; color: $muted; }
    ComposerRow > Static.-typing { color: $cursor-bar; text-style: bold; }
    ComposerRow > Composer, ComposerRow > Composer:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg;
        background-tint: transparent; }
    ComposerRow > Composer > .input--placeholder,
    ComposerRow > Composer:ansi > .input--placeholder { color: $muted; text-style: none; }
    """

    def compose(self) -> ComposeResult:
        """Put the sign before the line."""
        yield Static(Content(" › "))
        yield Composer(compact=True, select_on_focus=False, max_length=MAX_LINE_CHARS)

    def on_mount(self) -> None:
        """Keep the cursor still: a blinking one would send bytes for ever."""
        self.composer.cursor_blink = False

    @property
    def composer(self) -> Composer:
        """The line."""
        return self.query_one(Composer)

    def show(self, words: str, *, is_open: bool, typing: bool) -> None:
        """Say in the place of an empty line what can be done with it.

        Args:
            words: What to say.
            is_open: Whether one can type to the agent.
            typing: Whether the cursor is in the line. A class says so and not `:focus-within`,
                for which Textual draws the whole screen (9 kB at 120x40).
        """
        self.query_one(Static).set_class(typing, "-typing")
        self.composer.placeholder = words
        self.composer.can_focus = is_open
