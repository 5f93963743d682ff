"""Who may do what: access tokens, checked and refused in the real server's own words.

Facts/livekit.md section 5 has the wording; the order of the checks is the real server's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec

_LEEWAY_S = 60.0
_BEARER = "Bearer "
_ALGORITHM = "HS256"


class AccessError(Exception):
    """The request is refused.

    Args:
        message: As the real server says it.
        status: Of the HTTP response.
    """

    def __init__(self, message: str, status: int = 401) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Video(msgspec.Struct, frozen=True, rename="camel"):
    """The `video` claim: what the bearer may do, absent being None where the default is not no."""

    room: str = ""
    room_join: bool = False
    room_create: bool = False
    room_list: bool = False
    room_admin: bool = False
    agent: bool = False
    hidden: bool = False
    recorder: bool = False
    can_publish: bool | None = None
    can_publish_data: bool | None = None
    can_subscribe: bool | None = None
    can_update_own_metadata: bool | None = None


class Grants(msgspec.Struct, frozen=True, rename="camel"):
    """Everything that a valid token says."""

    identity: str = msgspec.field(default="", name="sub")
    name: str = ""
    kind: str = "standard"
    metadata: str = ""
    attributes: dict[str, str] = {}
    video: Video | None = None
    room_config: dict[str, Any] | None = None

    def _video(self) -> Video:
        if self.video is None:
            raise AccessError("permissions denied")
        return self.video

    def require_join(self) -> str:
        """Give the room that the bearer may join.

        Raises:
            AccessError: None, or the token lacks an identity or a room.
        """
        video = self._video()
        if not video.room_join:
            raise AccessError("permissions denied")
        if not self.identity:
            raise AccessError("identity cannot be empty", 400)
        if not video.room:
            raise AccessError("no room name", 400)
        return video.room

    def require_admin(self, room: str) -> None:
        """Check that the bearer may manage this very room.

        Raises:
            AccessError: Not so.
        """
        video = self._video()
        if not video.room_admin or video.room != room:
            raise AccessError("permissions denied")

    def require_create(self) -> None:
        """Check that the bearer may create and delete rooms.

        Raises:
            AccessError: Not so.
        """
        if not self._video().room_create:
            raise AccessError("permissions denied")

    def require_list(self) -> None:
        """Check that the bearer may list rooms.

        Raises:
            AccessError: Not so.
        """
        if not self._video().room_list:
            raise AccessError("permissions denied")

    def require_agent(self) -> None:
        """Check that the bearer may be a worker.

        Raises:
            AccessError: Not so.
        """
        if not self._video().agent:
            raise AccessError("permissions denied")


class Access:
    """The server's one pair of key and secret.

    Args:
        key: What tokens name as their issuer.
        secret: What they are signed with.
    """

    def __init__(self, key: str, secret: str) -> None:
        self.key = key
        self._secret = secret

    def grants(self, header: str | None, parameter: str | None, now_s: float) -> Grants:
        """Check the token of a request.

        Args:
            header: `Authorization`, if there is one.
            parameter: `access_token` of the query, which counts only without the header.
            now_s: Seconds since the epoch.

        Returns:
            What the token grants; without any token nothing.

        Raises:
            AccessError: The token is not valid.
        """
        if header and not header.startswith(_BEARER):
            raise AccessError("invalid authorization header. Must start with " + _BEARER)
        token = header.removeprefix(_BEARER) if header else parameter
        return self.check(token, now_s) if token else Grants()

    def check(self, token: str, now_s: float) -> Grants:
        """Check a token.

        Raises:
            AccessError: It is not valid.
        """
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise AccessError("invalid authorization token") from error
        if claims.get("iss") != self.key:
            raise AccessError(f"invalid API key: {claims.get('iss', '')}")
        if why := self._fault(token, claims, now_s):
            raise AccessError(f"invalid token: {token}, error: {why}")
        try:
            return msgspec.convert(claims, Grants)
        except msgspec.ValidationError as error:
            raise AccessError(f"invalid token: {token}, error: {error}") from error

    def sign(self, grants: Grants, ttl_s: float) -> str:
        """Make a token.

        Args:
            grants: What it says.
            ttl_s: Seconds for which it is valid.
        """
        claims = {
            **msgspec.to_builtins(grants),
            "iss": self.key,
            "nbf": int(time.time()),
            "exp": int(time.time() + ttl_s),
        }
        if grants.video is not None:
            video = msgspec.to_builtins(grants.video)
            claims["video"] = {name: value for name, value in video.items() if value is not None}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def _fault(self, token: str, claims: Mapping[str, Any], now_s: float) -> str:
        try:
            jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidSignatureError:
            return "token signature is invalid: signature is invalid"
        except jwt.PyJWTError as error:
            return str(error)
        expires, begins = claims.get("exp", math.inf), claims.get("nbf", -math.inf)
        if not isinstance(expires, int | float) or not isinstance(begins, int | float):
            return "invalid type for claim: exp and nbf are numbers"
        faults = []
        if now_s > expires + _LEEWAY_S:
            faults.append("token is expired")
        if now_s < begins - _LEEWAY_S:
            faults.append("token is not valid yet")
        return f"token has invalid claims: {', '.join(faults)}" if faults else ""
