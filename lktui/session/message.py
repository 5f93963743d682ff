"""What the status line says at one time."""

from __future__ import annotations

import msgspec

from lktui.core.signs import StateKind


class Message(msgspec.Struct, frozen=True):
    """A sentence for the status line; a problem stays until it is solved or dismissed."""

    text: str
    wall: float
    kind: StateKind | None = None
    sticky: bool = False
