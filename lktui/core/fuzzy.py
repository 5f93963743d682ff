"""Finding something by a few letters of its name, as a palette does."""

from __future__ import annotations

from itertools import pairwise

import msgspec


class Found(msgspec.Struct, frozen=True):
    """Where the letters are in a name, and how good a match that is."""

    places: tuple[int, ...]
    score: tuple[int, int, int]
    """Less is better: gaps between the letters, letters not at a word's start, where it begins."""


def found(name: str, typed: str) -> Found | None:
    """Look for letters in their order, without regard to case and blanks; None if they are not in.

    The letters are taken at the starts of words where that is possible, else as early as possible.
    """
    wanted = "".join(typed.casefold().split())
    lowered = name.lower()
    best: Found | None = None
    for start, char in enumerate(lowered):
        if wanted and char == wanted[0]:
            one = _from(lowered, wanted, start)
            if one is not None and (best is None or one.score < best.score):
                best = one
    return best if wanted else Found((), (0, 0, 0))


def _from(name: str, wanted: str, start: int) -> Found | None:
    places = [start]
    for char in wanted[1:]:
        at = name.find(char, places[-1] + 1)
        if at < 0:
            return None
        head = name.find(f" {char}", places[-1])
        places.append(head + 1 if at != places[-1] + 1 and head >= 0 else at)
    gaps = sum(later - before > 1 for before, later in pairwise(places))
    inner = sum(at > 0 and name[at - 1] != " " for at in places[:1])
    return Found(tuple(places), (gaps, inner, start))
