"""Batches of events to the screen; a slow screen never makes the engine wait or grow.

The first event after a pause leaves at once, as does a verdict, which somebody waits for; others at
most every 50 ms. While the pipe is full a segment's newer text replaces its older one; finals,
steps and problems are never dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from lktui.core.events import AnyEvent, SegmentUpdated, VerdictReached

BATCH_S = 0.05
MAX_BATCH_CHARS = 2_000_000
"""A character takes up to 4 bytes, and a frame 16 MB."""
_EVENT_CHARS = 1000
"""Taken for an event without its text."""


class Outbox:
    """Queues events and sends them in batches.

    Args:
        send: Takes a batch.
        writable: Set while the pipe takes bytes.
    """

    def __init__(self, send: Callable[[list[AnyEvent]], None], writable: asyncio.Event) -> None:
        self._send, self._writable = send, writable
        self._queue: dict[object, AnyEvent] = {}
        self._serial = 0
        self._wake = asyncio.Event()
        self._awaited = asyncio.Event()

    def put(self, event: AnyEvent) -> None:
        """Queue an event; a segment keeps the place of its first text."""
        key: object
        if isinstance(event, SegmentUpdated):
            key = (event.session, event.key)
        else:
            self._serial += 1
            key = self._serial
        self._queue[key] = event
        self._wake.set()
        if isinstance(event, VerdictReached):
            self._awaited.set()

    async def pump(self) -> None:
        """Send batches; runs until cancelled."""
        while True:
            await self._wake.wait()
            await self._writable.wait()
            self.flush()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BATCH_S):
                    await self._awaited.wait()

    def flush(self) -> None:
        """Send what is queued."""
        self._wake.clear()
        self._awaited.clear()
        if self._queue:
            batch, self._queue = list(self._queue.values()), {}
            for portion in _portions(batch):
                self._send(portion)


def _portions(batch: list[AnyEvent]) -> Iterator[list[AnyEvent]]:
    """Cut what has piled up into what fits in a frame."""
    portion: list[AnyEvent] = []
    size = 0
    for event in batch:
        chars = _EVENT_CHARS + (len(event.text) if isinstance(event, SegmentUpdated) else 0)
        if portion and size + chars > MAX_BATCH_CHARS:
            yield portion
            portion, size = [], 0
        portion.append(event)
        size += chars
    yield portion
