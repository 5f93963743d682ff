"""The lines that the person has typed, as the composer's up and down go through them."""

from __future__ import annotations

MAX_LINES = 200


class OwnLines:
    """Newest last; the place is behind the newest until one goes up.

    What was typed and not sent yet is kept while one looks at earlier lines.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._place = 0
        self._draft = ""

    def keep(self, line: str) -> None:
        """Remember a line, once if it is the same as the last one, and go behind it."""
        if line.strip() and line not in self._lines[-1:]:
            self._lines = [*self._lines, line][-MAX_LINES:]
        self._place, self._draft = len(self._lines), ""

    def older(self, typed: str) -> str:
        """Go to the line before; at the oldest one stay there.

        Args:
            typed: What is in the composer now.
        """
        if self._place == len(self._lines):
            self._draft = typed
        self._place = max(0, self._place - 1)
        return self._at_place

    def newer(self, typed: str) -> str:
        """Go to the line after; behind the newest is what had been typed.

        Args:
            typed: What is in the composer now.
        """
        if self._place == len(self._lines):
            return typed
        self._place += 1
        return self._at_place

    @property
    def _at_place(self) -> str:
        return self._lines[self._place] if self._place < len(self._lines) else self._draft
