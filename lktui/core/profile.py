"""A saved agent profile: which server, which agent, how to get in.

Pure: parsing lives in `profile_fields`, files in `store.profiles`, and a secret's reference is
resolved only in the engine, when it is used.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

import msgspec

MASK = "••••"


class Secret(msgspec.Struct, frozen=True):
    """A literal, `env:NAME` or `file:PATH`; never shown, whatever prints it."""

    source: str

    @property
    def reference(self) -> str:
        """The reference, which is safe to show; empty for a literal."""
        return self.source if self.source.startswith(("env:", "file:")) else ""

    def __repr__(self) -> str:
        return f"Secret({self})"

    def __str__(self) -> str:
        return self.reference or MASK


class AuthMode(StrEnum):
    """How room tokens are made: here from key and secret, or by somebody else."""

    API = "api"
    TOKEN = "token"  # noqa: S105 - the specification's word


class DispatchMode(StrEnum):
    """How the agent joins: by itself, or asked for by name."""

    AUTO = "auto"
    EXPLICIT = "explicit"


class Capabilities(msgspec.Struct, frozen=True):
    """What a profile may do; derived once so that screens can say why something is impossible."""

    list_rooms: bool
    dispatch: bool
    observe: bool
    delete_room: bool


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of the provider specification and lktui's own, in the file's names."""

    name: str
    url: str
    api_key: Secret | None = None
    api_secret: Secret | None = None
    agent_name: str = ""
    dispatch_mode: DispatchMode = DispatchMode.AUTO
    auth_mode: AuthMode = AuthMode.API
    room_prefix: str = "preclinical-test"
    room_name: str = ""
    auto_cleanup: bool = True
    token: Secret | None = None
    token_url: str = ""
    token_headers: tuple[tuple[str, Secret], ...] = ()
    token_body: str = ""
    """A JSON object as text; keys with null remove what lktui would send."""
    token_field: str = "token"  # noqa: S105 - the name of a field
    metadata: str = ""
    """Handed to the dispatch as it is."""
    room_metadata: str = ""
    join_timeout: float = 15.0
    """Seconds from the dispatch until an agent that has not joined is given up."""
    reply_timeout: float = 30.0
    dispatch_retries: int = 2
    dispatch_retry_delay: float = 2.0
    auto_retry: bool = False
    slow_reply: float = 3.0
    read_only: bool = False
    identity_prefix: str = "tester"
    description: str = ""
    tags: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Name it only: what an endpoint is asked may hold secrets too, and errors quote."""
        return f"Profile({self.name!r})"

    @property
    def has_key(self) -> bool:
        """Whether rooms can be listed, dispatched into and deleted."""
        return self.api_key is not None and self.api_secret is not None

    @property
    def capabilities(self) -> Capabilities:
        """What this profile may do on its server."""
        key = self.has_key
        return Capabilities(list_rooms=key, dispatch=key, observe=key, delete_room=key)

    @property
    def host(self) -> str:
        """Host and port, without user info, for titles and problems."""
        parts = urlsplit(self.url)
        return parts.netloc.rpartition("@")[2] or self.url

    @property
    def ws_url(self) -> str:
        """The URL for signalling: ws or wss."""
        return _with_scheme(self.url, {"http": "ws", "https": "wss"})

    @property
    def http_url(self) -> str:
        """The URL for the server API: http or https."""
        return _with_scheme(self.url, {"ws": "http", "wss": "https"})


def _with_scheme(url: str, schemes: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(scheme=schemes.get(parts.scheme, parts.scheme)))
