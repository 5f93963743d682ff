"""What a session run needs of the world, as Protocols: LiveKit's API, a room connection, the disk.

The real ones are `server_api`, `room_link` and `store.journal`; tests bring fakes that pass the
same contract suite. A port raises `PortError` and nothing else, but for cancellation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from lktui.core.cleanup import CleanupItem
from lktui.core.events import AnyEvent, LinkState, ListedRoom
from lktui.core.evidence import Job
from lktui.core.profile import Profile
from lktui.engine.pacer import Pacer


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a room, by list or by event; names are sanitised, the identity is as sent."""

    identity: str
    sid: str = ""
    """The server's own id of this stay in the room, by list; events do not tell."""
    name: str = ""
    is_agent: bool = False
    """`kind` is agent, and it does not publish on behalf of another (avatars do)."""
    agent_name: str = ""
    """`lk.agent.name`, or `lk.agent_name` that the server sets."""
    state: str = ""
    """`lk.agent.state`."""
    hidden: bool = False
    is_person: bool = True
    """`kind` is none of a program's: an agent may listen to them."""
    connected: bool = False
    """The list says that its connection stands; events do not tell.

    One that is listed before that may still give up and join again, 15 s later."""


NOBODY = "lktui-nobody"
"""An agent that no worker has. A room that asks for it asks for no other, so the server sends it
none of those that join by themselves (livekit-server, createAgentDispatchesFromRoomAgent)."""


class DispatchRecord(msgspec.Struct, frozen=True):
    """A dispatch as ListDispatch shows it; the room's own one, which is implicit, has no name."""

    id: str
    agent_name: str
    jobs: tuple[Job, ...]
    metadata: str = ""
    """As it was given, to be given again; not sanitised."""
    made_at: float = 0.0
    """Seconds since the epoch; 0 is not known."""


class ServerApi(Protocol):
    """LiveKit's server API for one server and key; every call has a time limit."""

    async def create_room(
        self, name: str, *, metadata: str, kept: bool, alone: bool = False
    ) -> None:
        """Make a room; one that exists is left as it is. Alone: no agent comes by itself."""
        ...

    async def room_exists(self, name: str) -> bool:
        """Ask whether there is a room of this name."""
        ...

    async def find_room(self, name: str) -> ListedRoom | None:
        """Read one room's entry in the list; None when there is no such room."""
        ...

    async def delete_room(self, name: str) -> bool:
        """Delete a room; False when there was none."""
        ...

    async def list_rooms(self) -> tuple[ListedRoom, ...]:
        """Read the list of rooms, without who is in them."""
        ...

    async def participants(self, room: str) -> tuple[Participant, ...]:
        """Read who is in a room, hidden ones included; nobody when there is no such room."""
        ...

    async def remove_participant(self, room: str, identity: str) -> bool:
        """Put somebody out; False when not there."""
        ...

    async def create_dispatch(self, room: str, agent_name: str, metadata: str) -> str:
        """Ask for an agent; gives the dispatch's id. Never sent twice by itself."""
        ...

    async def dispatches(self, room: str) -> tuple[DispatchRecord, ...]:
        """Read a room's dispatches, also the implicit one of automatic dispatch."""
        ...

    async def delete_dispatch(self, room: str, dispatch_id: str) -> bool:
        """Withdraw a dispatch; False when there was none."""
        ...


class Topic(StrEnum):
    """The data topics that matter (facts/livekit.md section 1)."""

    CHAT = "lk.chat"
    TRANSCRIPTION = "lk.transcription"
    SESSION = "lk.agent.session"


class LinkListener(Protocol):
    """What hears of a room connection; called on the engine's loop, never blocking."""

    def participant_joined(self, participant: Participant) -> None:
        """Somebody is in the room, or was when we came."""
        ...

    def participant_changed(self, participant: Participant) -> None:
        """Somebody's attributes changed."""
        ...

    def participant_left(self, identity: str, reason: str) -> None:
        """Somebody left; while reconnecting this says nothing."""
        ...

    def text_opened(
        self, stream: str, topic: Topic, identity: str, attributes: Mapping[str, str]
    ) -> None:
        """A text stream begins."""
        ...

    def text_chunk(self, stream: str, text: str) -> None:
        """A text stream goes on."""
        ...

    def text_closed(self, stream: str, attributes: Mapping[str, str]) -> None:
        """A text stream has ended, with its attributes as they are now."""
        ...

    def text_broken(self, stream: str) -> None:
        """A text stream ended in the middle: its sender vanished."""
        ...

    def session_message(self, identity: str, body: bytes, opened_at: float) -> None:
        """A RemoteSession message arrived; these come in order.

        Args:
            identity: Who sent it.
            body: The whole message.
            opened_at: When its stream was opened, on the engine's clock: its place among others.
        """
        ...

    def link_changed(self, state: LinkState, reason: str) -> None:
        """The connection to the room changed."""
        ...


class RoomLink(Protocol):
    """One connection to a room."""

    @property
    def room(self) -> str:
        """The room's name as the server says it; empty before the connection."""
        ...

    @property
    def identity(self) -> str:
        """Who we are in the room."""
        ...

    @property
    def sid(self) -> str:
        """The server's own id of our stay in the room; empty before the connection."""
        ...

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Everybody else that we can see."""
        ...

    async def connect(self, url: str, token: str) -> None:
        """Join; all stream handlers are registered before."""
        ...

    async def send_chat(self, text: str) -> None:
        """Type a line on `lk.chat`."""
        ...

    async def send_session(self, request_id: str, body: bytes, identity: str) -> None:
        """Send a RemoteSession message to one participant."""
        ...

    async def media_path(self) -> str:
        """Say what carries the connection: `UDP`, `TCP`, `TURN over …`; empty if nothing does."""
        ...

    async def disconnect(self) -> None:
        """Leave; may be called at any time, more than once."""
        ...


class Tokens(Protocol):
    """Where a session's room token comes from."""

    async def room_token(self, room: str, identity: str) -> RoomToken:
        """Give a token for a room; a static one names its own room and identity."""
        ...


class RoomToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token and what it says of itself, decoded locally without verification."""

    jwt: str
    room: str
    identity: str
    carries_dispatch: bool = False
    """Its room configuration names agents."""
    origin: str = ""
    """A host, for the timeline; empty when made here."""

    def __repr__(self) -> str:
        return f"RoomToken(room={self.room!r}, identity={self.identity!r})"


class Gateway(Protocol):
    """Makes the ports of a profile; secrets are resolved here and go no further."""

    @property
    def hidden_turn(self) -> asyncio.Lock:
        """Held by whoever makes a hidden connection: they are made one at a time."""
        ...

    def server_api(self, profile: Profile) -> ServerApi:
        """Give the API client of a profile's server; shared by all who use the same key."""
        ...

    def room_link(self, listener: LinkListener, profile: Profile) -> RoomLink:
        """Make a room connection that is not connected yet."""
        ...

    def pacer(self, profile: Profile) -> Pacer:
        """Give the one that spaces what polls a profile's server."""
        ...

    def tokens(self, profile: Profile) -> Tokens:
        """Give the source of room tokens."""
        ...

    def looks_swapped(self, profile: Profile) -> bool:
        """Whether key and secret look as if each stood in the other's place."""
        ...

    def watcher_token(self, profile: Profile, room: str, identity: str) -> RoomToken:
        """Make the token of a hidden watcher with the least grant; needs the API key."""
        ...

    def profile(self, name: str) -> Profile:
        """Read a profile by name, for items that another process left."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...


class Ledger(Protocol):
    """The part of the journal that safety rests on: durable when a call returns."""

    @property
    def installation(self) -> str:
        """Four characters that are this installation's own."""
        ...

    def put_item(self, item: CleanupItem) -> None:
        """Record an item as it is now; it is this engine's."""
        ...


class Sink(Protocol):
    """Takes everything that happens: to the record, then to the screen."""

    def emit(self, event: AnyEvent) -> None:
        """Stamp, record and pass on an event."""
        ...
