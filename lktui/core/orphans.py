"""Orphans: rooms that bear a profile's prefix and that no item of the queue stands for."""

from __future__ import annotations

import re

import msgspec

from lktui.core.cleanup import CleanupItem, What
from lktui.core.profile import Profile

_SUFFIX = re.compile(r"(?P<installation>[a-z0-9]{4})[0-9a-f]{6}")
"""What follows the prefix in a name that an lktui has made."""


class Orphan(msgspec.Struct, frozen=True, kw_only=True):
    """One such room, as the server shows it."""

    name: str
    sid: str
    made_at: float
    """Seconds since the epoch."""
    made_by: str = ""
    """Four characters of the installation that made it; empty: no lktui has named it."""
    people: int = 0
    """Everybody but agents and the hidden."""
    agents: int = 0


def prefix_of(room_prefix: str) -> str:
    """Write a profile's prefix as it stands in names of rooms, up to what was drawn by lot."""
    return "-".join(room_prefix.split()) + "-"


def maker_of(name: str, prefix: str) -> str | None:
    """Say whose a room is by its name.

    Returns:
        None if it does not bear the prefix; the installation that made it, or nothing if a person
        or another program has named it so.
    """
    if not name.startswith(prefix):
        return None
    found = _SUFFIX.fullmatch(name, len(prefix))
    return found["installation"] if found else ""


def order_of(orphan: Orphan, installation: str) -> tuple[bool, bool, float]:
    """Sort those of this installation first, then other installations', the oldest first."""
    return (orphan.made_by != installation, not orphan.made_by, orphan.made_at)


def item_of(orphan: Orphan, profile: Profile, session: str) -> CleanupItem:
    """Make an item of a room that a person has chosen: that very one, whoever is in it.

    Args:
        orphan: The room.
        profile: Where it was found.
        session: Names the removal; no session has made the room that we know of.
    """
    return CleanupItem(
        id=f"{session}:room",
        what=What.ROOM,
        name=orphan.name,
        room=orphan.name,
        profile=profile.name,
        url=profile.url,
        session=session,
        made_at=orphan.made_at,
        shared=True,
        sid=orphan.sid,
        agreed=True,
    )


def people_words(people: int, agents: int) -> str:
    """Say who is in a room: `0`, `1 agent alone`, `2`."""
    if people or not agents:
        return str(people + agents)
    return "1 agent alone" if agents == 1 else f"{agents} agents alone"
