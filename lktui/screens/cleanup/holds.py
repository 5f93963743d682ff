"""What an item still holds on its server, as far as the list of rooms tells, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lktui.core.cleanup import GONE, CleanupItem, What
from lktui.core.room_timeouts import DEPARTURE_S, EMPTY_S, KEPT_S
from lktui.screens.words import time_of_day

if TYPE_CHECKING:
    from lktui.core.events import ListedRoom
    from lktui.core.fold import RoomsView

_HOUR_S = 3600


def holds(item: CleanupItem, rooms: RoomsView | None) -> str:
    """Say what would be left if the item were forgotten; empty where nothing is known.

    Args:
        item: The item.
        rooms: The list of rooms of the item's server; None if it was not read.
    """
    if item.state in GONE:
        return ""
    told = []
    if rooms is not None and rooms.read_wall:
        room = next((room for room in rooms.rooms if room.name == item.room), None)
        # A list that could not be read again is old: it tells its time.
        as_of = f" at {time_of_day(rooms.read_wall)}" if rooms.problem is not None else ""
        if room is None:
            return f"nothing: there is no such room{as_of}"
        told.append(f"{_of_room(item, room)}{as_of}")
    if item.what is What.ROOM and not item.shared:
        told.append(_closes(item))
    return "; ".join(told)


def _of_room(item: CleanupItem, room: ListedRoom) -> str:
    if item.what is What.DISPATCH:
        there = "is" if item.agent_name in room.agents else "is not" if room.looked else "may be"
        return f"the agent {item.agent_name} {there} in the room"
    people = "1 person" if room.people == 1 else f"{room.people} people"
    return f"{people}, agents: {', '.join(room.agents)}" if room.agents else people


def _closes(item: CleanupItem) -> str:
    if item.keep:
        return f"it closes by itself {KEPT_S // _HOUR_S} h after the last one leaves"
    return (
        f"it closes by itself {DEPARTURE_S} s after the last one leaves, {EMPTY_S} s if none came"
    )
