"""Events of the queue, of the rooms of a server, and of what was done there; see `core.events`."""

from __future__ import annotations

import msgspec

from lktui.core.cleanup import CleanupItem
from lktui.core.event import Event
from lktui.core.evidence import Job
from lktui.core.orphans import Orphan
from lktui.core.problems import Problem

# --- the queue and the rooms ----------------------------------------------------------------


class QueueRead(Event, frozen=True, tag="queue"):
    """Every item that is not over, as the journal has it at the engine's start."""

    items: tuple[CleanupItem, ...]


class CleanupChanged(Event, frozen=True, tag="cleanup"):
    """Items as they are now; an item that is not named is as it was."""

    items: tuple[CleanupItem, ...]


class CleanupForgotten(Event, frozen=True, tag="forgotten"):
    """Items that nobody is to hear of any more."""

    ids: tuple[str, ...]


class CleanupRan(Event, frozen=True, tag="cleanup_ran"):
    """A run that was asked for has ended."""

    left: int
    """Items that are not gone."""
    tried: int = 0
    """Items that were meant, those among them."""


class OrphansFound(Event, frozen=True, tag="orphans"):
    """The answer to `FindOrphans`."""

    profile: str
    orphans: tuple[Orphan, ...] = ()
    problem: Problem | None = None
    """Why they could not be looked for."""


class JournalMended(Event, frozen=True, tag="journal_mended"):
    """The journal was damaged and set aside; what could be read of it goes on."""

    problem: Problem


class ListedDispatch(msgspec.Struct, frozen=True, kw_only=True):
    """One dispatch of a room, as ListDispatch shows it."""

    id: str
    agent_name: str
    jobs: tuple[Job, ...] = ()
    made_at: float = 0.0
    """Seconds since the epoch; 0 is not known."""


class ListedRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One room of a server, as list_rooms, list_participants and ListDispatch show it."""

    name: str
    sid: str
    made_at: float
    """Seconds since the epoch."""
    people: int
    """Everybody but the hidden."""
    agents: tuple[str, ...] = ()
    """Names of the agents in it."""
    agent_states: tuple[str, ...] = ()
    agent_identities: tuple[str, ...] = ()
    looked: bool = False
    """Whether it was asked who is in it; if not, no agent here means nothing."""
    dispatches: tuple[ListedDispatch, ...] | None = None
    """None: not asked for."""


class RoomsListed(Event, frozen=True, tag="rooms"):
    """The rooms of a profile's server."""

    profile: str
    rooms: tuple[ListedRoom, ...]


class RoomsUnlisted(Event, frozen=True, tag="rooms_unlisted"):
    """The list could not be read; what was shown is old."""

    profile: str
    problem: Problem
    read_wall: float = 0.0
    """When it was last read, seconds since the epoch; 0 is never."""


class RoomsRead(Event, frozen=True, tag="rooms_read"):
    """The answer to `ReadRooms`: every room with its agents and dispatches."""

    profile: str
    rooms: tuple[ListedRoom, ...] = ()
    problem: Problem | None = None


class DispatchesWithdrawn(Event, frozen=True, tag="withdrawn"):
    """The answer to `WithdrawDispatches`."""

    room: str
    ids: tuple[str, ...]
    """Those that the server does not have any more."""
    problem: Problem | None = None


# --- what was done --------------------------------------------------------------------------


class ApiCalled(Event, frozen=True, tag="called"):
    """A call to LiveKit has answered or failed. No secret and no token is in it."""

    call: str
    """`list_rooms`, `create_dispatch`, `connect` and so on."""
    profile: str = ""
    room: str = ""
    subject: str = ""
    """What else it was about: an agent's name, an identity, a dispatch's id."""
    metadata: str = ""
    """Handed to the dispatch."""
    took_ms: float = 0.0
    answer: str = ""
    """In a few words."""
    raw: str = ""
    """The answer itself, its beginning."""
    problem: Problem | None = None
