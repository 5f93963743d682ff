"""The question before what destroys or disrupts: rises from the bottom, Enter cancels."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from lktui.core.action_types import Effect, Question, Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.signs import GLYPHS, StateKind
from lktui.core.wrap import clip
from lktui.screens.action_screen import ActionScreen, does
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import Line, Part, line
from lktui.widgets.footer import Footer
from lktui.widgets.rule import Rule

MAX_EFFECTS = 5
"""More are counted."""


class _EffectLine(Line):
    """What one thing would suffer."""

    def __init__(self, effect: Effect) -> None:
        super().__init__()
        self._effect = effect

    def draw(self, width: int) -> Content:
        """Give the effect its words whole, the subject what is left."""
        effect = self._effect
        room = max(1, width - 7 - len(effect.words))
        style = "$state-warning" if effect.harms else "$muted"
        return line("   ", clip(effect.subject, room, "middle"), (f"   {effect.words}", style))


class _Choices(Line):
    """Cancel, which has the focus, and the verb."""

    DEFAULT_CSS = """
    _Choices { margin-top: 1; }
    """

    def __init__(self, verb: str) -> None:
        super().__init__()
        self._verb = verb

    def draw(self, width: int) -> Content:
        """Show Cancel as pressed."""
        return line("   ", (" Cancel ", "bold reverse"), f"    {clip(self._verb, width - 18)} ")


class ConfirmSheet(ActionScreen[bool], ModalScreen[bool]):
    """Asks one question; the answer is the screen's result. No refresh below closes it."""

    CSS_PATH = "confirm.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.CONFIRM)

    def __init__(self, question: Question, *, final: bool) -> None:
        """Make the sheet.

        Args:
            question: What is asked.
            final: Whether it cannot be undone.
        """
        super().__init__()
        self._question, self._final = question, final

    def compose(self) -> ComposeResult:
        """Put the sheet together: title, effects, choices, and a footer of its own."""
        effects = self._question.effects
        with Vertical(id="sheet"):
            yield Rule()
            for effect in effects[:MAX_EFFECTS]:
                yield _EffectLine(effect)
            if len(effects) > MAX_EFFECTS:
                yield _EffectLine(Effect(f"and {len(effects) - MAX_EFFECTS} more", ""))
            yield _Choices(self._question.verb)
            yield Footer()

    def on_mount(self) -> None:
        """Write title and footer."""
        title = f"{GLYPHS[StateKind.WARNING]} {self._question.title}"
        note: Part = ("no undo", "$muted") if self._final else ""
        self.query_one(Rule).show((title, "$state-warning bold"), right=note)
        cancel = (key_of(ActionId.CONFIRM_CANCEL), "Cancel")
        agree = (key_of(ActionId.CONFIRM_YES), self._question.verb)
        self.query_one(Footer).show((cancel, agree), None)

    @does(ActionId.CONFIRM_CANCEL)
    def _cancel(self, _view: View) -> None:
        self.dismiss(False)

    @does(ActionId.CONFIRM_YES)
    def _agree(self, _view: View) -> None:
        self.dismiss(True)
