"""The secrets that this process has resolved, so that none of them gets into its log.

An exception's text may quote what a library was given. Only who resolved a secret can know it by
its value, so `secrets.resolve` notes each one here, and who writes a log or a crash report masks.
"""

from __future__ import annotations

from urllib.parse import quote

from lktui.core.profile import MASK

_LEAST_CHARS = 6
"""What is shorter is found in plain words too, and a log without them tells nothing."""
_known: dict[str, None] = {}
"""How each of them is written, the longest first: one may be the beginning of another."""


def note(value: str) -> None:
    """Remember a secret, whole and by its words (`Bearer TOKEN`), as texts quote it."""
    whole = {word for word in (value, *value.split()) if len(word) >= _LEAST_CHARS}
    if whole <= _known.keys():
        return
    spellings = set(_known)
    for word in whole:
        spellings |= {word, repr(word)[1:-1], quote(word, safe="")}
    _known.clear()
    _known.update(dict.fromkeys(sorted(spellings, key=len, reverse=True)))


def without_secrets(text: str) -> str:
    """Mask every resolved secret in a text."""
    for spelling in _known:
        text = text.replace(spelling, MASK)
    return text
