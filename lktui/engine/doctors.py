"""The runs of the doctor that go on; its checks are imported when they are first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.commands import EndDoctor, RunDoctor
from lktui.core.doctor import (
    Check,
    CheckDone,
    CheckState,
    CheckupBegan,
    CheckupDone,
    Finding,
)
from lktui.core.events import AnyEvent
from lktui.engine.janitor import Janitor
from lktui.engine.ports import Gateway
from lktui.tasks import Tasks

MAX_RUNS = 20


class Doctors:
    """Begins and ends the doctor's runs.

    Args:
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._gateway, self._janitor, self._emit, self._clock = gateway, janitor, emit, clock
        self._tasks = Tasks("the doctor")
        self._runs: dict[str, asyncio.Task[None]] = {}

    def handle(self, command: RunDoctor | EndDoctor) -> None:
        """Begin a run, or let one clean up and end."""
        match command:
            case RunDoctor():
                self._begin(command)
            case EndDoctor():
                self._end(command.run)

    def _begin(self, command: RunDoctor) -> None:
        """Look at a profile; too many at once are refused."""
        from lktui.engine.doctor.network import SystemNetwork  # noqa: PLC0415 - see the module
        from lktui.engine.doctor.run import DoctorRun  # noqa: PLC0415 - the same

        if len(self._runs) >= MAX_RUNS:
            self._refuse(command)
            return
        run = DoctorRun(
            command,
            gateway=self._gateway,
            janitor=self._janitor,
            network=SystemNetwork(self._clock),
            emit=self._emit,
            clock=self._clock,
        )
        task = self._tasks.start(run.work())
        self._runs[command.run] = task
        task.add_done_callback(lambda _task: self._runs.pop(command.run, None))

    def _end(self, run: str) -> None:
        """Let one run clean up and end, if it goes on."""
        if run in self._runs:
            self._runs[run].cancel()

    def end_all(self) -> list[asyncio.Task[None]]:
        """Let all runs clean up and end; gives what to wait for."""
        runs = list(self._runs.values())
        for task in runs:
            task.cancel()
        return runs

    def _refuse(self, command: RunDoctor) -> None:
        """Say in the place of the first check why nothing is looked at."""
        run, name = command.run, command.profile.name
        detail = f"not now: {len(self._runs)} profiles are being tested"
        found = Finding(check=Check.URL, state=CheckState.SKIPPED, detail=detail)
        self._emit(
            CheckupBegan(run=run, profile=name, dispatch=command.dispatch, checks=(Check.URL,))
        )
        self._emit(CheckDone(run=run, finding=found))
        self._emit(CheckupDone(run=run, took_ms=0.0))
