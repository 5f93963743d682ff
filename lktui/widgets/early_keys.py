"""What a key was when it was pressed, where terminal and Textual have made another of it."""

from __future__ import annotations

from typing import NamedTuple

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.events import Key
from textual.keys import KEY_NAME_REPLACEMENTS, _character_to_key

_ALT, _ESC = "alt+", "\x1b"
_INTRODUCERS = frozenset("[]OPX^_")
"""After esc they begin what a terminal sends as one key, or as an answer."""


class _Named(NamedTuple):
    """A key as Textual's table has it."""

    value: str


def _name_of(character: str) -> str:
    if character.isalnum():
        return f"shift+{character.lower()}" if character.isupper() else character
    name = _character_to_key(character)
    return KEY_NAME_REPLACEMENTS.get(name, name)


_AFTER_ESC = {
    _ALT + _name_of(character): character for character in map(chr, range(ord(" "), ord("~") + 1))
}
"""What is typed with alt, or right after esc, by the name of the key."""

_EDIT_WITH_ALT = frozenset("\b\t\x7f")
"""Terminals send esc before them for a key of its own: back by a word, and shift+tab."""


def read_alt_as_alt() -> None:
    """Have esc and a character that come in one read told as `alt+2` or `alt+slash`.

    Textual takes some for what a Mac types with its option key; a terminal sends that as the
    character itself. Of signs it drops the esc, and of longer texts it makes it a `^`. Esc and
    enter, or a key with ctrl, are told as the two keys: Textual drops the esc there too.
    """
    table = ANSI_SEQUENCES_KEYS
    assert isinstance(table, dict)  # noqa: S101 - Textual declares it as read-only
    for name, character in _AFTER_ESC.items():
        by_words = isinstance(table.get(_ESC + character), tuple)  # as alt+b and alt+f do
        if not by_words and character not in _INTRODUCERS:
            table[_ESC + character] = (_Named(name),)
    for character in map(chr, range(ord(" "))):
        keys = table.get(character)
        if character not in _EDIT_WITH_ALT and character != _ESC and isinstance(keys, tuple):
            table[_ESC + character] = (_Named("escape"), *keys)


def as_pressed(key: Key, *, typing: bool) -> tuple[Key, ...]:
    """Give the keys that were pressed.

    Args:
        key: As Textual tells it.
        typing: Whether printable keys are text now. Then alt and a key is esc and that key, which
            came in one read: else what follows esc would be text. Elsewhere alt and a letter or
            digit is no key.
    """
    if key.key == "ctrl+j":
        # Enter, before the terminal was told to hand keys over as they are.
        return (Key("enter", "\r"),)
    character = _AFTER_ESC.get(key.key)
    if character is None or (character.isalnum() and not typing):
        return (key,)
    name = character if character.isalnum() else key.key.removeprefix(_ALT)
    return (Key("escape", _ESC), Key(name, character))
