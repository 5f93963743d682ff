"""The closest known word, for everything a person types by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKENESS = 0.6
"""As difflib counts it: below, a suggestion confuses more than it helps."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the known word closest to `word`, or an empty text if none is close.

    Case, underscores and dashes do not count: `Api-Key` is as good as `api_key`.
    """
    plain: dict[str, str] = {}
    for candidate in known:
        plain.setdefault(_plain(candidate), candidate)
    found = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=_LIKENESS)
    return plain[found[0]] if found else ""


def _plain(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "")
