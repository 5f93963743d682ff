"""The line that rises from the bottom while a note on a turn is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from lktui.core.action_types import Scope
from lktui.widgets.bindings import bindings
from lktui.widgets.overlay import Overlay
from lktui.widgets.rule import Rule
from lktui.widgets.text_line import TextLine

_HINT = "good, bad, or words"


class _NoteInput(TextLine):
    """Takes the text."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.NOTE, alone=True)


class NoteRow(Overlay):
    """One line below a hairline that names the turn."""

    DEFAULT_CSS = """
    NoteRow > _NoteInput, NoteRow > _NoteInput:focus {
        width: 1fr; height: 1; border: none; padding: 0 1; background: $field-bg; }
    """
    SCOPE = Scope.NOTE

    def __init__(self, turn: str, text: str) -> None:
        """Make the row.

        Args:
            turn: What is noted on, as it was said.
            text: What is noted already.
        """
        super().__init__()
        self._turn, self._text = turn, text

    def compose(self) -> ComposeResult:
        """Put the input below the hairline."""
        yield Rule()
        yield _NoteInput(self._text, placeholder=_HINT, max_length=2000)

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(Rule).show(("note on ", "$muted"), (self._turn, "$title bold"))
        self.query_one(_NoteInput).focus()

    @property
    def text(self) -> str:
        """The note as it is typed now."""
        return self.query_one(_NoteInput).value.strip()
