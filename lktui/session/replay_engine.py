"""Stands in for the engine while a session of the record is played again, at its own pace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable

from lktui import __version__
from lktui.clock import Clock
from lktui.core.commands import AnyCommand, LookInto, WatchRooms, WriteRecord
from lktui.core.events import (
    AnyEvent,
    AnySessionEvent,
    Hello,
    Notice,
    QueueRead,
    RecordWritten,
    SessionId,
)
from lktui.core.wire import PROTOCOL
from lktui.session.engine_client import EngineHealth, ignore_events, ignore_health

_NO_INSTALLATION = "none"
_QUIET = (WatchRooms, LookInto)
"""What screens ask by themselves."""
_BATCH = 500


class ReplayClock:
    """The clock of a session that is over: it goes on where its events are, faster or slower.

    Args:
        clock: The one of now.
        first: The event that it begins with.
        speed: How many of its seconds pass in one of now.
    """

    def __init__(self, clock: Clock, first: AnySessionEvent, speed: float) -> None:
        self._clock, self._speed = clock, speed
        self._began = clock.monotonic()
        self._at, self._wall = first.at, first.wall

    def monotonic(self) -> float:
        """Give the time on the clock of the session's engine."""
        return self._at + (self._clock.monotonic() - self._began) * self._speed

    def wall(self) -> float:
        """Give the time of day as it was then."""
        return self._wall + (self._clock.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait until so many of the session's seconds are over."""
        await self._clock.sleep(seconds / self._speed)


class ReplayEngine:
    """Says what the engine said then; nothing can be asked of it.

    Args:
        events: Of one session, in their order; at least one.
        clock: Made for these events.
    """

    def __init__(self, events: list[AnySessionEvent], clock: ReplayClock) -> None:
        self.on_events: Callable[[list[AnyEvent]], None] = ignore_events
        self.on_health: Callable[[EngineHealth], None] = ignore_health
        self._events, self._clock = events, clock
        self._playing: asyncio.Task[None] | None = None

    @property
    def session(self) -> SessionId:
        """The session that is played."""
        return self._events[0].session

    async def start(self) -> None:
        """Begin to play."""
        self.on_health(EngineHealth.UP)
        self.on_events(
            [
                Hello(
                    protocol=PROTOCOL,
                    build=__version__,
                    pid=os.getpid(),
                    installation=_NO_INSTALLATION,
                ),
                QueueRead(items=()),
            ]
        )
        self._playing = asyncio.get_running_loop().create_task(self._play())

    def send(self, command: AnyCommand) -> None:
        """Say that nothing is done; all that is played is in the record."""
        if isinstance(command, WriteRecord):
            self.on_events([RecordWritten()])
        elif not isinstance(command, _QUIET):
            text = "not now: this is a replay, nobody hears you"
            self.on_events([Notice(session=self.session, text=text)])

    async def stop(self, grace_s: float) -> None:  # noqa: ARG002 - as of an engine
        """Stop playing."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.wait([self._playing])
        self.on_health(EngineHealth.STOPPED)

    async def _play(self) -> None:
        for due in batches(self._events):
            wait_s = due[0].at - self._clock.monotonic()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            else:
                await asyncio.sleep(0)
            self.on_events(list(due))


def batches(events: Iterable[AnySessionEvent]) -> Iterable[list[AnySessionEvent]]:
    """Put events together that happened at the same time."""
    batch: list[AnySessionEvent] = []
    for event in events:
        if batch and (event.at > batch[-1].at or len(batch) >= _BATCH):
            yield batch
            batch = []
        batch.append(event)
    if batch:
        yield batch
