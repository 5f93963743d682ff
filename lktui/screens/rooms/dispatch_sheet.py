"""`D`: which agent goes into a room, with what metadata; rises from the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from lktui.core.action_types import Scope
from lktui.core.actions import ActionId, key_of
from lktui.core.wrap import clip
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import Line, Part, line
from lktui.widgets.overlay import Overlay
from lktui.widgets.rule import Rule
from lktui.widgets.text_line import TextLine

_LABEL_CELLS = 10
_MAX_OFFERED = 4


class _Field(TextLine):
    """Takes a name or the metadata."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SHEET, alone=True)


class _Room(Line):
    """Where it goes."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room

    def draw(self, width: int) -> Content:
        """Write the room's name."""
        name = clip(self._room, max(1, width - _LABEL_CELLS - 2), "middle")
        return line((f" {'room':<{_LABEL_CELLS}}", "$muted"), name)


class _DoIt(Line):
    """What enter does, and which names are known."""

    def __init__(self) -> None:
        super().__init__()
        self._agent = ""
        self._known: tuple[str, ...] = ()

    def show(self, agent: str, known: tuple[str, ...]) -> None:
        """Say something else."""
        self._agent, self._known = agent, known
        self.refresh()

    def draw(self, width: int) -> Content:
        """Name the agent; offer the others."""
        key: Part = (key_of(ActionId.SHEET_DO), "$key bold")
        does: Part = f" dispatches {self._agent}" if self._agent else " needs an agent's name"
        others = [name for name in self._known if name != self._agent][:_MAX_OFFERED]
        left = line((" " * (_LABEL_CELLS + 1)), key, does)
        if not others:
            return left
        offered = line((f"  known: {', '.join(others)}", "$muted"))
        room = width - left.cell_length - 1
        return line(left, offered.truncate(room, ellipsis=True) if room > 0 else "")


class DispatchSheet(Overlay):
    """Four rows below a hairline: agent, metadata, room, do it."""

    DEFAULT_CSS = """
    DispatchSheet Horizontal { height: 1; width: 1fr; }
    DispatchSheet Horizontal Static { width: 11; height: 1; }
    DispatchSheet _Field, DispatchSheet _Field:focus {
        width: 1fr; height: 1; border: none; padding: 0; margin-right: 1; background: $field-bg; }
    """
    SCOPE = Scope.SHEET

    def __init__(self, room: str, known: Sequence[str], metadata: str) -> None:
        """Make the sheet.

        Args:
            room: Where the agent goes.
            known: Names of agents, the one that was dispatched last first.
            metadata: What to begin with.
        """
        super().__init__()
        self.room = room
        self._known, self._metadata = tuple(known), metadata

    def compose(self) -> ComposeResult:
        """Put the fields below the hairline."""
        yield Rule()
        with Horizontal():
            yield Static(line((" agent", "$muted")))
            yield _Field(next(iter(self._known), ""), id="agent", selected=True)
        with Horizontal():
            yield Static(line((" metadata", "$muted")))
            yield _Field(self._metadata, id="metadata")
        yield _Room(self.room)
        yield _DoIt()

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(Rule).show(("dispatch an agent into this room", "$title bold"))
        self._tell()
        self.query_one("#agent", _Field).focus()

    @property
    def agent(self) -> str:
        """The name as it is typed now."""
        return self.query_one("#agent", _Field).value.strip()

    @property
    def metadata(self) -> str:
        """The metadata as it is typed now."""
        return self.query_one("#metadata", _Field).value

    def offer(self, steps: int) -> None:
        """Take another one of the known names."""
        if self._known:
            at = self._known.index(self.agent) + steps if self.agent in self._known else 0
            field = self.query_one("#agent", _Field)
            field.value = self._known[at % len(self._known)]
            field.focus()

    def go(self) -> None:
        """Go to the other field."""
        names = ("metadata", "agent")
        agent = self.query_one("#agent", _Field)
        self.query_one(f"#{names[0] if agent.has_focus else names[1]}", _Field).focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Say what enter would do now."""
        message.stop()
        self._tell()

    def _tell(self) -> None:
        self.query_one(_DoIt).show(self.agent, self._known)
