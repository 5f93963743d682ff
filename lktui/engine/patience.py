"""Waits that our own lateness does not use up.

On a busy machine this process runs late: what it waits for may have come long ago and not have
been read yet. So time counts only in slices after which the loop's timer fired when it should.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from lktui.clock import Clock

LATE_S = 0.25
"""A timer that fires later than this shows that the loop did not keep up."""
_SLICE_S = 0.5
_T = TypeVar("_T")


def _always() -> bool:
    """Let every moment count."""
    return True


async def patiently(
    what: asyncio.Future[_T],
    limit_s: float,
    clock: Clock,
    counts: Callable[[], bool] = _always,
) -> bool:
    """Wait until something is done, at most so long; whether it is done.

    Args:
        what: Not cancelled, whatever happens to the wait.
        limit_s: Seconds in which we kept up.
        clock: Tells the time.
        counts: Asked at the end of each slice; a slice that does not count is waited out again.
    """
    left_s = limit_s
    while left_s > 0 and not what.done():
        slice_s, began = min(_SLICE_S, left_s), clock.monotonic()
        await asyncio.wait({what}, timeout=slice_s)
        if clock.monotonic() - began <= slice_s + LATE_S and counts():
            left_s -= slice_s
    return what.done()
