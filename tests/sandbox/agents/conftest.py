"""Tests of conversations run in virtual time; those over real sockets take their time."""

from __future__ import annotations

import atexit
import time
from asyncio import AbstractEventLoop, SelectorEventLoop
from collections.abc import Callable, Mapping

import pytest

from tests.support.clock import VirtualLoop

# The SDK can abort the process at its exit; handlers run in reverse order, so this one, registered
# before the SDK is imported, gives its threads the time to end (facts/livekit.md section 6).
atexit.register(time.sleep, 0.2)

_OVER_SOCKETS = frozenset({"test_connection.py", "test_process.py", "test_worker.py"})


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Give a loop that never waits, but to what talks over sockets."""
    del config
    return {"loop": SelectorEventLoop if item.path.name in _OVER_SOCKETS else VirtualLoop}
