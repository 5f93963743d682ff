"""Rooms, presence and dispatches are tested in virtual time, whole processes in their own."""

from __future__ import annotations

import atexit
import time
from asyncio import AbstractEventLoop, SelectorEventLoop
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from aiortc import RTCCertificate

from tests.support.clock import VirtualLoop
from tests.support.fakes.sandbox_world import World
from tests.support.sandbox import Sandbox

# The SDK can abort the process at its exit (facts/livekit.md section 6).
atexit.register(time.sleep, 0.2)

_VIRTUAL = frozenset({"test_rooms.py", "test_dispatch.py", "test_directory.py"})


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Give a loop that never waits to what does without other processes."""
    del config
    return {"loop": VirtualLoop if item.path.name in _VIRTUAL else SelectorEventLoop}


@pytest.fixture(scope="session")
def certificate() -> RTCCertificate:
    """Make one certificate for everybody."""
    return RTCCertificate.generateCertificate()


@pytest.fixture
async def world(certificate: RTCCertificate) -> AsyncIterator[World]:
    """Run a server of one's own, in the loop of the test."""
    world = World(certificate)
    yield world
    await world.close()


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Run a sandbox for one test, which may do with it as it likes."""
    with Sandbox(tmp_path / "sandbox.log") as server:
        yield server
