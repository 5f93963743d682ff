"""Which agents a person may want to dispatch: the names that are known, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lktui.core.listed_room import known_agents

if TYPE_CHECKING:
    from lktui.core.events import ListedRoom
    from lktui.core.profile import Profile
    from lktui.core.session import SessionState


def agents_to_offer(
    dispatched: Sequence[Profile],
    profiles: Iterable[Profile],
    sessions: Iterable[SessionState],
    rooms: Iterable[ListedRoom],
) -> tuple[str, ...]:
    """Name every agent once.

    Args:
        dispatched: What was dispatched into rooms, newest last.
        profiles: The one in use first.
        sessions: Conversations.
        rooms: Rooms of the server.
    """
    names = [
        *(profile.agent_name for profile in reversed(dispatched)),
        *(profile.agent_name for profile in profiles),
        *(session.agent_name for session in sessions),
        *(name for room in rooms for name in known_agents(room)),
    ]
    return tuple(dict.fromkeys(name for name in names if name))
