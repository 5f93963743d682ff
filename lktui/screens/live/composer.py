"""The line that is typed to the agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Paste
from textual.message import Message
from textual.widgets import Static

from lktui.core.action_types import Effect, Question, Scope
from lktui.core.actions import ActionId
from lktui.core.events import Mark
from lktui.core.sanitize import clean_lines
from lktui.session.controller import MAX_LINE_CHARS
from lktui.widgets.bindings import bindings
from lktui.widgets.text_line import TextLine


class Composer(TextLine):
    """Takes the text; its keys lead to the screen's gate."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COMPOSER, alone=True)

    @dataclass
    class PastedLines(Message):
        """Several lines were pasted; the Live screen asks whether they are one message."""

        lines: tuple[str, ...]

    @dataclass
    class PastedTooMuch(Message):
        """What was pasted does not fit; the Live screen says so."""

        chars: int
        """Of the line as it would be."""

    def action_end(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - as Textual's
        """Go to the end of the line; from there to that of the transcript, which is followed."""
        if select or not self.cursor_at_end:
            super().action_end(select)
        else:
            self.call_later(self.run_action, f"screen.perform('{ActionId.LIVE_FOLLOW}')")

    def on_paste(self, event: Paste) -> None:
        """Take what is pasted, several lines only after a question; Textual would drop them."""
        event.prevent_default()
        event.stop()
        lines = tuple(line for line in clean_lines(event.text).split("\n") if line.strip())
        if len(lines) > 1:
            self.post_message(self.PastedLines(lines))
        elif lines:
            self.take(lines)

    def take(self, lines: tuple[str, ...]) -> None:
        """Put lines where the cursor is, as one; Textual would drop too much without a word."""
        text, (start, end) = " ".join(line.strip() for line in lines), sorted(self.selection)
        chars = len(self.value) - (end - start) + len(text)
        if chars > MAX_LINE_CHARS:
            self.post_message(self.PastedTooMuch(chars))
        else:
            self.replace(text, start, end)

    def put(self, text: str) -> None:
        """Show another text, with the cursor at its end."""
        self.value = text
        self.cursor_position = len(text)


def paste_question(lines: tuple[str, ...]) -> Question:
    """Ask whether several lines are one message."""
    effects = tuple(Effect(line, "") for line in lines)
    verb = f"Make {len(lines)} lines one"
    return Question(f"paste {len(lines)} lines as one message?", effects, verb)


class ComposerRow(Horizontal):
    """The sign, and the line or what is to be said in its place."""

    DEFAULT_CSS = """
    ComposerRow { height: 1; background: $field-bg; }
    ComposerRow > Static { width: 3; color: $muted; }
    ComposerRow > #unsent { width: auto; padding: 0 1; color: $state-warning; text-style: italic; }
    ComposerRow > Static.-typing { color: $cursor-bar; text-style: bold; }
    ComposerRow > Composer, ComposerRow > Composer:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $field-bg;
        background-tint: transparent; }
    ComposerRow > Composer > .input--placeholder,
    ComposerRow > Composer:ansi > .input--placeholder { color: $muted; text-style: none; }
    """

    def compose(self) -> ComposeResult:
        """Put the sign before the line, and behind it that it was not sent."""
        yield Static(Content(" › "), id="sign")
        yield Composer(max_length=MAX_LINE_CHARS)
        unsent = Static(Mark.NOT_SENT.value, id="unsent")
        unsent.display = False
        yield unsent

    @property
    def composer(self) -> Composer:
        """The line."""
        return self.query_one(Composer)

    def mark_unsent(self, *, unsent: bool) -> None:
        """Say, or do not say any more, that what is in the line could not be sent."""
        self.query_one("#unsent").display = unsent

    def show(self, words: str, *, is_open: bool, typing: bool) -> None:
        """Say in the place of an empty line what can be done with it.

        Args:
            words: What to say.
            is_open: Whether one can type to the agent.
            typing: Whether the cursor is in the line. A class says so and not `:focus-within`,
                for which Textual draws the whole screen (9 kB at 120x40).
        """
        self.query_one("#sign").set_class(typing, "-typing")
        self.composer.placeholder = words
        self.composer.can_focus = is_open
