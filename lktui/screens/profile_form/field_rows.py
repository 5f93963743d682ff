"""The fields of a form as rows: name, value, note; those in sight around the current one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from lktui.core.signs import GLYPHS
from lktui.core.wrap import clip, fit
from lktui.screens.profile_form.notes import Note
from lktui.widgets.drawing import FULL_CELLS, STYLES, WIDE_CELLS, Part, line

NAME_CELLS = 20
VALUE_AT = NAME_CELLS + 2
"""Cells before the values."""
_WIDE_VALUE_CELLS, _VALUE_CELLS, _NARROW_VALUE_CELLS = 48, 28, 22


class Heading(msgspec.Struct, frozen=True):
    """The name of a group, above its fields."""

    title: str


class FieldRow(msgspec.Struct, frozen=True):
    """One field; equal rows look the same."""

    name: str
    value: str
    """As it may be seen."""
    choices: tuple[str, ...] = ()
    """What can be chosen; empty for a field that is typed."""
    note: Note = Note()


FormRow = Heading | FieldRow


def value_cells(width: int) -> int:
    """Say how wide the values are on a screen of this width."""
    if width < FULL_CELLS:
        return _NARROW_VALUE_CELLS
    return _WIDE_VALUE_CELLS if width >= WIDE_CELLS else _VALUE_CELLS


class FieldRows(Widget, can_focus=True):
    """Draws the rows; the screen moves an input over the value that is typed."""

    DEFAULT_CSS = """
    FieldRows { height: 1fr; width: 1fr; }
    """

    class Pressed(Message):
        """Posted when a field was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[FormRow, ...] = ()
        self._at = 0
        self._top = 0

    def show(self, rows: Sequence[FormRow], current: str) -> None:
        """Take the rows as they are now, and keep the current one in sight.

        Args:
            rows: Headings and fields.
            current: Name of the field that has the keys.
        """
        before = self._looks()
        self._rows = tuple(rows)
        names = [row.name if isinstance(row, FieldRow) else "" for row in rows]
        self._at = names.index(current)
        self._keep_in_sight()
        changed = [y for y, look in enumerate(self._looks()) if look != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def _looks(self) -> list[tuple[FormRow | None, bool]]:
        """Say what each line shows, to tell afterwards which one has to be drawn again."""
        ats = range(self._top, self._top + self.size.height)
        return [(self._rows[at] if at < len(self._rows) else None, at == self._at) for at in ats]

    def _keep_in_sight(self) -> None:
        """Scroll as far as needed; a group's heading comes into sight with its first field."""
        first = self._at
        if first and isinstance(self._rows[first - 1], Heading):
            first -= 1
        height = max(1, self.size.height)
        self._top = max(0, min(self._top, first, len(self._rows) - height))
        self._top = max(self._top, self._at - height + 1)

    @property
    def current_y(self) -> int:
        """The line of the current field."""
        return self._at - self._top

    def on_click(self, event: events.Click) -> None:
        """Go to the field that was clicked."""
        at = self._top + event.y
        if 0 <= at < len(self._rows) and isinstance(row := self._rows[at], FieldRow):
            self.post_message(self.Pressed(row.name))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        at, width = self._top + y, self.size.width
        content = Content("")
        if at < len(self._rows):
            row = self._rows[at]
            if isinstance(row, Heading):
                content = line((f" {row.title}", "$title bold"))
            else:
                content = self._field(row, width, on=at == self._at)
        strips = Visual.to_strips(self, content, width, 1, self.visual_style, pad=True)
        return strips[0] if strips else Strip.blank(width)

    def _field(self, row: FieldRow, width: int, *, on: bool) -> Content:
        cells = value_cells(width)
        ground = "on $cursor-bg" if on else "on $field-bg"
        name: Part = (fit(row.name, NAME_CELLS), "bold" if on else "$muted")
        bar: Part = ("▌", "$cursor-bar") if on else " "
        value = _choice(row, cells) if row.choices else line(fit(row.value, cells))
        return line(
            bar, name, " ", value.stylize_before(ground), _note(row.note, width - VALUE_AT - cells)
        )


def _choice(row: FieldRow, cells: int) -> Content:
    """Write all choices, the chosen one between arrows; one that is none of them stands alone."""
    known = row.choices if row.value in row.choices else (clip(row.value, 12), *row.choices)
    words = [f"‹ {word} ›" if word == row.value else word for word in known]
    return line(fit("  ".join(words), cells))


def _note(note: Note, room: int) -> Part:
    if not note.words or room < 4:  # noqa: PLR2004 - a sign and a letter need as much
        return ""
    if note.kind is None:
        return (clip(f"   {note.words}", room), "$muted")
    return (clip(f" {GLYPHS[note.kind]} {note.words}", room), STYLES[note.kind])
