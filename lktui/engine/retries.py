"""The retries of one session: one at a time, asked for, or planned where the profile says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.events import (
    AnyEvent,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    RetryPlanned,
)
from lktui.core.problems import PortError
from lktui.core.verdict import RETRY_SAFE, Diagnosis
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.landings import Landings
from lktui.engine.ports import ServerApi
from lktui.engine.safe_retry import AgentAlive, SafeRetry
from lktui.tasks import Tasks

GOOD_S = 60.0
"""An agent that was well for so long is worth as many retries as a new one."""


class Retries:
    """Dispatches again in the safe order.

    Args:
        dispatcher: The session's attempts.
        api: The server API.
        landings: How a new dispatch is awaited.
        tasks: Owns what is begun here.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        api: ServerApi,
        landings: Landings,
        tasks: Tasks,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._dispatcher, self._api, self._landings = dispatcher, api, landings
        self._tasks, self._emit, self._clock = tasks, emit, clock
        self._running: asyncio.Task[None] | None = None
        self._planned: asyncio.Task[None] | None = None
        self._unasked = 0
        """Retries that nobody asked for since the agent was last well."""
        self._well_at: float | None = None
        self.on_listens: Callable[[bool], None] = lambda _listens: None
        """Called when typed lines may go out, or may not."""

    @property
    def running(self) -> bool:
        """Whether a retry is under way."""
        return self._running is not None and not self._running.done()

    def ask(self, *, replace_live: bool) -> None:
        """Begin a retry; while one is under way say so."""
        if self.running:
            self._notice(f"already retrying {self._dispatcher.room}")
            return
        self._forget_plan()
        self._running = self._tasks.start(self._retry(replace_live=replace_live))

    def judged(self, verdict: Diagnosis) -> None:
        """Take a verdict: plan a retry of one that is safe to retry, if the profile wants that."""
        now = self._clock.monotonic()
        if verdict.code not in RETRY_SAFE:
            self._forget_plan()
            self._well_at = now if verdict.ok else self._well_at
            return
        if self._well_at is not None and now - self._well_at >= GOOD_S:
            self._unasked = 0
        self._well_at = None
        profile = self._dispatcher.profile
        if profile.auto_retry and self._unasked < profile.dispatch_retries and not self.running:
            self._unasked += 1
            last = self._unasked == profile.dispatch_retries
            self._forget_plan()
            self._planned = self._tasks.start(self._retry_later(verdict, last=last))

    async def stop(self) -> bool:
        """End what is under way or planned; whether a retry was under way."""
        running = self.running
        for task in (self._planned, self._running):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        return running

    async def _retry_later(self, verdict: Diagnosis, *, last: bool) -> None:
        dispatcher = self._dispatcher
        delay_s = dispatcher.profile.dispatch_retry_delay
        self._emit(
            RetryPlanned(
                session=dispatcher.session,
                attempt=dispatcher.attempt + 1,
                delay_s=delay_s,
                last=last,
                why=verdict.summary,
            )
        )
        await self._clock.sleep(delay_s)
        self._planned = None
        self.ask(replace_live=False)

    async def _retry(self, *, replace_live: bool) -> None:
        dispatcher, before = self._dispatcher, self._dispatcher.attempt
        self.on_listens(False)
        try:
            retry = SafeRetry(dispatcher, self._api, self._landings, self._clock)
            await retry.run(replace_live=replace_live)
        except AgentAlive as alive:
            self._notice(f"not replaced: {alive.identity} is alive and answers")
            self._phase(Phase.TALKING)
            self.on_listens(True)
        except PortError as error:
            self._emit(
                ProblemRaised(session=dispatcher.session, problem=error.problem, fatal=False)
            )
            self._phase(Phase.WAITING)
            if dispatcher.attempt > before:
                dispatcher.witness.know(failure=error.problem)
        else:
            self._phase(Phase.WAITING)

    def _forget_plan(self) -> None:
        if self._planned is not None and self._planned is not asyncio.current_task():
            self._planned.cancel()
        self._planned = None

    def _phase(self, phase: Phase) -> None:
        self._emit(PhaseEntered(session=self._dispatcher.session, phase=phase))

    def _notice(self, text: str) -> None:
        self._emit(Notice(session=self._dispatcher.session, text=text))
