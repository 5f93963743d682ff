"""Cell widths and what follows from them: wrapping, clipping and padding for a terminal.

The unit is the cell. What a row is thought to take must be what Rich draws, or rows drift; so the
rules are Rich's: combining marks take nothing, U+200D takes its next character with it, and
U+FE0F widens a character that has a picture. Text is one line, sanitised.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Literal

from lktui.core.cell_widths import NO_CELL, PICTURE_BY_SELECTOR, TWO_CELLS

ELLIPSIS = "…"

Where = Literal["end", "middle", "start"]
Align = Literal["left", "right"]

_SHORT = 12
"""Characters; what is longer than that seldom comes twice."""

_JOINER = "\u200d"
_SELECTOR = "\ufe0f"
_ROOM_TAIL = 6
"""Random characters at the end of the room names that we make; the installation is before them."""

# Characters of one cell each by a glance: ASCII, Latin, Greek, Cyrillic, dashes and quotes, lines.
_NARROW = re.compile(
    "[\x20-\x7e\xa0-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u2199\u2500-\u25fc\u2800-\u28ff]*"
)
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
# Chinese and Japanese break between characters, but not before a closing or after an opening mark.
_OPENING = "「『（［｛〈《【〔"
_CLOSING = "、。，．！？：；」』）］｝〉》】〕ー…々"
_IDEOGRAPHS = "\u2e80-\u30ff\u31f0-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd"
_PIECE = (
    f"[{_OPENING}]*[{_IDEOGRAPHS}](?:[{_CLOSING}]|[\ufe00-\ufe0f\u3099\u309a\U000e0100-\U000e01ef])*"
    f"|[^ {_IDEOGRAPHS}]+|[{_OPENING}]+| +"
)


class _Ranges:
    """Sorted ranges of code points, from their written form, which is read when first needed."""

    def __init__(self, written: str) -> None:
        self._written = written

    @cached_property
    def _bounds(self) -> tuple[list[int], list[int]]:
        pairs = [pair.partition("-") for pair in self._written.split()]
        starts = [int(first, 16) for first, _, _ in pairs]
        return starts, [int(last or first, 16) for first, _, last in pairs]

    def __contains__(self, code_point: int) -> bool:
        starts, ends = self._bounds
        index = bisect_right(starts, code_point) - 1
        return index >= 0 and code_point <= ends[index]


_no_cell = _Ranges(NO_CELL)
_two_cells = _Ranges(TWO_CELLS)
_picture_by_selector = _Ranges(PICTURE_BY_SELECTOR)


@lru_cache(maxsize=8192)
def _char_width(char: str) -> int:
    code_point = ord(char)
    if code_point in _no_cell:
        return 0
    return 2 if code_point in _two_cells else 1


def cell_width(text: str) -> int:
    """Count the cells that a text takes in a terminal."""
    if _is_narrow(text):
        return len(text)
    if _JOINER not in text and _SELECTOR not in text:
        return sum(map(_char_width, text))
    return sum(width for _, width in _clusters(text))


@lru_cache(maxsize=8192)
def _short_width(piece: str) -> int:
    """Count the cells of a word or an ideograph; the same ones come again and again."""
    return cell_width(piece)


def _is_narrow(text: str) -> bool:
    """Tell whether every character surely takes one cell."""
    return (text.isascii() and text.isprintable()) or _NARROW.fullmatch(text) is not None


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Cut a text into what must stay together, each with its cells."""
    start = end = width = 0
    widenable = ""
    flag_half = False
    while end < len(text):
        char = text[end]
        if char == _JOINER:
            end = min(end + 2, len(text))
            continue
        if char == _SELECTOR:
            if widenable:
                width += ord(widenable) in _picture_by_selector
                widenable = ""
            end += 1
            continue
        char_width = _char_width(char)
        closes_flag = flag_half and _REGIONAL.match(char) is not None
        if char_width and not closes_flag:
            if end > start:
                yield text[start:end], width
            start, width = end, 0
            flag_half = _REGIONAL.match(char) is not None
        elif char_width:
            flag_half = False
        if char_width:
            widenable = char
            width += char_width
        end += 1
    if end > start:
        yield text[start:end], width


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` cells, at blanks where there are any.

    Blanks at the ends of lines go; nothing else does. A word that is wider than the line is cut
    between characters as a reader sees them. At a width of 1 a wide character is a line of its
    own all the same, for it must be somewhere. There is always a line.
    """
    width = max(1, width)
    text = text.strip(" ")
    if _is_narrow(text):
        return [text] if len(text) <= width else _wrap_narrow(text, width)
    return _wrap_pieces(text, width)


def _wrap_narrow(text: str, width: int) -> list[str]:
    """Wrap text of one cell a character: positions are cells, and only lines cost time."""
    lines: list[str] = []
    start = 0
    while len(text) - start > width:
        blank = text.rfind(" ", start, start + width + 1)
        if blank < 0:
            lines.append(text[start : start + width])
            start += width
            continue
        lines.append(text[start:blank].rstrip(" "))
        start = blank
        while text[start] == " ":
            start += 1
    lines.append(text[start:])
    return lines


def _wrap_pieces(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line = blanks = ""
    used = 0
    for piece in _pieces().findall(text):
        if piece[0] == " ":
            blanks = piece
            continue
        cells = _short_width(piece) if len(piece) <= _SHORT else cell_width(piece)
        if line and used + len(blanks) + cells <= width:
            line += blanks + piece
            used += len(blanks) + cells
        else:
            if line:
                lines.append(line)
            line, used = piece, cells
            if cells > width:
                *whole, line = _chop(piece, width)
                lines += whole
                used = cell_width(line)
        blanks = ""
    lines.append(line)
    return lines


@lru_cache(maxsize=1)
def _pieces() -> re.Pattern[str]:
    """Compile when first needed: the first paint needs no Chinese."""
    return re.compile(_PIECE)


def _chop(word: str, width: int) -> list[str]:
    """Cut a word that is wider than the line."""
    parts: list[str] = []
    part: list[str] = []
    used = 0
    for cluster, cells in _clusters(word):
        if part and used + cells > width:
            parts.append("".join(part))
            part, used = [], 0
        part.append(cluster)
        used += cells
    return [*parts, "".join(part)]


def clip(text: str, cells: int, where: Where = "end") -> str:
    """Shorten a text to at most `cells`, with one ellipsis for what it loses.

    A sentence loses its end, a name its middle, names that would look the same their start.
    """
    if cells <= 0:
        return ""
    if cell_width(text) <= cells:
        return text
    room = cells - 1
    if where == "start":
        return ELLIPSIS + _last(text, room)
    tail = _last(text, room // 2) if where == "middle" else ""
    return _first(text, room - cell_width(tail)).rstrip(" ") + ELLIPSIS + tail


def _first(text: str, cells: int) -> str:
    """Give as much of the start as fits."""
    if _is_narrow(text):
        return text[:cells]
    taken: list[str] = []
    for cluster, width in _clusters(text):
        cells -= width
        if cells < 0:
            break
        taken.append(cluster)
    return "".join(taken)


def _last(text: str, cells: int) -> str:
    """Give as much of the end as fits."""
    if _is_narrow(text):
        return text[max(0, len(text) - cells) :]
    taken: list[str] = []
    for cluster, width in reversed(list(_clusters(text))):
        cells -= width
        if cells < 0:
            break
        taken.append(cluster)
    return "".join(reversed(taken))


def fit(text: str, cells: int, align: Align = "left", where: Where = "end") -> str:
    """Make a text exactly `cells` wide: clipped, then padded."""
    # A joiner at the very end would swallow the first blank of the padding.
    text = clip(text, cells, where).rstrip(_JOINER)
    padding = " " * (cells - cell_width(text))
    return padding + text if align == "right" else text + padding


def room_name(name: str, cells: int, installation: str = "") -> str:
    """Shorten a room's name: of our own goes the installation id, of others the middle.

    Args:
        name: If we made it: prefix, `-`, installation id, then what makes it unique.
        cells: Widest result.
        installation: Our id; empty treats every name as another's.
    """
    own = installation and name[:-_ROOM_TAIL].endswith(f"-{installation}")
    if not own or cell_width(name) <= cells or cells <= _ROOM_TAIL + 1:
        return clip(name, cells, "middle")
    prefix = name[: -_ROOM_TAIL - len(installation)]
    return _first(prefix, cells - _ROOM_TAIL - 1) + ELLIPSIS + name[-_ROOM_TAIL:]


def room_names(names: list[str], cells: int, installation: str = "") -> list[str]:
    """Shorten the names that are in view together; those that would look the same lose their start.

    The same name twice stays the same.
    """
    short = [room_name(name, cells, installation) for name in names]
    seen: dict[str, set[str]] = {}
    for name, shortened in zip(names, short, strict=True):
        seen.setdefault(shortened, set()).add(name)
    return [
        clip(name, cells, "start") if len(seen[shortened]) > 1 else shortened
        for name, shortened in zip(names, short, strict=True)
    ]
