"""What Textual keeps of drawings: without these it grows with each widget and each line.

It shows as garbage that Python has to look for, for which a key waits: with 50 watched rooms up to
150 ms (tests/bench/test_rooms_bench.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.style import Style as RichStyle
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.strip import Strip
from textual.style import Style

_COLOURS = 1024

_divide, _crop_extend = Strip.divide, Strip.crop_extend


def keep_no_more_than_needed() -> None:
    """Have what closed widgets and replaced lines have drawn let go of at once."""
    StylesCache.get_inner_outer = _get_inner_outer  # type: ignore[method-assign,assignment]
    Strip.divide = _divided  # type: ignore[method-assign,assignment]
    Strip.crop_extend = _cropped  # type: ignore[method-assign,assignment]


@lru_cache(_COLOURS)
def _inner_outer(base: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base + background), Style(background=base)


def _get_inner_outer(_: StylesCache, base: Color, background: Color) -> tuple[Style, Style]:
    """Remember by the colours only; Textual's own keeps each cache that ever asked.

    https://github.com/Textualize/textual/issues/6665
    """
    return _inner_outer(base, background)


def _divided(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    """Give a strip that is not cut as it is; Textual's own keeps it in itself, in a cycle."""
    wanted = list(cuts)
    return [strip] if wanted == [strip.cell_length] else _divide(strip, wanted)


def _cropped(strip: Strip, start: int, end: int, style: RichStyle | None) -> Strip:
    """Give a strip that is all of what is wanted as it is; Textual's own keeps it in itself too."""
    is_whole = start == 0 and end == strip.cell_length
    return strip if is_whole else _crop_extend(strip, start, end, style)
