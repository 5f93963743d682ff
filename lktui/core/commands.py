"""All that can be asked of the engine. Commands are never journaled: they may carry literals."""

from __future__ import annotations

import msgspec

from lktui.core.event import SessionId
from lktui.core.orphans import Orphan
from lktui.core.profile import Profile


class Command(msgspec.Struct, frozen=True, tag_field="t", kw_only=True):
    """Something asked of the engine."""


class StartSession(Command, frozen=True, tag="start"):
    """Open a conversation with a profile's agent."""

    session: SessionId
    profile: Profile
    keep: bool = False
    """As `auto_cleanup = false`."""


class Say(Command, frozen=True, tag="say"):
    """Type a line to the agent; it waits until the agent listens."""

    session: SessionId
    key: str
    """The segment's key, chosen by the caller, so that it can show the line at once."""
    text: str


class Retry(Command, frozen=True, tag="retry"):
    """Dispatch again in the safe order."""

    session: SessionId
    replace_live: bool = False
    """A person has agreed that an agent which is alive is removed."""


class DispatchInto(Command, frozen=True, tag="dispatch_into"):
    """Dispatch an agent into a room that is there, and judge it by a hidden watch."""

    session: SessionId
    profile: Profile
    """Its server and key; `agent_name` and `metadata` are those of this dispatch."""
    room: str
    again: bool = False
    """Safely again: what is there under this name goes first, its metadata stays."""
    agreed: bool = False
    """A person has agreed to what becomes of an agent of this name that is alive."""


class WatchRoom(Command, frozen=True, tag="watch_room"):
    """Watch a room that is there, unseen."""

    session: SessionId
    profile: Profile
    """Its server and key."""
    room: str


class WithdrawDispatches(Command, frozen=True, tag="withdraw"):
    """Delete dispatches of a room; agents that they brought leave."""

    profile: Profile
    room: str
    ids: tuple[str, ...]


class EndSession(Command, frozen=True, tag="end"):
    """Leave and clean up."""

    session: SessionId
    agreed: bool = False
    """A person has agreed that others who are in the room are put out."""


class WatchRooms(Command, frozen=True, tag="watch_rooms"):
    """Keep reading the list of rooms of this profile's server; None stops."""

    profile: Profile | None


class LookInto(Command, frozen=True, tag="look_into"):
    """Keep this room fresh above all others of the list; empty: none."""

    room: str
    in_view: tuple[str, ...] = ()
    """Rooms whose rows are on the screen: they come before all others."""


class ReadRooms(Command, frozen=True, tag="read_rooms"):
    """Read the rooms of this profile's server once, with agents and dispatches."""

    profile: Profile
    room: str = ""
    """Only this one; empty: all of them."""


class RunCleanup(Command, frozen=True, tag="run_cleanup"):
    """Try items now: those named, or all that are due, waiting or stuck."""

    ids: tuple[str, ...] = ()
    kept: bool = False
    """Also what `auto_cleanup = false` keeps."""
    limit_s: float = 20.0


class ForgetCleanup(Command, frozen=True, tag="forget"):
    """Take items out of the queue; what they stand for may stay on the server."""

    ids: tuple[str, ...]


class Note(Command, frozen=True, tag="note"):
    """Write down what a person notes on a turn, also of a session that is over."""

    session: SessionId
    about: float
    """When the turn began, on the clock of its session's engine."""
    text: str
    """Empty: there is no note any more."""


class WriteRecord(Command, frozen=True, tag="write_record"):
    """Write down now what would be written within a quarter of a second, and say so."""


class ForgetSessions(Command, frozen=True, tag="forget_sessions"):
    """Delete sessions from the record."""

    ids: tuple[SessionId, ...]


class RunDoctor(Command, frozen=True, tag="doctor"):
    """Look at everything that a profile needs, and tell each finding as it is found."""

    run: str
    profile: Profile
    dispatch: bool = False
    """Also ask for the agent, and clean up."""


class EndDoctor(Command, frozen=True, tag="end_doctor"):
    """Stop looking; what was made is cleaned up."""

    run: str


class FindOrphans(Command, frozen=True, tag="find_orphans"):
    """Look for rooms with this profile's prefix that no item of the queue stands for."""

    profile: Profile


class DeleteOrphans(Command, frozen=True, tag="delete_orphans"):
    """Delete rooms that a person has chosen; each becomes an item of the queue."""

    profile: Profile
    orphans: tuple[Orphan, ...]


class Shutdown(Command, frozen=True, tag="shutdown"):
    """End all sessions, work the queue for at most so long, and exit."""

    grace_s: float = 8.0


AnyCommand = (
    StartSession | Say | Retry | DispatchInto | WatchRoom | WithdrawDispatches | EndSession
    | WatchRooms | LookInto | ReadRooms | RunCleanup | ForgetCleanup | FindOrphans | DeleteOrphans
    | Note | WriteRecord | ForgetSessions | RunDoctor | EndDoctor | Shutdown
)  # fmt: skip
