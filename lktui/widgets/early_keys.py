"""What a key was when it was pressed, where terminal and Textual have made another of it."""

from __future__ import annotations

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.events import Key

_ALT, _ESC = "alt+", "\x1b"


def read_alt_as_alt() -> None:
    """Have esc and a digit that come in one read told as `alt+2`, not as `™`.

    Textual takes them for what a Mac types with its option key; a terminal sends that as the
    character itself.
    """
    table = ANSI_SEQUENCES_KEYS
    assert isinstance(table, dict)  # noqa: S101 - Textual declares it as read-only
    for sequence, meaning in list(table.items()):
        if isinstance(meaning, str) and len(sequence) == len(_ESC) + 1 and sequence[0] == _ESC:
            del table[sequence]


def as_pressed(key: Key, *, typing: bool) -> tuple[Key, ...]:
    """Give the keys that were pressed.

    Args:
        key: As Textual tells it.
        typing: Whether printable keys are text now. Then alt and a key is esc and that key, which
            came in one read: else what follows esc would be text.
    """
    if key.key == "ctrl+j":
        # Enter, before the terminal was told to hand keys over as they are.
        return (Key("enter", "\r"),)
    if typing and key.key.startswith(_ALT):
        name = key.key.removeprefix(_ALT)
        if key.character is not None and name.startswith("shift+"):
            name = key.character
        return (Key("escape", _ESC), Key(name, key.character))
    return (key,)
