"""Room tokens: made here from key and secret, or given as they are; and what they say."""

from __future__ import annotations

import base64
import binascii
import warnings
from datetime import timedelta

import msgspec
from livekit import api

from lktui.clock import Clock
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.engine.ports import RoomToken

TOKEN_TTL = timedelta(hours=6)

# PyJWT warns on stderr about secrets shorter than 32 bytes; the dev server's is `secret`.
warnings.filterwarnings("ignore", module="jwt")


class _VideoClaims(msgspec.Struct):
    room: str = ""
    roomJoin: bool = False  # noqa: N815 - the claim's own spelling


class _AgentClaims(msgspec.Struct):
    agentName: str = ""  # noqa: N815 - the claim's own spelling


class _RoomConfigClaims(msgspec.Struct):
    agents: list[_AgentClaims] = []


class _Claims(msgspec.Struct):
    sub: str = ""
    exp: float = 0.0
    nbf: float = 0.0
    video: _VideoClaims = msgspec.field(default_factory=_VideoClaims)
    roomConfig: _RoomConfigClaims = msgspec.field(  # noqa: N815 - the claim's own spelling
        default_factory=_RoomConfigClaims
    )


def read_token(jwt: str, *, now: float, origin: str = "") -> RoomToken:
    """Decode a token locally, without verifying it, and refuse one that cannot work.

    Args:
        jwt: The token.
        now: Seconds since the epoch.
        origin: A host, for the timeline.

    Raises:
        PortError: TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_NOT_YET_VALID.
    """
    parts = jwt.strip().split(".")
    try:
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(body, type=_Claims)
    except (IndexError, binascii.Error, msgspec.MsgspecError, ValueError):
        raise PortError(problem(ProblemCode.TOKEN_INVALID)) from None
    if not claims.video.roomJoin:
        raise PortError(
            problem(ProblemCode.TOKEN_INVALID, detail="it has no grant to join a room (roomJoin)")
        )
    if claims.exp and claims.exp <= now:
        detail = f"it expired {now - claims.exp:.0f} s ago by this computer's clock"
        raise PortError(problem(ProblemCode.TOKEN_EXPIRED, detail=detail))
    return RoomToken(
        jwt=jwt.strip(),
        room=claims.video.room,
        identity=claims.sub,
        carries_dispatch=any(agent.agentName for agent in claims.roomConfig.agents),
        origin=origin,
    )


def mint(key: str, secret: str, room: str, identity: str) -> str:
    """Make a token of a plain participant who may talk and listen."""
    grants = api.VideoGrants(room_join=True, room=room)
    token = api.AccessToken(key, secret).with_identity(identity).with_ttl(TOKEN_TTL)
    return token.with_grants(grants).to_jwt()


def mint_watcher(key: str, secret: str, room: str, identity: str) -> str:
    """Make a token of a hidden watcher: nobody sees it, it holds no room and no agent links it.

    It may send data, for pings and the history go to one agent alone; what else it may do is the
    least that reads everything (facts/livekit.md section 4).
    """
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        hidden=True,
        agent=True,
        can_publish=False,
        can_subscribe=False,
        can_publish_data=True,
    )
    token = api.AccessToken(key, secret).with_identity(identity).with_ttl(TOKEN_TTL)
    return token.with_grants(grants).to_jwt()


class MintedTokens:
    """Tokens made here: api mode."""

    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, secret

    async def room_token(self, room: str, identity: str) -> RoomToken:
        """Make a token for a room."""
        jwt = mint(self._key, self._secret, room, identity)
        return RoomToken(jwt=jwt, room=room, identity=identity)


class StaticToken:
    """One token, as it is: its room and identity are its own."""

    def __init__(self, jwt: str, clock: Clock) -> None:
        self._jwt, self._clock = jwt, clock

    async def room_token(self, room: str, identity: str) -> RoomToken:  # noqa: ARG002 - the port
        """Give the token; a profile's room_name that differs from its room is refused."""
        token = read_token(self._jwt, now=self._clock.wall())
        return checked(token, room)


def checked(token: RoomToken, room_name: str) -> RoomToken:
    """Refuse a token for another room than the profile's.

    Raises:
        PortError: TOKEN_WRONG_ROOM.
    """
    if room_name and token.room and token.room != room_name:
        room = clean(token.room, limit=80)
        raise PortError(problem(ProblemCode.TOKEN_WRONG_ROOM, subject=room, room=room))
    return token
