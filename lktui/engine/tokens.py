"""Room tokens: made here from key and secret, given as they are, or fetched from an endpoint."""

from __future__ import annotations

import base64
import binascii
import json
import warnings
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import msgspec
from livekit import api

from lktui.clock import Clock
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import DispatchMode, Profile
from lktui.core.sanitize import clean, clean_detail
from lktui.engine.failures import of_endpoint
from lktui.engine.ports import RoomToken
from lktui.store.secrets import resolve

ENDPOINT_LIMIT_S = 10.0
TOKEN_TTL = timedelta(hours=6)
MAX_ANSWER_BYTES = 256 * 1024
_FALLBACK_FIELDS = ("token", "access_token")
_OK_STATUS = range(200, 300)

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
        return _checked(token, room)


class EndpointTokens:
    """A fresh token for each room, by POST (provider specification, "Token Auth Mode").

    Redirects are not followed: the headers may hold credentials for this host only.
    """

    def __init__(self, profile: Profile, env: Mapping[str, str], clock: Clock) -> None:
        self._profile, self._env, self._clock = profile, env, clock
        self._host = clean(urlsplit(profile.token_url).netloc.rpartition("@")[2])

    async def room_token(self, room: str, identity: str) -> RoomToken:
        """Ask the endpoint for a token.

        Raises:
            PortError: The endpoint cannot be reached, is late, refuses, or answers no token.
        """
        headers = {
            name: resolve(value, f"token_headers.{name}", self._env)
            for name, value in self._profile.token_headers
        }
        try:
            async with (
                httpx.AsyncClient(timeout=ENDPOINT_LIMIT_S, follow_redirects=False) as client,
                client.stream(
                    "POST",
                    self._profile.token_url,
                    json=self.body(room, identity),
                    headers=headers,
                ) as response,
            ):
                answer = await _read(response)
        except httpx.HTTPError as error:
            raise PortError(of_endpoint(error, self._host, ENDPOINT_LIMIT_S)) from None
        except (httpx.InvalidURL, ValueError) as error:
            detail = clean_detail(str(error))
            raise PortError(
                problem(ProblemCode.ENDPOINT_UNREACHABLE, host=self._host, detail=detail)
            ) from None
        if response.status_code not in _OK_STATUS:
            raise PortError(
                problem(
                    ProblemCode.ENDPOINT_STATUS,
                    subject=self._host,
                    status=str(response.status_code),
                    detail=clean_detail(answer, limit=120),
                )
            )
        token = read_token(self._find(answer), now=self._clock.wall(), origin=self._host)
        return _checked(token, self._profile.room_name)

    def body(self, room: str, identity: str) -> dict[str, object]:
        """Make what is sent: the names that endpoints commonly read, then the profile's own."""
        profile = self._profile
        body: dict[str, object] = {
            "room": room,
            "identity": identity,
            "room_name": room,
            "participant_identity": identity,
            "participant_name": identity,
        }
        if profile.dispatch_mode is DispatchMode.EXPLICIT and not profile.has_key:
            agent = {"agent_name": profile.agent_name, "metadata": profile.metadata}
            body["room_config"] = {"agents": [agent]}
        if profile.token_body:
            body |= msgspec.json.decode(profile.token_body, type=dict[str, object])
        return {name: value for name, value in body.items() if value is not None}

    def _find(self, answer: str) -> str:
        """Find the token in an answer: the profile's field, two usual ones, or plain text."""
        field = self._profile.token_field
        try:
            decoded: object = json.loads(answer)
        except ValueError:
            if answer.strip().count(".") == 2 and answer.strip().startswith("eyJ"):  # noqa: PLR2004
                return answer.strip()
            detail = clean_detail(answer, limit=120)
            raise PortError(problem(ProblemCode.ENDPOINT_NOT_JSON, detail=detail)) from None
        if isinstance(decoded, str):
            return decoded
        fields = decoded if isinstance(decoded, dict) else {}
        for name in (field, *_FALLBACK_FIELDS):
            value = fields.get(name)
            if isinstance(value, str) and value:
                return value
        known = ", ".join(clean(str(name), limit=40) for name in list(fields)[:8])
        raise PortError(
            problem(ProblemCode.ENDPOINT_NO_FIELD, field=field, fields=known or "it has none")
        )


async def _read(response: httpx.Response) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise PortError(
                problem(ProblemCode.ENDPOINT_NOT_JSON, detail="the answer is far too long")
            )
    return body.decode("utf-8", "replace")


def _checked(token: RoomToken, room_name: str) -> RoomToken:
    if room_name and token.room and token.room != room_name:
        room = clean(token.room, limit=80)
        raise PortError(problem(ProblemCode.TOKEN_WRONG_ROOM, subject=room, room=room))
    return token
