"""The SDK runs in the tests' own process here, and must not take it down when it ends."""

from __future__ import annotations

import atexit
import secrets
import time
from collections.abc import AsyncIterator

import pytest

# The SDK can abort the process at its exit; handlers run in reverse order, so this one, registered
# before the SDK is imported, gives its threads the time to end (facts/livekit.md section 6).
atexit.register(time.sleep, 0.2)

from livekit import api  # noqa: E402 - after the handler

from tests.support.server import Server  # noqa: E402 - the same


@pytest.fixture
async def client(server: Server) -> AsyncIterator[api.LiveKitAPI]:
    """Give a client of the server's API with its key."""
    async with api.LiveKitAPI(server.url, server.key, server.secret) as client:
        yield client


@pytest.fixture
def room() -> str:
    """Give a room's name of a test's own: the server is everybody's."""
    return f"contract-{secrets.token_hex(4)}"
