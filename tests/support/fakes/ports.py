"""The engine's ports on the in-memory LiveKit."""

from __future__ import annotations

import asyncio

import msgspec
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.events import ListedRoom
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.profile_rules import look_swapped
from lktui.engine.pacer import Pacer
from lktui.engine.ports import (
    NOBODY,
    DispatchRecord,
    LinkListener,
    Participant,
    RoomToken,
    Topic,
)
from tests.support.clock import LoopClock
from tests.support.fakes.livekit import FakeLiveKit, Member, Room

SEEN_AFTER_S = 2.4
"""An agent sees somebody who joins after it up to so much later."""
REPLY_S = 0.1


class FakeServerApi:
    """The `ServerApi` port."""

    def __init__(self, server: FakeLiveKit) -> None:
        self._server = server

    async def create_room(
        self, name: str, *, metadata: str, kept: bool, alone: bool = False
    ) -> None:
        """Make a room."""
        del kept  # rooms do not time out here

        def work() -> None:
            self._server.room(name, NOBODY if alone else "").metadata = metadata

        await self._server.serve("create_room", name, work)

    async def room_exists(self, name: str) -> bool:
        """Ask for a room."""
        return await self._server.serve("room_exists", name, lambda: name in self._server.rooms)

    async def find_room(self, name: str) -> ListedRoom | None:
        """Read a room's entry."""

        def work() -> ListedRoom | None:
            return next((room for room in self._server.listed() if room.name == name), None)

        return await self._server.serve("find_room", name, work)

    async def delete_room(self, name: str) -> bool:
        """Delete a room."""
        return await self._server.serve("delete_room", name, lambda: self._server.delete_room(name))

    async def list_rooms(self) -> tuple[ListedRoom, ...]:
        """List the rooms."""
        return await self._server.serve("list_rooms", "", self._server.listed)

    async def participants(self, room: str) -> tuple[Participant, ...]:
        """List who is in a room; nobody when there is none."""

        def work() -> tuple[Participant, ...]:
            known = self._server.rooms.get(room)
            members = known.members.values() if known else ()
            connected = not self._server.connects_slowly
            return tuple(
                msgspec.structs.replace(one.participant, connected=connected) for one in members
            )

        return await self._server.serve("participants", room, work)

    async def remove_participant(self, room: str, identity: str) -> bool:
        """Put somebody out."""
        return await self._server.serve(
            "remove_participant",
            room,
            lambda: self._server.leave(room, identity, "PARTICIPANT_REMOVED"),
        )

    async def create_dispatch(self, room: str, agent_name: str, metadata: str) -> str:
        """Ask for an agent."""
        return await self._server.serve(
            "create_dispatch", room, lambda: self._server.dispatch(room, agent_name, metadata)
        )

    async def dispatches(self, room: str) -> tuple[DispatchRecord, ...]:
        """List a room's dispatches; of a room that is not there the server knows nothing.

        Raises:
            PortError: SERVER_ERROR: there is no such room.
        """

        def work() -> tuple[DispatchRecord, ...]:
            known = self._server.rooms.get(room)
            if known is None:
                raise PortError(problem(ProblemCode.SERVER_ERROR, what="unavailable"))
            return tuple(made.record for made in known.dispatches.values())

        return await self._server.serve("dispatches", room, work)

    async def delete_dispatch(self, room: str, dispatch_id: str) -> bool:
        """Withdraw a dispatch."""
        return await self._server.serve(
            "delete_dispatch", room, lambda: self._server.withdraw(room, dispatch_id)
        )


class FakeRoomLink:
    """The `RoomLink` port; a token is `ROOM IDENTITY`, or `ROOM IDENTITY hidden`."""

    def __init__(self, server: FakeLiveKit, listener: LinkListener) -> None:
        self._server, self._listener = server, listener
        self.room = ""
        self.identity = ""
        self.sid = ""

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Everybody else."""
        room = self._here
        others = [m.participant for m in room.members.values()] if room else []
        return tuple(one for one in others if one.identity != self.identity and not one.hidden)

    async def connect(self, url: str, token: str) -> None:
        """Join; the room is made if there is none."""
        del url
        room, identity, *hidden = token.split()
        await self._server.serve("connect", room, lambda: None)
        await asyncio.sleep(self._server.connect_s)
        self.room, self.identity = room, identity
        self.sid = f"PA_{identity}"
        me = Participant(identity=identity, sid=self.sid, hidden=bool(hidden))
        self._server.join(room, me, listener=self._listener)
        for other in self.participants:
            self._listener.participant_joined(other)

    async def send_chat(self, text: str) -> None:
        """Type a line: agents that have seen us and listen to us answer it."""
        room = await self._server.serve("send_chat", self.room, lambda: self._here)
        if room is None or self.identity not in room.members:
            raise PortError(problem(ProblemCode.NOT_SENT, timeout="5 s"))
        for member in room.members.values():
            if member.script is not None and self._is_heard_by(member, room):
                self._server.begin(self._reply(room, member, text))

    async def send_session(self, request_id: str, body: bytes, identity: str) -> None:
        """Ask an agent's session; SCTP takes it, whatever the server does."""
        if not self._server.moves.is_set():
            self._server.begin(self._deliver_late(request_id, body, identity))
        else:
            await self._deliver(request_id, body, identity)

    async def _deliver_late(self, request_id: str, body: bytes, identity: str) -> None:
        await self._server.moves.wait()
        await self._deliver(request_id, body, identity)

    async def _deliver(self, request_id: str, body: bytes, identity: str) -> None:
        """Let an agent answer a ping or tell its memory; one without a session does neither."""
        message = pb.AgentSessionMessage()
        message.ParseFromString(body)
        room = await self._server.serve("send_session", self.room, lambda: self._here)
        member = room.members.get(identity) if room else None
        if member is None or member.script is None or member.script.pongs_after_s is None:
            return
        stops_s = member.script.stops_answering_after_s
        if stops_s is not None and self._server.now >= member.joined_at + stops_s:
            return
        answer = pb.SessionResponse(request_id=request_id)
        if message.request.WhichOneof("request") == "get_chat_history":
            self._remember(answer, member)
        else:
            answer.pong.SetInParent()
        reply = pb.AgentSessionMessage(response=answer).SerializeToString()
        loop, listener = asyncio.get_running_loop(), self._listener
        loop.call_later(
            member.script.pongs_after_s,
            lambda: listener.session_message(identity, reply, loop.time()),
        )

    async def media_path(self) -> str:
        """Say what carries it."""
        return "UDP"

    async def disconnect(self) -> None:
        """Leave: the agent that listened to us closes its session."""
        if self.room:
            self._server.leave(self.room, self.identity)

    @property
    def _here(self) -> Room | None:
        return self._server.rooms.get(self.room)

    def _is_heard_by(self, agent: Member, room: Room) -> bool:
        me = room.members[self.identity]
        seen = me.joined_at <= agent.joined_at or self._server.now >= me.joined_at + SEEN_AFTER_S
        if seen and not agent.linked:
            agent.linked = self.identity
        return seen and agent.linked == self.identity and agent.script is not None

    async def _reply(self, room: Room, agent: Member, text: str) -> None:
        if agent.script is None or not agent.script.replies:
            return
        await asyncio.sleep(REPLY_S)
        self._server.speak(room, agent.participant.identity, f"echo: {text}")
        if agent.script.pongs_after_s is None:  # an agent without a session answers twice
            self._server.speak(room, agent.participant.identity, f"echo: {text}", Topic.CHAT)

    def _remember(self, answer: pb.SessionResponse, member: Member) -> None:
        answer.get_chat_history.SetInParent()
        greeting = member.script.greeting if member.script else ""
        if greeting:
            item = answer.get_chat_history.items.add()
            item.message.id = "item_1"
            item.message.role = pb.ChatRole.ASSISTANT
            item.message.content.add().text = greeting


class FakeTokens:
    """The `Tokens` port: mints, or gives the one that it was made with."""

    def __init__(self, fixed: RoomToken | None = None) -> None:
        self._fixed = fixed

    async def room_token(self, room: str, identity: str) -> RoomToken:
        """Give a token."""
        if self._fixed is not None:
            return self._fixed
        return RoomToken(jwt=f"{room} {identity}", room=room, identity=identity)


class FakeGateway:
    """The `Gateway` port: servers by URL, profiles by name."""

    def __init__(self, *servers: tuple[str, FakeLiveKit]) -> None:
        self._servers = dict(servers)
        self._pacers: dict[str, Pacer] = {}
        self.hidden_turn = asyncio.Lock()
        self.profiles: dict[str, Profile] = {}
        self.token: RoomToken | None = None
        """What token mode gets."""
        self.closed = False

    def server_api(self, profile: Profile) -> FakeServerApi:
        """Give the API of a profile's server.

        Raises:
            PortError: NO_API_KEY.
        """
        if not profile.has_key:
            raise PortError(problem(ProblemCode.NO_API_KEY, subject=profile.name))
        return FakeServerApi(self._servers[profile.url])

    def room_link(self, listener: LinkListener, profile: Profile) -> FakeRoomLink:
        """Make a connection."""
        return FakeRoomLink(self._servers[profile.url], listener)

    def looks_swapped(self, profile: Profile) -> bool:
        """Look at the literals."""
        pair = (profile.api_key, profile.api_secret)
        key, secret = (one.source if one is not None else "" for one in pair)
        return look_swapped(key, secret)

    def watcher_token(self, profile: Profile, room: str, identity: str) -> RoomToken:
        """Make a hidden watcher's token.

        Raises:
            PortError: NO_API_KEY.
        """
        if not profile.has_key:
            raise PortError(problem(ProblemCode.NO_API_KEY, subject=profile.name))
        return RoomToken(jwt=f"{room} {identity} hidden", room=room, identity=identity)

    def pacer(self, profile: Profile) -> Pacer:
        """Give what spaces the polling of a server."""
        return self._pacers.setdefault(profile.url, Pacer(LoopClock()))

    def tokens(self, profile: Profile) -> FakeTokens:
        """Give the source of tokens."""
        by_token = profile.token is not None or bool(profile.token_url)
        return FakeTokens(self.token if by_token else None)

    def profile(self, name: str) -> Profile:
        """Read a profile.

        Raises:
            PortError: PROFILE_MISSING.
        """
        if name not in self.profiles:
            raise PortError(problem(ProblemCode.PROFILE_MISSING, name=name, nearest=""))
        return self.profiles[name]

    async def close(self) -> None:
        """Note that all is closed."""
        self.closed = True
