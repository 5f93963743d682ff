"""Tasks with an owner: none is forgotten, none fails unseen, and creates land before an end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TypeVar

from lktui.core.sanitize import clean
from lktui.store.paths import LOG_NAME

LOG_PLACE = f"{LOG_NAME} in the state folder"
"""For problems of one session, which does not know the folder."""
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


def _ignore(_error: BaseException) -> None:
    """Stand in for an owner who wants the log only."""


class Tasks:
    """Background work of one owner, who cancels it.

    Args:
        owner: For the log.
        on_failure: Called with the error of a task that failed, after it was logged.
    """

    def __init__(self, owner: str, on_failure: Callable[[BaseException], None] = _ignore) -> None:
        self._owner, self._on_failure = owner, on_failure
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Begin some work on the running loop."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def cancel(self) -> None:
        """Cancel everything and wait until it has ended."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a task of %s failed", self._owner, exc_info=error)
            self._on_failure(error)


class Landings:
    """Remote creates that are under way.

    Once sent they are never cancelled: cancelled, they land all the same, after the delete that
    follows (facts/engine-split.md, "Leaks at kill time").
    """

    def __init__(self) -> None:
        self._landing: set[asyncio.Task[object]] = set()

    async def land(self, call: Coroutine[object, object, _T]) -> _T:
        """Await a call that goes on even if we are cancelled."""
        task = asyncio.get_running_loop().create_task(call)
        self._landing.add(task)
        task.add_done_callback(self._landed)
        return await asyncio.shield(task)

    @property
    def under_way(self) -> bool:
        """Whether one has not landed yet."""
        return bool(self._landing)

    async def wait(self, limit_s: float) -> bool:
        """Wait until all have landed; whether there was any."""
        under_way = set(self._landing)
        if under_way:
            await asyncio.wait(under_way, timeout=limit_s)
        return bool(under_way)

    def _landed(self, task: asyncio.Task[_T]) -> None:
        self._landing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("a call ended with: %s", clean(str(error), limit=300))
