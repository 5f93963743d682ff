"""Small words that several screens share: times of day, and what keys a sentence names."""

from __future__ import annotations

import time

_DAY_S = 86_400.0


def time_of_day(wall: float) -> str:
    """Write a moment of today as `14:02:38`."""
    return time.strftime("%H:%M:%S", time.localtime(wall))


def moment(wall: float, now: float) -> str:
    """Write a moment as `11:04`, or as `Nov 21` if it is a day ago or more."""
    form = "%H:%M" if now - wall < _DAY_S else "%b %d"
    return time.strftime(form, time.localtime(wall))


def since_start(at_s: float) -> str:
    """Write when a step of a story was, in six cells: `0.149`, `126.1`."""
    return f"{at_s:.3f}" if at_s < 100 else f"{at_s:.1f}"  # noqa: PLR2004 - six cells


def in_seconds(value_s: float | None) -> str:
    """Write a duration for a column of six cells: `0.41s`, `12.3s`, `184s`; unknown is a dash."""
    if value_s is None:
        return "–"
    if value_s < 9.995:  # noqa: PLR2004 - two decimals while they fit
        return f"{value_s:.2f}s"
    return f"{value_s:.1f}s" if value_s < 100 else f"{value_s:.0f}s"  # noqa: PLR2004 - one decimal while it fits
