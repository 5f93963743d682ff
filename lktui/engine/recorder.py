"""Where every event goes: stamped, to the journal, then to the screen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

import msgspec

from lktui.clock import Clock
from lktui.core.events import (
    AnyEvent,
    DispatchIntended,
    EngineFaulted,
    Event,
    Noted,
    RecordCaughtUp,
    RetryStep,
    RoomIntended,
    SegmentUpdated,
    SessionEnded,
    SessionEvent,
    SessionOpened,
)
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.store.journal import Journal

COMMIT_S = 0.25
_AT_ONCE = (SessionOpened, RoomIntended, DispatchIntended, RetryStep, Noted)
"""What we intend, and what a person has written: durable before anybody goes on."""
_E = TypeVar("_E", bound=Event)
_log = logging.getLogger(__name__)


class Recorder:
    """Stamps events and writes them down before the screen hears of them.

    Args:
        journal: The record.
        send: Takes the events to the screen.
        clock: Tells the time.
    """

    def __init__(self, journal: Journal, send: Callable[[AnyEvent], None], clock: Clock) -> None:
        self._journal, self._send, self._clock = journal, send, clock
        self._wake = asyncio.Event()
        self._faulted = False

    def emit(self, event: AnyEvent) -> None:
        """Stamp, record and pass on an event.

        Raises:
            PortError: An intent could not be made durable, so nothing may be made, or a note; it
                is not kept.
        """
        event = self._stamped(event)
        if isinstance(event, SessionEvent) and not _interim(event):
            if isinstance(event, _AT_ONCE):
                self._journal.commit(event)
            else:
                self._journal.append(event)
                self._wake.set()
            if isinstance(event, SessionEnded):
                self.flush()  # what has ended has ended, whatever the disk says
        self._send(event)

    async def commit(self) -> None:
        """Commit what is pending, every 250 ms at most; runs until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._clock.sleep(COMMIT_S)
            self.flush()

    def flush(self) -> None:
        """Commit now; a disk that does not take it is said once, and tried again."""
        try:
            self._journal.flush()
        except PortError as error:
            self._wake.set()
            if not self._faulted:
                _log.error("the record could not be written: %s", error.problem.line)
                self._send(self._stamped(EngineFaulted(problem=_waits(error.problem))))
            self._faulted = True
        else:
            if self._faulted:
                _log.info("what the disk did not take is recorded")
                self._send(self._stamped(RecordCaughtUp()))
            self._faulted = False

    def _stamped(self, event: _E) -> _E:
        return msgspec.structs.replace(
            event, at=event.at or self._clock.monotonic(), wall=event.wall or self._clock.wall()
        )


def _waits(found: Problem) -> Problem:
    """Say of a disk that takes nothing what it means for what has happened already."""
    return problem(
        ProblemCode.NOT_RECORDED,
        subject=found.subject,
        detail=found.detail,
        path=found.subject,
        why=found.detail,
    )


def _interim(event: SessionEvent) -> bool:
    return isinstance(event, SegmentUpdated) and not event.final
