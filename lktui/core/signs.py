"""The six kinds of state with their signs, and how times are written: the same everywhere."""

from __future__ import annotations

from enum import StrEnum

UNKNOWN = "–"
"""What stands for a number that is not known; never 0."""


class StateKind(StrEnum):
    """Shape first, then colour; the word beside it says which state it is (look.md section 3)."""

    READY = "ready"
    WAITING = "waiting"
    WARNING = "warning"
    FAILED = "failed"
    OVER = "over"
    STALE = "stale"


GLYPHS: dict[StateKind, str] = {
    StateKind.READY: "●",
    StateKind.WAITING: "◐",
    StateKind.WARNING: "▲",
    StateKind.FAILED: "✗",
    StateKind.OVER: "○",
    StateKind.STALE: "◌",
}

ASCII: dict[str, str] = {
    "●": "*", "◐": "~", "▲": "^", "✗": "x", "○": "o", "◌": "?",
    "▌": ">", "◆": "+", "›": ">", "→": "->", "╌": "-", "·": ".", "‹": "<", "•": "*",
    "…": ".", "─": "-", "│": "|", "–": "-", "“": '"', "”": '"',
}  # fmt: skip
"""For terminals without UTF-8: one cell each, but the arrow."""


def seconds(value_s: float) -> str:
    """Write a duration: `12 ms`, `0.43 s`, `15.0 s`, `1 min 12 s`, `2 h 5 min`, `9 d 3 h`."""
    if value_s < 0.0995:  # noqa: PLR2004 - below, milliseconds read better
        return f"{max(0.0, value_s) * 1000:.0f} ms"
    if value_s < 9.995:  # noqa: PLR2004 - two decimals while they fit
        return f"{value_s:.2f} s"
    if value_s < 59.95:  # noqa: PLR2004
        return f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    hours = minutes // 60
    if hours < 48:  # noqa: PLR2004
        return f"{hours} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"


def took(value_ms: float | None) -> str:
    """Write how long a step took, in at most 7 cells: `12 ms`, `5.50 s`."""
    return "" if value_ms is None else seconds(value_ms / 1000)


def age(value_s: float) -> str:
    """Write an age in at most 4 cells: `<1m`, `4m`, `3h`, `6d`."""
    minutes = int(max(0.0, value_s) // 60)
    if minutes < 1:
        return "<1m"
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes}m"
    hours = minutes // 60
    return f"{hours}h" if hours < 24 else f"{min(hours // 24, 999)}d"  # noqa: PLR2004


def clock(value_s: float) -> str:
    """Write a time since the start of a conversation: `0:07`, `12:05`, `1:02:05`."""
    minutes, rest = divmod(int(max(0.0, value_s)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
