"""What carries a real connection, where a real server's network leaves only one way."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from livekit import rtc

from lktui.engine.media_path import path_of
from tests.support import twirp
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.relay_only import RelayOnly

pytestmark = pytest.mark.full
Started = Callable[..., LiveKitServer]


@pytest.fixture
def started(livekit_server: LiveKitServer, tmp_path: Path) -> Iterator[Started]:
    """Start servers of other configurations than everybody's, which tells that one can be had."""
    del livekit_server
    with ExitStack() as servers:
        yield lambda **config: servers.enter_context(
            LiveKitServer(server_binary(), tmp_path / "log", **config)
        )


def own_address() -> str:
    """Give this machine's address in its network: WebRTC asks no TURN server at 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only chooses the way
        except OSError:
            pytest.skip("this machine has no network")
        return str(probe.getsockname()[0])


async def path_to(server: LiveKitServer, url: str = "") -> str:
    """Join a room and give what carries the connection."""
    room = rtc.Room()
    async with asyncio.timeout(20):
        await room.connect(url or server.url, twirp.room_token(server, "r", "person"))
        try:
            stats = await room.get_rtc_stats()
        finally:
            await room.disconnect()
    return path_of([*stats.publisher_stats, *stats.subscriber_stats])


async def test_udp_is_preferred(livekit_server: LiveKitServer) -> None:
    assert await path_to(livekit_server) == "UDP"


async def test_tcp_carries_it_where_udp_is_closed(started: Started) -> None:
    assert await path_to(started(rtc="force_tcp: true")) == "TCP"


async def test_turn_carries_it_where_nothing_else_is_allowed(started: Started) -> None:
    port, address = random.randrange(20_000, 31_000), own_address()  # noqa: S311 - not a secret
    server = started(
        node_ip=address,
        turn=f"enabled: true, udp_port: {port}, bind_addresses: [{address}], "
        f"relay_range_start: {port + 1}, relay_range_end: {port + 40}, "
        "allow_restricted_peer_cidrs: [0.0.0.0/0]",
    )
    with RelayOnly(server.port) as firewall:
        assert await path_to(server, f"ws://127.0.0.1:{firewall.port}") == "TURN over UDP"
