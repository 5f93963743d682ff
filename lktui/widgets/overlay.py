"""What rises from the bottom over a list that stays in sight, and takes the keys meanwhile.

A layer of its screen and no screen of its own: that costs a third of the bytes.
"""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical

from lktui.core.action_types import Scope


class Overlay(Vertical):
    """Covers the status line and what is above it; the footer shows the keys of its scope."""

    DEFAULT_CSS = """
    Overlay { layer: over; dock: bottom; height: auto; width: 1fr; margin-bottom: 1;
              background: $surface; }
    """
    SCOPE: ClassVar[Scope]
