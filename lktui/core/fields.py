"""What a field of a hand-written file is: its name and spellings, what it holds, its limits.

From a table of these come the reading of files, the options of the command line and the form.
"""

from __future__ import annotations

import math
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    """Handed on as it is, line breaks included."""
    NOTE = "note"
    """One line for people, made safe to show."""
    NAME = "name"
    """One line that a server or an agent knows: with control characters refused, not mended."""
    SERVER_URL = "server URL"
    ENDPOINT_URL = "endpoint URL"
    SECRET = "secret"  # noqa: S105 - a kind
    FLAG = "flag"
    DURATION = "duration"
    """Seconds, 0 allowed."""
    TIMEOUT = "timeout"
    """Seconds, more than 0."""
    COUNT = "count"
    CHOICE = "choice"
    HEADERS = "headers"
    """A table of secrets, or the same as a JSON object in a text."""
    OBJECT = "object"
    """A JSON object as text, or a table."""
    TAGS = "tags"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a file: its name, what it holds and its limits."""

    name: str
    kind: Kind
    help: str
    """One sentence."""
    group: str = ""
    """The heading under which a form shows it."""
    aliases: tuple[str, ...] = ()
    """Spellings beside snake_case and camelCase."""
    low: float = 0
    """The least number, or the shortest text in characters."""
    high: float = math.inf
    """The greatest number, or the longest text in characters."""
    choices: tuple[str, ...] = ()

    @property
    def camel_name(self) -> str:
        """The name in camelCase."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def spellings(self) -> tuple[str, ...]:
        """All keys under which a file may have this field, without repetition."""
        return tuple(dict.fromkeys((self.name, self.camel_name, *self.aliases)))

    @property
    def is_secret(self) -> bool:
        """Whether its values are never shown."""
        return self.kind in (Kind.SECRET, Kind.HEADERS)
