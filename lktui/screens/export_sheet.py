"""`e`: as what a session is written to a file; rises from the bottom."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from lktui.core.action_types import Scope
from lktui.core.actions import of_scopes, shown_keys
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import line
from lktui.widgets.overlay import Overlay
from lktui.widgets.rule import Rule


class _Choices(Widget, can_focus=True):
    """Takes the keys, and says what each of them writes."""

    DEFAULT_CSS = """
    _Choices { height: auto; width: 1fr; padding: 0 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EXPORT, alone=True)

    def render(self) -> Content:
        """Name key, form and purpose, a row each."""
        rows = [
            line((f"{shown_keys(action):>5}", "$key bold"), f"  {action.help}")
            for action in of_scopes((Scope.EXPORT,))
        ]
        return Content("\n").join(rows)


class ExportSheet(Overlay):
    """A row for each form, below a hairline."""

    SCOPE = Scope.EXPORT

    def __init__(self, subject: str) -> None:
        """Make the sheet.

        Args:
            subject: What is exported: a room's name.
        """
        super().__init__()
        self._subject = subject

    def compose(self) -> ComposeResult:
        """Put the choices below the hairline."""
        yield Rule()
        yield _Choices()

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(Rule).show((f"export {self._subject}", "$title bold"))
        self.query_one(_Choices).focus()
