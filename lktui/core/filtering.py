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

    @property
    def is_valid(self) -> bool:
        """Whether it is no regular expression, or one that can be read."""
        wanted = self.text.removeprefix("!")
        return not wanted.startswith("~") or _compiled(wanted[1:]) is not None

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
            wanted = wanted[1:]
            pattern = _compiled(wanted, re.IGNORECASE if plain else re.NOFLAG)
            if pattern is not None:
                return pattern.search(row) is not None
        return wanted.casefold() in row.casefold() if plain else wanted in row


def _compiled(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str] | None:
    """Give the expression, or None if it is not a valid one; `re` keeps those it has read."""
    try:
        return re.compile(pattern, flags)
    except (re.error, OverflowError, RecursionError):
        return None
