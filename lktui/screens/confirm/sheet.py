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
from lktui.core.wrap import cell_width, clip, fit
from lktui.screens.action_screen import ActionScreen, does
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import Line, Part, line
from lktui.widgets.footer import Footer
from lktui.widgets.rule import Rule

MAX_EFFECTS = 5
"""More are counted."""
_LEAST_SUBJECT = 12


class _EffectLine(Line):
    """What one thing would suffer, in the columns of all of them.

    Args:
        effect: The thing and the words.
        subject_cells: The widest subject of the sheet.
        words_cells: The longest words of it.
    """

    def __init__(self, effect: Effect, subject_cells: int, words_cells: int) -> None:
        super().__init__()
        self._effect = effect
        self._subject_cells, self._words_cells = subject_cells, words_cells

    def draw(self, width: int) -> Content:
        """Give the effects their words whole, the subjects what is left."""
        effect = self._effect
        room = min(self._subject_cells, max(_LEAST_SUBJECT, width - 7 - self._words_cells))
        style = "$state-warning" if effect.harms else "$muted"
        return line(
            "   ", fit(clip(effect.subject, room, "middle"), room), "   ", (effect.words, style)
        )


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
        effects = _in_view(self._question.effects)
        subject_cells = max((cell_width(one.subject) for one in effects), default=0)
        words_cells = max((cell_width(one.words) for one in effects), default=0)
        with Vertical(id="sheet"):
            yield Rule()
            for effect in effects:
                yield _EffectLine(effect, subject_cells, words_cells)
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


def _in_view(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Give what there is room for, what touches others first; more are counted."""
    if len(effects) <= MAX_EFFECTS:
        return effects
    ranked = sorted(effects, key=lambda effect: not effect.harms)
    rest = ranked[MAX_EFFECTS:]
    harmed = sum(effect.harms for effect in rest)
    words = f"{harmed} of them touch others too" if harmed else ""
    more = Effect(f"and {len(rest)} more", words, harms=bool(harmed))
    return (*ranked[:MAX_EFFECTS], more)
