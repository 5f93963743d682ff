"""What the doctor sees of a network, at real sockets."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from lktui.clock import SystemClock
from lktui.engine.doctor.network import SystemNetwork
from tests.support.relay import Relay, with_clock
from tests.support.server import Server


@pytest.mark.parametrize("off_s", [-120.0, 0.0, 25.0])
async def test_a_servers_clock_is_compared_with_ours(server: Server, off_s: float) -> None:
    network = SystemNetwork(SystemClock())
    with Relay(urlsplit(server.url).port or 0, answers=with_clock(off_s)) as relay:
        found = await network.get(f"http://127.0.0.1:{relay.port}/", "the-host")
    assert found.status == 200
    assert found.ahead_s == pytest.approx(-off_s, abs=2.0)
