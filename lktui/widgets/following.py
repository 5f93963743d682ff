"""Where a view of rows stands: at their end, which stays in view, or where the person left it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Following:
    """The end is in view and stays there."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The view stays where it is."""

    new: int
    """Rows added since."""


Follow = Following | Paused
