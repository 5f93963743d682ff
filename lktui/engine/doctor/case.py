"""What every check is given, what it answers, and what it needs of the network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from lktui.clock import Clock
from lktui.core.doctor import CheckState
from lktui.core.problems import PortError, Problem
from lktui.core.profile import Profile
from lktui.engine.doctor.visit import Visit
from lktui.engine.ports import Gateway, RoomToken


class Told(msgspec.Struct, frozen=True):
    """What a check says; a failure is a PortError instead."""

    detail: str
    state: CheckState = CheckState.OK
    problem: Problem | None = None
    seen: tuple[str, ...] = ()


class SkippedError(Exception):
    """The check was not made; the words say why."""


class Opened(msgspec.Struct, frozen=True):
    """A connection that was opened, and closed again."""

    tcp_ms: float
    tls_ms: float | None = None
    """None without TLS."""
    tls_version: str = ""
    ends_at: float | None = None
    """When the certificate ends, wall-clock seconds; None without TLS."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """The answer to a GET."""

    status: int
    beginning: str
    """Of its body; not sanitised."""
    ahead_s: float | None = None
    """How far our clock is ahead of the answer's Date, seconds; None without one."""


class ServerVersion(msgspec.Struct, frozen=True):
    """What a server says of itself when one joins; sanitised, empty if it does not."""

    version: str
    region: str


class Network(Protocol):
    """What the doctor needs of the network; each call has a limit and raises PortError only."""

    async def resolve(self, host: str, port: int, shown: str) -> tuple[str, ...]:
        """Give the addresses of a host."""
        ...

    async def open(self, address: str, host: str, port: int, *, tls: bool, shown: str) -> Opened:
        """Open a connection, with TLS or without."""
        ...

    async def get(self, url: str, shown: str) -> HttpAnswer:
        """Ask for a page, without any credentials."""
        ...

    async def signal(self, url: str, jwt: str, shown: str) -> ServerVersion | None:
        """Join over the WebSocket alone; None if the server does not offer that."""
        ...


class Case:
    """One profile under examination; what a check leaves here serves those that need it.

    Args:
        profile: Whose.
        dispatch: Whether an agent is to be asked for.
        gateway: Makes the ports.
        network: The network.
        visit: A conversation of the doctor's own, not begun yet.
        ended_visiting: Waits until no check needs the room any more.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        profile: Profile,
        dispatch: bool,
        gateway: Gateway,
        network: Network,
        visit: Visit,
        ended_visiting: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self.profile, self.dispatch = profile, dispatch
        self.gateway, self.network, self.clock = gateway, network, clock
        self.visit, self.ended_visiting = visit, ended_visiting
        self.addresses: tuple[str, ...] = ()
        self.answer: HttpAnswer | None = None
        self.rooms: tuple[int, float] = (0, 0.0)
        """How many there are, and how long the list took, milliseconds."""
        self.rooms_refused: PortError | None = None
        self.token: RoomToken | PortError | None = None
        """What the endpoint gave, or what is wrong with it."""
