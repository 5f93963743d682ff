"""Tasks with an owner: none is forgotten and none fails unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

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

    def __len__(self) -> int:
        return len(self._tasks)

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
