"""Questions to a livekit-server over plain HTTP, so that a test can check what the SDK reports.

LiveKit's API is Twirp: a POST of JSON to `/twirp/livekit.SERVICE/METHOD` with a signed token.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

T = TypeVar("T")


class Server(Protocol):
    """What is needed to ask a server: the real one, the sandbox and stand-ins have it."""

    @property
    def url(self) -> str:
        """The address for clients: `ws://HOST:PORT`."""

    @property
    def key(self) -> str:
        """The API key."""

    @property
    def secret(self) -> str:
        """What signs tokens."""


class TwirpError(Exception):
    """The server refused; `code` is Twirp's word for why, such as `not_found`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class Participant(msgspec.Struct, frozen=True):
    """One participant as the server lists it; hidden ones too."""

    identity: str
    kind: str = "STANDARD"
    attributes: dict[str, str] = {}


class JobState(msgspec.Struct, frozen=True):
    """How far a job has come; facts/livekit.md section 3 says how little that means."""

    status: str = "JS_PENDING"
    participant_identity: str = ""
    worker_id: str = ""


class Job(msgspec.Struct, frozen=True):
    """One worker's task to be the agent in a room."""

    id: str
    state: JobState | None = None


class DispatchState(msgspec.Struct, frozen=True):
    """What became of a dispatch."""

    jobs: tuple[Job, ...] = ()


class Dispatch(msgspec.Struct, frozen=True):
    """A request for an agent; `agent_name` is empty for the implicit one of every room."""

    id: str
    agent_name: str = ""
    metadata: str = ""
    state: DispatchState | None = None

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that workers have taken on so far."""
        return self.state.jobs if self.state else ()


class _Room(msgspec.Struct, frozen=True):
    name: str


class _Rooms(msgspec.Struct, frozen=True):
    rooms: tuple[_Room, ...] = ()


class _Participants(msgspec.Struct, frozen=True):
    participants: tuple[Participant, ...] = ()


class _Dispatches(msgspec.Struct, frozen=True):
    agent_dispatches: tuple[Dispatch, ...] = ()


class _Failure(msgspec.Struct, frozen=True):
    code: str = "unknown"
    msg: str = ""


class _Nothing(msgspec.Struct, frozen=True):
    pass


def ask(server: Server, question: str, body: Mapping[str, object], *, token: str = "") -> bytes:
    """Call any method; gives the answer as it came.

    Args:
        server: Whom to ask.
        question: `SERVICE/METHOD`.
        body: The request's fields.
        token: What is shown to the server; by default one that may do everything.

    Raises:
        TwirpError: The server refused.
    """
    grant = {
        "roomCreate": True,
        "roomList": True,
        "roomAdmin": True,
        "room": str(body.get("room", "")),
    }
    headers = {
        "Authorization": f"Bearer {token or _token(server, grant)}",
        "Content-Type": "application/json",
    }
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request("POST", f"/twirp/livekit.{question}", json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        failure = msgspec.json.decode(text, type=_Failure)
        raise TwirpError(response.status, failure.code, failure.msg)
    return text


def rooms(server: Server) -> set[str]:
    """List the names of all rooms."""
    return {room.name for room in _ask(server, "RoomService/ListRooms", {}, _Rooms).rooms}


def create_room(server: Server, room: str, *, asks_for: Sequence[str] = ()) -> None:
    """Create a room, which closes by itself when it has been empty for a minute.

    Args:
        server: Where.
        room: Its name.
        asks_for: Agents that the room's own configuration dispatches.
    """
    agents = [{"agent_name": name} for name in asks_for]
    fields = {"name": room, "empty_timeout": 60, "agents": agents}
    _ask(server, "RoomService/CreateRoom", fields, _Nothing)


def delete_room(server: Server, room: str) -> None:
    """Delete a room with everybody in it."""
    _ask(server, "RoomService/DeleteRoom", {"room": room}, _Nothing)


def participants(server: Server, room: str) -> tuple[Participant, ...]:
    """List who is in a room; a missing room is an empty one."""
    question = "RoomService/ListParticipants"
    return _ask(server, question, {"room": room}, _Participants).participants


def agents(server: Server, room: str) -> tuple[Participant, ...]:
    """List the agents in a room."""
    return tuple(one for one in participants(server, room) if one.kind == "AGENT")


def dispatches(server: Server, room: str) -> tuple[Dispatch, ...]:
    """List a room's dispatches but the implicit one.

    Raises:
        TwirpError: `unavailable`, after three seconds, where there is no such room.
    """
    question = "AgentDispatchService/ListDispatch"
    listed = _ask(server, question, {"room": room}, _Dispatches).agent_dispatches
    return tuple(one for one in listed if one.agent_name)


def create_dispatch(server: Server, room: str, agent_name: str, metadata: str = "") -> Dispatch:
    """Ask for an agent; the room is created where it is missing."""
    question = "AgentDispatchService/CreateDispatch"
    body = {"room": room, "agent_name": agent_name, "metadata": metadata}
    return _ask(server, question, body, Dispatch)


def delete_dispatch(server: Server, room: str, dispatch_id: str) -> None:
    """Withdraw a dispatch."""
    question = "AgentDispatchService/DeleteDispatch"
    _ask(server, question, {"room": room, "dispatch_id": dispatch_id}, Dispatch)


def room_token(server: Server, room: str, identity: str, *, ttl_s: float = 600) -> str:
    """Sign a token with which one may join a room; a negative `ttl_s` makes an expired one."""
    return _token(server, {"roomJoin": True, "room": room}, identity=identity, ttl_s=ttl_s)


def _ask(server: Server, question: str, body: Mapping[str, object], answer: type[T]) -> T:
    return msgspec.json.decode(ask(server, question, body), type=answer)


def _token(
    server: Server, grant: Mapping[str, object], *, identity: str = "", ttl_s: float = 60
) -> str:
    claims = {
        "iss": server.key,
        "sub": identity,
        "nbf": int(time.time()) - 3600,
        "exp": int(time.time() + ttl_s),
        "video": grant,
    }
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signed = b".".join(_base64url(part) for part in parts)
    signature = hmac.digest(server.secret.encode(), signed, hashlib.sha256)
    return (signed + b"." + _base64url(signature)).decode()


def _base64url(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
