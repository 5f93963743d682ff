"""Plain tables for people: columns of text, aligned by cells, for any terminal or file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lktui.core.wrap import cell_width

_GAP = "  "


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Set rows below their head, each column as wide as its widest entry."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(map(cell_width, column)) for column in zip(*lines, strict=True)]
    return [
        _GAP.join(
            entry + " " * (width - cell_width(entry))
            for entry, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
