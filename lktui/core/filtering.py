"""The text behind `/`: which rows of a list are shown."""

from __future__ import annotations

import re

import msgspec


class Filter(msgspec.Struct, frozen=True):
    """A filter as it was typed.

    Literal and without regard to case unless it has a capital; `!` before it inverts, `~` before
    it makes it a regular expression. One that is not a valid expression is taken literally, so
    that a half-typed one does not empty the list.
    """

    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)

    def matches(self, row: str) -> bool:
        """Tell whether a row is shown."""
        wanted = self.text.removeprefix("!")
        if not wanted or wanted == "~":
            return True
        return self._found(wanted, row) is not self.text.startswith("!")

    @staticmethod
    def _found(wanted: str, row: str) -> bool:
        plain = wanted.islower() or wanted.casefold() == wanted
        if wanted.startswith("~"):
            try:
                return re.search(wanted[1:], row, re.IGNORECASE if plain else 0) is not None
            except re.error:
                wanted = wanted[1:]
        return wanted.casefold() in row.casefold() if plain else wanted in row
