"""Keeps the record within its limits: when the engine starts, and once an hour."""

from __future__ import annotations

import logging
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.events import AnyEvent, EngineFaulted, SessionId, SessionsForgotten
from lktui.core.problems import PortError
from lktui.store.journal import Journal
from lktui.store.pruning import Keep

EVERY_S = 3600.0
BETWEEN_S = 0.05
"""So long others have the file, and the engine its loop, between two slices."""
_log = logging.getLogger(__name__)


class Pruner:
    """Deletes sessions that are too old or too much, one at a time.

    Args:
        journal: The record.
        keep: Its limits.
        emit: Takes the event that tells of it.
        clock: Tells the time.
    """

    def __init__(
        self, journal: Journal, keep: Keep, emit: Callable[[AnyEvent], None], clock: Clock
    ) -> None:
        self._journal, self._keep, self._emit, self._clock = journal, keep, emit, clock

    async def run(self) -> None:
        """Prune now and then; runs until cancelled."""
        while True:
            await self._prune()
            await self._clock.sleep(EVERY_S)

    async def forget(self, sessions: tuple[SessionId, ...]) -> None:
        """Delete sessions that a person has named, but those that have to stay."""
        gone: list[SessionId] = []
        try:
            for session in sessions:
                if self._journal.may_leave(session):
                    await self._delete(session)
                    gone.append(session)
        except PortError as error:
            self._emit(EngineFaulted(problem=error.problem))
        kept = tuple(session for session in sessions if session not in gone)
        self._emit(SessionsForgotten(ids=tuple(gone), kept=kept, asked=True))
        if gone:
            await self._give_back()

    async def _prune(self) -> None:
        gone: list[SessionId] = []
        try:
            while session := self._journal.next_to_leave(self._keep, self._clock.wall()):
                await self._delete(session)
                gone.append(session)
        except PortError as error:
            _log.warning("the record cannot be pruned: %s", error.problem.line)
        if gone:
            _log.info("%d sessions have left the record", len(gone))
            self._emit(SessionsForgotten(ids=tuple(gone)))
            await self._give_back()

    async def _give_back(self) -> None:
        """Make the file smaller, in slices as well; whoever waits for it loses nothing."""
        try:
            while self._journal.give_back_some():
                await self._clock.sleep(BETWEEN_S)
        except PortError as error:
            _log.warning("the journal's file stays as large as it is: %s", error.problem.line)

    async def _delete(self, session: SessionId) -> None:
        """Delete a session in slices, with room for everybody else between them."""
        while not self._journal.delete_some(session):
            await self._clock.sleep(BETWEEN_S)
        await self._clock.sleep(BETWEEN_S)
