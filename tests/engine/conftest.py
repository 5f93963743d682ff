"""All tests of the engine run in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.clock import VirtualLoop
from tests.support.fakes.world import World


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], VirtualLoop]]:
    """Give every asynchronous test here a loop that never waits."""
    del config, item
    return {"virtual": VirtualLoop}


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Make a world that ends with the test."""
    one = World(tmp_path)
    yield one
    await one.close()
