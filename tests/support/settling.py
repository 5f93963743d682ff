"""Screens in virtual time: no test waits for a frame or a timer, nor guesses when all is drawn.

Textual's own pilot sleeps 20 ms at least, and again as long as the process was busy meanwhile: on a
busy machine it takes a process that had no turn for one that is done. Here the loop is asked.
"""

from __future__ import annotations

import asyncio
import selectors
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar, TypeVarTuple, cast

import pytest
from textual._time import get_time
from textual._wait import wait_for_idle

from tests.support.clock import START_S

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

_FRAME_S = 0.02
"""What is due so soon is part of what is being done: a frame, a slice of a longer work."""
_THREAD_S = 30.0


class _ThreadedSelector(selectors.DefaultSelector):
    """Waits for threads only; where a real one would sleep, time moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = START_S
        self.threads = 0
        """How many are at work for the loop."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give what is ready now; wait for what threads are asked for, jump over other waits.

        Raises:
            RuntimeError: Nothing is due, so that a real loop would wait for ever.
        """
        if timeout is None:
            ready = super().select(_THREAD_S)
            if not ready:
                raise RuntimeError("nothing is under way: the test would wait for ever")
            return ready
        ready = super().select(timeout if self.threads else 0)
        if not ready:
            self.now_s += max(0.0, timeout)
        return ready


class ScreenLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own, which runs as others do while threads are at work."""

    def __init__(self) -> None:
        self._clock = _ThreadedSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds; `START_S` at first."""
        return self._clock.now_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Count the threads that are at work."""
        future = super().run_in_executor(executor, func, *args)
        self._clock.threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _done: asyncio.Future[_T]) -> None:
        self._clock.threads -= 1

    async def settle(self, max_s: float) -> None:
        """Let a frame pass, then go on until nothing is left to do now.

        Args:
            max_s: After so long it is enough.
        """
        deadline = self.time() + max_s
        await asyncio.sleep(_FRAME_S)
        while self.time() < deadline:
            await asyncio.sleep(0)
            if self._clock.threads:
                await asyncio.sleep(_FRAME_S)
            elif not cast("_Turns", self)._ready:
                return


class _Turns(BaseEventLoop):
    """What asyncio keeps to itself."""

    _ready: list[asyncio.Handle]


async def _settle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    loop = asyncio.get_running_loop()
    if isinstance(loop, ScreenLoop):
        await loop.settle(max_sleep)
    else:
        await wait_for_idle(min_sleep, max_sleep)


def _now_s() -> float:
    loop = asyncio._get_running_loop()
    return loop.time() if isinstance(loop, ScreenLoop) else get_time()


def run_textual_in_loop_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Textual's timers and pilots the time of the loop that they run on.

    Also of the loop that it makes by itself, to take a picture.
    """
    monkeypatch.setattr("asyncio.events.new_event_loop", ScreenLoop)
    monkeypatch.setattr("textual._time.get_time", _now_s)
    monkeypatch.setattr("textual.app.wait_for_idle", _settle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", _settle)
