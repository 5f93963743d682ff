"""Waiting for what another process does, where nothing tells when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.05) -> bool:
    """Ask until the condition holds.

    Args:
        condition: Looks at another process; asked at least once.
        timeout_s: Seconds after which it is asked no more.
        every_s: Seconds between two questions.

    Returns:
        Whether it came to hold in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True
