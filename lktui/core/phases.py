"""What a session is doing, and how its link is: told by events, asked by every screen."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a session is doing; its row says so while no verdict stands."""

    OPENING = "creating room"
    TOKEN = "getting token"  # noqa: S105 - words
    CONNECTING = "joining"
    DISPATCHING = "dispatching"
    WAITING = "waiting"
    TALKING = "talking"
    RETRYING = "retrying"
    ENDING = "ending"
    ENDED = "ended"


class LinkState(StrEnum):
    """Our connection to the room."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    LOST = "lost"
