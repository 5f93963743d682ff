"""Waiting for what another process does, where nothing tells when it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 30.0
"""No claim of anybody's speed: by then it has come on the busiest machine, or it never will."""


def until(
    condition: Callable[[], bool], *, timeout_s: float = PATIENCE_S, every_s: float = 0.05
) -> bool:
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


async def eventually(
    question: Callable[[], Awaitable[T]],
    accept: Callable[[T], bool],
    *,
    timeout_s: float = PATIENCE_S,
    every_s: float = 0.05,
) -> T:
    """Ask until the answer will do; gives it.

    Args:
        question: Asks another process; asked at least once.
        accept: Looks at an answer.
        timeout_s: Seconds after which it is asked no more.
        every_s: Seconds between two questions.

    Raises:
        AssertionError: No answer would do in time; with the last one.
    """
    deadline = time.monotonic() + timeout_s
    while not accept(answer := await question()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {timeout_s} s")
        await asyncio.sleep(every_s)
    return answer
