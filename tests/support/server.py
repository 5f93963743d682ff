"""What a test may rest on of a LiveKit server, be it the real one or the sandbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from lktui.core.profile import DispatchMode, Profile, Secret
from tests.support import twirp


class ServerKind(StrEnum):
    """Which server a case runs on; the same assertions hold on both."""

    SANDBOX = "sandbox"
    REAL = "livekit-server"


class Server(twirp.Server, Protocol):
    """A server process that tests own."""

    @property
    def delays(self) -> float:
        """How long its delays are, as a part of the real server's."""

    @property
    def environment(self) -> dict[str, str]:
        """Address and credentials in the variables that LiveKit's own programs read."""

    def kill(self) -> None:
        """End it at once, as a crash would; connections are cut, rooms are forgotten."""

    def restart(self) -> None:
        """Start it anew at the same address, killed first if it still runs."""

    def freeze(self) -> None:
        """Make it answer nothing while its connections stay open."""

    def thaw(self) -> None:
        """Let a frozen one go on."""


def profile_at(server: twirp.Server, agent: str = "echo", **fields: object) -> Profile:
    """Make a profile that dispatches an agent at a server; `fields` are the profile's own."""
    profile = Profile(
        name="echo",
        url=server.url,
        api_key=Secret(server.key),
        api_secret=Secret(server.secret),
        agent_name=agent,
        dispatch_mode=DispatchMode.EXPLICIT,
    )
    return msgspec.structs.replace(profile, **fields)
