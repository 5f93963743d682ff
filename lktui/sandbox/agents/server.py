"""The server that the demo agents work for: its address, and what its key and secret allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from livekit import api

_VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


class UnsetError(Exception):
    """A variable that names the server is missing; the message names it."""


@dataclass(frozen=True, slots=True)
class Server:
    """One LiveKit server, real or sandbox; the secret never shows in a log."""

    url: str
    key: str
    secret: str = field(repr=False)

    @classmethod
    def of_environment(cls, env: Mapping[str, str]) -> Self:
        """Read the variables that LiveKit's own programs read.

        Raises:
            UnsetError: One of them is unset or empty.
        """
        missing = [name for name in _VARIABLES if not env.get(name)]
        if missing:
            raise UnsetError(f"set {', '.join(missing)}")
        return cls(*(env[name] for name in _VARIABLES))

    @property
    def worker_url(self) -> str:
        """Where workers register: a WebSocket."""
        parts = urlsplit(self.url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        path = parts.path.rstrip("/") + "/agent"
        return urlunsplit((scheme, parts.netloc, path, "", ""))

    def worker_token(self) -> str:
        """Make the token of a worker, which may take jobs and join no room by itself."""
        return (
            api.AccessToken(self.key, self.secret).with_grants(api.VideoGrants(agent=True)).to_jwt()
        )

    def room_token(self, room: str, identity: str) -> str:
        """Make the token of a plain participant."""
        grants = api.VideoGrants(room_join=True, room=room)
        token = api.AccessToken(self.key, self.secret).with_identity(identity)
        return token.with_name(identity).with_grants(grants).to_jwt()

    def api(self) -> api.LiveKitAPI:
        """Make a client that sends each request once: a replay would double a dispatch."""
        return api.LiveKitAPI(self.url, self.key, self.secret, failover=False)
