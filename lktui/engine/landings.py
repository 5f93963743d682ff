"""Remote creates that land before the end of who sent them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

from lktui.core.sanitize import clean

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


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
