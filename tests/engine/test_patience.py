"""Waits count only the time in which this process kept up."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from lktui.engine.patience import LATE_S, patiently
from tests.support.clock import LoopClock, VirtualLoop

SLICE_S = 0.5


def virtual_loop() -> VirtualLoop:
    """Give the running loop as what it is."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


async def waited(limit_s: float, *blocks: tuple[float, float]) -> float:
    """Wait for what never comes, with the loop blocked: when, and how long; gives how long it took.

    Raises:
        AssertionError: It came.
    """
    loop, clock = virtual_loop(), LoopClock()
    never: asyncio.Future[None] = loop.create_future()
    for after_s, duration_s in blocks:
        loop.call_later(after_s, loop.block, duration_s)
    began = clock.monotonic()
    assert not await patiently(never, limit_s, clock)
    return clock.monotonic() - began


async def test_a_loop_that_keeps_up_waits_as_long_as_it_is_told() -> None:
    assert abs(await waited(1.5) - 1.5) < 0.01


async def test_what_is_done_is_given_at_once() -> None:
    done: asyncio.Future[None] = virtual_loop().create_future()
    virtual_loop().call_later(0.2, done.set_result, None)
    began = LoopClock().monotonic()
    assert await patiently(done, 1.5, LoopClock())
    assert LoopClock().monotonic() - began < 0.21


async def test_a_wait_outlasts_a_pause_of_our_own_at_its_very_end() -> None:
    """Who wakes up late has not read yet what came meanwhile."""
    took_s = await waited(1.5, (1.4, 5.0))
    assert took_s >= 1.4 + 5.0 + SLICE_S - 0.01


async def test_time_in_which_nothing_can_come_does_not_count() -> None:
    up = asyncio.Event()
    virtual_loop().call_later(3.0, up.set)
    never: asyncio.Future[None] = virtual_loop().create_future()
    began = LoopClock().monotonic()
    assert not await patiently(never, 1.5, LoopClock(), up.is_set)
    assert LoopClock().monotonic() - began >= 3.0 + 1.0


BLOCKS = st.lists(
    st.tuples(st.floats(0, 4), st.one_of(st.floats(0, LATE_S), st.floats(2 * LATE_S, 10))),
    max_size=4,
)


@given(st.floats(0.1, 4), BLOCKS)
def test_pauses_of_our_own_are_not_waited_for_and_only_ever_lengthen_a_wait(
    limit_s: float, blocks: list[tuple[float, float]]
) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        took_s = runner.run(waited(limit_s, *blocks))
    assert limit_s - 0.01 <= took_s
    assert took_s <= limit_s + sum(s for _, s in blocks) + (len(blocks) + 1) * SLICE_S
