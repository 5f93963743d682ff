"""How a run is opened and ended, whatever it does between: a conversation, a dispatch, a watch.

It ends once, whoever asks for it and however often, and it always says that it has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from lktui.clock import Clock
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    SessionEnded,
    SessionId,
    Step,
    StepDone,
)
from lktui.core.problems import PortError, Problem
from lktui.engine.failures import of_unforeseen
from lktui.engine.landings import Landings
from lktui.tasks import Tasks

LAND_LIMIT_S = 12.0
"""So long an end waits for creates that are under way."""
Work = Callable[[], Coroutine[object, object, None]]
_log = logging.getLogger(__name__)


class RunLife:
    """The life of one run.

    Args:
        session: Whose events these are.
        opening: Opens it; an error ends it.
        ending: Ends what it has begun.
        outcome: Says, after that, how the cleanup ended and whether there was any.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        *,
        opening: Work,
        ending: Work,
        outcome: Callable[[], tuple[CleanupResult, bool]],
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._emit, self._clock = session, emit, clock
        self._open, self._end, self._outcome = opening, ending, outcome
        self.tasks = Tasks(f"session {session}", self.broke)
        """What goes on beside; the ending cancels it."""
        self.landings = Landings()
        self._opening: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()

    @property
    def is_ending(self) -> bool:
        """Whether somebody has asked for the end."""
        return self._ending is not None

    @property
    def is_open(self) -> bool:
        """Whether the opening is over."""
        return self._opening is not None and self._opening.done()

    def begin(self) -> None:
        """Begin to open it."""
        self._opening = asyncio.get_running_loop().create_task(self._open_or_end())

    def end(self) -> asyncio.Task[None]:
        """End it; a second call gives the same task."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end_surely())
        return self._ending

    def fail(self, found: Problem) -> None:
        """Say why it cannot go on, and end it."""
        self._emit(ProblemRaised(session=self._session, problem=found, fatal=True))
        self.end()

    def broke(self, error: BaseException) -> None:
        """Something unforeseen: said, and the run ended, rather than left waiting for ever."""
        self.fail(of_unforeseen(error))

    async def stop_opening(self) -> bool:
        """Stop opening it; whether that was still under way."""
        unfinished = self._opening is not None and not self._opening.done()
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        return unfinished

    async def _open_or_end(self) -> None:
        try:
            await self._open()
        except PortError as error:
            self.fail(error.problem)
        except Exception as error:  # noqa: BLE001 - the unforeseen is a Problem too, logged
            _log.exception("opening session %s failed", self._session)
            self.broke(error)

    async def _end_surely(self) -> None:
        """End, and say so whatever happens: the queue goes on with what is left."""
        began = self._clock.monotonic()
        self.phase(Phase.ENDING)
        try:
            await self._end()
        except Exception:  # noqa: BLE001 - whatever it is, the session is over and the log has it
            _log.exception("ending session %s failed", self._session)
        finally:
            cleanup, made = self._outcome()
            took_ms = (self._clock.monotonic() - began) * 1000
            self._emit(
                SessionEnded(session=self._session, cleanup=cleanup, took_ms=took_ms, made=made)
            )
            self.ended.set()

    # --- what is told -----------------------------------------------------------------------

    def phase(self, phase: Phase) -> None:
        """Tell what it is doing now."""
        self._emit(PhaseEntered(session=self._session, phase=phase))

    def step(self, step: Step, subject: str, took_ms: float | None, attempt: int = 1) -> None:
        """Tell a step of the timeline."""
        self._emit(
            StepDone(
                session=self._session,
                step=step,
                attempt=attempt,
                subject=subject,
                took_ms=took_ms,
            )
        )

    def notice(self, text: str) -> None:
        """Tell a sentence for the status line."""
        self._emit(Notice(session=self._session, text=text))
