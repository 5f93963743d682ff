"""What a terminal would show: pyte, with the few things that it lacks and full-screen programs use.

The alternate screen, and sequences of the keyboard protocols, of which pyte prints a part.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import pyte
import pyte.screens

from lktui.core.wrap import cell_width

# CSI with <, = or > (such as CSI < u, which leaves the keyboard protocol): pyte prints the rest.
_UNKNOWN_TO_PYTE = re.compile(rb"\x1b\[[<=>][\d;]*[\x40-\x7e]")
_UNFINISHED = re.compile(rb"\x1b(?:\[(?:[<=>][\d;]*)?)?\Z")
_ALTERNATE_SCREEN = 1049


class Emulator:
    """A screen that is fed what a program writes, in pieces of any size."""

    def __init__(self, columns: int, rows: int) -> None:
        """Begin with an empty screen."""
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._held = b""

    @property
    def title(self) -> str:
        """The window's title."""
        return self._screen.title

    def feed(self, content: bytes) -> None:
        """Obey what a program has written; a sequence cut at the end waits for its rest."""
        content = _UNKNOWN_TO_PYTE.sub(b"", self._held + content)
        cut = _UNFINISHED.search(content)
        end = cut.start() if cut else len(content)
        self._held = content[end:]
        self._stream.feed(content[:end])

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; what no longer fits is lost."""
        self._screen.resize(rows, columns)

    def lines(self) -> list[str]:
        """Return the lines that are shown, without blanks at their ends."""
        return [self._line(row).rstrip() for row in range(self._screen.lines)]

    def _line(self, row: int) -> str:
        cells = [self._screen.buffer[row][column].data for column in range(self._screen.columns)]
        # The second cell of a wide character is empty; where its first one was written over, as
        # pyte leaves it, a terminal shows a blank.
        return "".join(
            cell or ("" if column and cell_width(cells[column - 1]) == 2 else " ")
            for column, cell in enumerate(cells)
        )


class _Screen(pyte.Screen):
    def __init__(self, columns: int, lines: int) -> None:
        self._normal: tuple[Any, pyte.screens.Cursor] | None = None
        super().__init__(columns, lines)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and _ALTERNATE_SCREEN in modes and self._normal is None:
            self._normal = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE_SCREEN in modes and self._normal is not None:
            self.buffer, self.cursor = self._normal
            self._normal = None
            self.dirty.update(range(self.lines))
