"""Row 24: what can be done here, whole entries by rank; `? Help` is always there."""

from __future__ import annotations

from textual.content import Content

from lktui.core.wrap import cell_width
from lktui.widgets.drawing import Line, Part, line

Entry = tuple[str, str]
"""A key as it is shown, and what it does."""


class Footer(Line):
    """Fits as many entries as the row holds; nothing is ever cut in two."""

    DEFAULT_CSS = """
    Footer { background: $panel; color: $muted; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()
        self._last: Entry | None = None

    def show(self, entries: tuple[Entry, ...], last: Entry | None) -> None:
        """Say something else, if it is something else.

        Args:
            entries: By rank.
            last: What always stands at the right end; None where there is no help.
        """
        if (entries, last) != (self._entries, self._last):
            self._entries, self._last = entries, last
            self.refresh()

    def draw(self, width: int) -> Content:
        """Take entries until the row is full."""
        end = line(*_entry(*self._last), " ") if self._last else Content("")
        room = width - end.cell_length - 1
        parts: list[Part] = [" "]
        used = 1
        for key, title in self._entries:
            need = cell_width(key) + 1 + cell_width(title) + 2
            if used + need > room:
                break
            parts += [*_entry(key, title), "  "]
            used += need
        return line(*parts, " " * max(0, width - used - end.cell_length), end)


def _entry(key: str, title: str) -> tuple[Part, Part]:
    return (key, "$key bold"), (f" {title}", "$muted")
