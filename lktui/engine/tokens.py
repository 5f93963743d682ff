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
from lktui.core.signs import seconds
from lktui.engine.ports import RoomToken

TOKEN_TTL = timedelta(hours=6)

# PyJWT warns on stderr about secrets shorter than 32 bytes; the dev server's is `secret`.
warnings.filterwarnings("ignore", module="jwt")


_LEEWAY_S = 60.0
"""Servers take a token that begins so much later by their clock (facts/livekit.md section 5)."""


class _VideoClaims(msgspec.Struct, rename="camel"):
    room: str = ""
    room_join: bool = False
    can_publish: bool | None = None
    can_publish_data: bool | None = None
    can_subscribe: bool | None = None
    hidden: bool = False


class _AgentClaims(msgspec.Struct, rename="camel"):
    agent_name: str = ""


class _RoomConfigClaims(msgspec.Struct, rename="camel"):
    agents: list[_AgentClaims] = []


class _Claims(msgspec.Struct):
    sub: str = ""
    exp: float = 0.0
    nbf: float = 0.0
    video: _VideoClaims = msgspec.field(default_factory=_VideoClaims)
    room_config: _RoomConfigClaims = msgspec.field(
        default_factory=_RoomConfigClaims, name="roomConfig"
    )


class TokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says of itself, as far as a conversation needs it; not sanitised."""

    room: str
    identity: str
    may_join: bool
    expires_at: float
    """Seconds since the epoch; 0 is never."""
    begins_at: float
    agents: tuple[str, ...]
    """Those that its room configuration dispatches."""
    missing: tuple[str, ...]
    """What a conversation needs and it does not grant: `send text`, `hear the agent` and so on."""


def claims_of(jwt: str) -> TokenClaims:
    """Decode a token locally, without verifying it.

    Raises:
        PortError: TOKEN_INVALID: it is none.
    """
    parts = jwt.strip().split(".")
    try:
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(body, type=_Claims)
    except (IndexError, binascii.Error, msgspec.MsgspecError, ValueError):
        raise PortError(problem(ProblemCode.TOKEN_INVALID)) from None
    video = claims.video
    # An absent grant is allowed; canPublish also stands for data where canPublishData is absent.
    sends = video.can_publish if video.can_publish_data is None else video.can_publish_data
    refused = {
        "send text": sends is False,
        "hear the agent": video.can_subscribe is False,
        "be seen by the agent": video.hidden,
    }
    return TokenClaims(
        room=video.room,
        identity=claims.sub,
        may_join=video.room_join,
        expires_at=claims.exp,
        begins_at=claims.nbf,
        agents=tuple(one.agent_name for one in claims.room_config.agents if one.agent_name),
        missing=tuple(what for what, is_refused in refused.items() if is_refused),
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
    claims = claims_of(jwt)
    if not claims.may_join:
        raise PortError(
            problem(ProblemCode.TOKEN_INVALID, detail="it has no grant to join a room (roomJoin)")
        )
    if claims.expires_at and claims.expires_at <= now:
        detail = f"it expired {seconds(now - claims.expires_at)} ago by this computer's clock"
        raise PortError(problem(ProblemCode.TOKEN_EXPIRED, detail=detail))
    if claims.begins_at > now + _LEEWAY_S:
        detail = f"it begins in {seconds(claims.begins_at - now)} by this computer's clock"
        raise PortError(problem(ProblemCode.TOKEN_NOT_YET_VALID, detail=detail))
    return RoomToken(
        jwt=jwt.strip(),
        room=claims.room,
        identity=claims.identity,
        carries_dispatch=bool(claims.agents),
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
