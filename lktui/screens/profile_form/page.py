"""`a`, `e`, `c`: all fields of a profile, with help for each and faults as one types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input

from lktui.core.action_types import Question, Scope, View
from lktui.core.actions import ActionId
from lktui.core.fields import Field
from lktui.core.footer_entries import footer_entries
from lktui.core.problems import PortError, Problem, ProblemCode
from lktui.core.profile_form import ProfileForm, choices_of
from lktui.core.signs import StateKind
from lktui.screens.action_screen import ActionScreen, does
from lktui.screens.asking import ask_on_sheet
from lktui.screens.chrome import header_of
from lktui.screens.profile_form.field_rows import (
    VALUE_AT,
    FieldRow,
    FieldRows,
    FormRow,
    Heading,
    value_cells,
)
from lktui.screens.profile_form.notes import help_of, is_hidden, note_of, shown_text
from lktui.session.controller import SessionController
from lktui.widgets.bindings import bindings
from lktui.widgets.breakpoints import classes_at
from lktui.widgets.detail import Detail
from lktui.widgets.drawing import FULL_CELLS, FULL_ROWS, Part, line, state
from lktui.widgets.footer import Footer
from lktui.widgets.header import Header
from lktui.widgets.rule import Rule
from lktui.widgets.status_line import StatusLine
from lktui.widgets.text_line import TextLine
from lktui.widgets.too_small import TooSmall

_CHOICE_WORDS = {"true": "yes", "false": "no"}


class FieldInput(TextLine):
    """Takes the text of the current field."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FORM, alone=True)


class ProfileFormPage(ActionScreen[str]):
    """A full page over Profiles; its result is the name that was saved, or empty."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FORM)

    def __init__(self, controller: SessionController, form: ProfileForm) -> None:
        """Make the page.

        Args:
            controller: Saves, and says who we are.
            form: What to begin with.
        """
        super().__init__()
        self._controller, self._form = controller, form
        self._current = form.fields[0].name if not form.opening.name else form.fields[1].name
        self._says: Part = ""
        self._title, self._heading = Rule(), Rule()

    # --- what the gate asks ---------------------------------------------------------------------

    @property
    def typing(self) -> bool:
        """Whether printable keys are text now."""
        return isinstance(self.focused, FieldInput)

    def view(self) -> View:
        """Judge leaving by what it would lose."""
        return View(rows=1, unsaved=self._form.unsaved)

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self._say(f"not now: {reason}")

    def ask(self, question: Question, *, final: bool, agreed: Callable[[], object]) -> None:
        """Put the question on a sheet."""
        ask_on_sheet(self.app, question, final=final, agreed=agreed)

    # --- drawing --------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Put header, title, fields, help, status and footer below each other."""
        yield Header()
        yield self._title
        with Container(id="fields"):
            yield FieldRows()
            yield FieldInput()
        yield self._heading
        yield Detail()
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    def on_mount(self) -> None:
        """Begin with the first field."""
        self.add_class(*classes_at(self.app.size), update=False)
        self.call_after_refresh(self._go_to, self._current)

    def on_resize(self) -> None:
        """Keep the input over its field."""
        super().on_resize()
        self.call_after_refresh(self._show)

    @property
    def _rows(self) -> FieldRows:
        return self.query_one(FieldRows)

    @property
    def _input(self) -> FieldInput:
        return self.query_one(FieldInput)

    @property
    def _field(self) -> Field:
        """The current field; one that the chosen modes have hidden is left for the first."""
        fields = self._form.fields
        return next((field for field in fields if field.name == self._current), fields[0])

    def _show(self) -> None:
        """Draw everything for the form as it is now."""
        if not self.is_mounted:
            return
        form, field, look = self._form, self._field, self._controller.desk.look_at
        self._rows.show(tuple(self._form_rows()), field.name)
        self._place_input()
        verb = f"edit {form.opening.name}" if form.opening.name else "new profile"
        faults, doubts = len(form.faults), len(form.parsed.warnings)
        self._title.show((verb, "$title bold"), right=_counted(faults, doubts))
        self._heading.show((field.name, "$title bold"), right=(field.group.lower(), "$muted"))
        size = self.app.size
        brief = size.width < FULL_CELLS or size.height < FULL_ROWS
        self.query_one(Detail).show(help_of(form, field, look, brief=brief))
        file = (f"profiles/{form.name}.toml" if form.name else "", "$muted")
        self.query_one(StatusLine).show(line(self._says or self._changed_in_words()), line(file))
        scopes = (Scope.FORM,) if not choices_of(field) else (Scope.FORM, Scope.CHOICE)
        self.query_one(Footer).show(footer_entries(scopes, self.view()), None)
        self.query_one(Header).show(header_of(self._controller, "Profiles"))

    def _form_rows(self) -> Iterator[FormRow]:
        form, group = self._form, ""
        for field in form.fields:
            if group and field.group != group:
                yield Heading(field.group)
            group = field.group
            text, choices = form.text(field.name), choices_of(field)
            note = note_of(form, field, self._controller.desk.look_at)
            value = _CHOICE_WORDS.get(text, text) if choices else shown_text(field, text)
            words = tuple(_CHOICE_WORDS.get(choice, choice) for choice in choices)
            yield FieldRow(field.name, value, words, note)

    def _place_input(self) -> None:
        field = self._input
        field.display = not choices_of(self._field) and not self._form.is_locked(self._field.name)
        field.styles.offset = (VALUE_AT, self._rows.current_y)
        field.styles.width = value_cells(self.app.size.width)
        field.password = is_hidden(self._field, field.value)

    def _changed_in_words(self) -> Part:
        count = len(self._form.unsaved)
        if not count:
            return ""
        return ("1 field changed" if count == 1 else f"{count} fields changed", "$muted")

    def _say(self, words: Part) -> None:
        self._says = words
        self._show()

    # --- moving and typing ----------------------------------------------------------------------

    def _go_to(self, name: str) -> None:
        """Give the keys to a field."""
        self._current, self._says = name, ""
        field = self._field
        with self.prevent(Input.Changed):
            self._input.value = self._form.text(field.name)
        self._show()
        takes_text = self._input.display
        self.set_focus(self._input if takes_text else self._rows)
        if takes_text:
            self._input.cursor_position = len(self._input.value)

    def _move(self, steps: int) -> None:
        names = [field.name for field in self._form.fields]
        self._go_to(names[(names.index(self._field.name) + steps) % len(names)])

    def on_input_changed(self, message: Input.Changed) -> None:
        """Judge as it is typed."""
        message.stop()
        if message.value != self._form.text(self._current):
            self._form, self._says = self._form.typed(self._current, message.value), ""
            self._show()

    def on_field_rows_pressed(self, message: FieldRows.Pressed) -> None:
        """Go to the field that was clicked."""
        self._go_to(message.name)

    # --- actions --------------------------------------------------------------------------------

    @does(ActionId.FORM_NEXT)
    def _next(self, _view: View) -> None:
        self._move(1)

    @does(ActionId.FORM_PREVIOUS)
    def _previous(self, _view: View) -> None:
        self._move(-1)

    @does(ActionId.CHOICE_NEXT)
    def _choose_next(self, _view: View) -> None:
        self._choose(1)

    @does(ActionId.CHOICE_PREVIOUS)
    def _choose_previous(self, _view: View) -> None:
        self._choose(-1)

    def _choose(self, steps: int) -> None:
        choices, text = choices_of(self._field), self._form.text(self._field.name)
        if choices:
            at = choices.index(text) + steps if text in choices else 0
            self._form = self._form.typed(self._field.name, choices[at % len(choices)])
            self._say("")

    @does(ActionId.FORM_SAVE)
    def _save(self, _view: View) -> Awaitable[None] | None:
        faults = self._form.faults
        if faults:
            count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
            shown = {field.name for field in self._form.fields}
            self._go_to(next((one.field for one in faults if one.field in shown), self._current))
            self._say(state(StateKind.FAILED, f"not saved: {count}"))
            return None
        try:
            self._controller.desk.save(self._form)
        except PortError as error:
            self._not_saved(error.problem)
            return None
        self.dismiss(self._form.name)
        return None

    def _not_saved(self, problem: Problem) -> None:
        """Say why; what was typed stays."""
        words = f"{problem.summary}: {problem.cause}"
        if problem.code is ProblemCode.PROFILE_MISSING:
            self._form = self._form.anew()
            words = "its file has gone; enter writes it anew"
        self._say(state(StateKind.FAILED, words))

    @does(ActionId.FORM_CANCEL)
    def _cancel(self, _view: View) -> None:
        self.dismiss("")


def _counted(faults: int, doubts: int) -> Content:
    """Count what is wrong, as the title's note."""
    parts: list[Part] = []
    if faults:
        parts.append(state(StateKind.FAILED, f"{faults} fault{'s' * (faults > 1)}"))
    if doubts:
        parts.append("  " if parts else "")
        parts.append(state(StateKind.WARNING, f"{doubts} doubt{'s' * (doubts > 1)}"))
    return line(*parts)
