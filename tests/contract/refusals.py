"""Questions to a server that must fail, and the problem that people see of each."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from livekit import rtc

from lktui.clock import SystemClock
from lktui.core.problems import PortError, Problem
from lktui.engine.call_log import CallLog
from lktui.engine.failures import joining
from lktui.engine.server_api import LiveKitServerApi
from tests.support.twirp import Server

_HOST = "the-host"


@dataclass(frozen=True)
class Credentials:
    """A server's address with a key and a secret that need not be its own."""

    url: str
    key: str = "devkey"
    secret: str = "secret"


async def not_joined(url: str, token: str, *, limit_s: float = 15.0) -> Problem:
    """Try to join a room, which must fail; gives the problem."""
    with pytest.raises(PortError) as raised:
        async with joining(limit_s, _HOST):
            await rtc.Room().connect(url, token)
    found = raised.value.problem
    assert "eyJ" not in found.detail.replace("eyJ…", "")
    return found


async def not_asked(server: Server) -> Problem:
    """Ask the server API something, which must fail; gives the problem."""
    log = CallLog("any", lambda _event: None, SystemClock())
    client = LiveKitServerApi(server.url, _HOST, server.key, server.secret, log)
    try:
        with pytest.raises(PortError) as raised:
            await client.room_exists("any")
    finally:
        await client.close()
    return raised.value.problem
