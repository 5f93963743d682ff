"""The engine and the fold for a headless verb: send commands, wait for states."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from lktui.commands.diagnostics import hint
from lktui.core.commands import AnyCommand
from lktui.core.events import AnyEvent, EngineFaulted, Hello, JournalMended
from lktui.core.fold import Fold, State
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.invocation import Invocation
from lktui.session.engine_client import ChildEngine, EngineHealth, EngineOptions
from lktui.store.files import make_private_folder

START_LIMIT_S = 20.0
STOP_GRACE_S = 20.0


class Headless:
    """An engine of this verb's own; leaving the context ends every session in it.

    Args:
        invocation: Where profiles and state are.
        on_events: Hears of every batch, after the fold.
    """

    def __init__(
        self,
        invocation: Invocation,
        on_events: Callable[[list[AnyEvent]], None] = lambda _events: None,
    ) -> None:
        make_private_folder(invocation.paths.state_dir)
        self._log = invocation.paths.log_file
        self._engine = ChildEngine(
            EngineOptions(
                config_dir=invocation.paths.config_dir,
                state_dir=invocation.paths.state_dir,
                log_file=invocation.paths.log_file,
                log_level=invocation.log_level,
                record=invocation.record,
            )
        )
        self._engine.on_events = self._take
        self._engine.on_health = self._health_changed
        self._on_events = on_events
        self._changed = asyncio.Event()
        self._health = EngineHealth.STARTING
        self._fault: EngineFaulted | None = None
        self._quiet = invocation.quiet
        self.installation = ""
        """Four characters in the names of this installation's rooms."""
        self.fold = Fold()

    @property
    def state(self) -> State:
        """The newest snapshot."""
        return self.fold.state

    async def __aenter__(self) -> Self:
        try:
            await self._engine.start()
        except OSError as error:  # the log is the first thing that is written there
            path, why = clean(str(self._log)), clean_detail(error.strerror or str(error))
            found = problem(ProblemCode.STATE_UNUSABLE, subject=path, path=path, why=why)
            raise PortError(found) from error
        if not await self.until(lambda _state: self._health is EngineHealth.UP, START_LIMIT_S):
            raise PortError(problem(ProblemCode.ENGINE_LOST, log=str(self._log)))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._engine.stop(STOP_GRACE_S)

    def send(self, command: AnyCommand) -> None:
        """Ask the engine something."""
        self._engine.send(command)

    async def until(self, reached: Callable[[State], bool], limit_s: float) -> bool:
        """Wait until a state is reached; False when the time is over.

        Raises:
            PortError: The engine cannot do its work.
        """
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    if self._fault is not None:
                        raise PortError(self._fault.problem)
                    if reached(self.state):
                        return True
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False

    def _take(self, events: list[AnyEvent]) -> None:
        self.fold.apply(events)
        for event in events:
            match event:
                case EngineFaulted(problem=found) if found.code is ProblemCode.NOT_RECORDED:
                    hint(found.line, quiet=self._quiet)
                case EngineFaulted():
                    self._fault = event
                case Hello():
                    self.installation = event.installation
                case JournalMended():
                    hint(event.problem.line, quiet=self._quiet)
                case _:
                    pass
        self._on_events(events)
        self._changed.set()

    def _health_changed(self, health: EngineHealth) -> None:
        self._health = health
        if health in (EngineHealth.FAILED, EngineHealth.MISMATCHED):
            code = ProblemCode.ENGINE_LOST
            if health is EngineHealth.MISMATCHED:
                code = ProblemCode.ENGINE_MISMATCH
            self._fault = EngineFaulted(problem=problem(code, log=str(self._log)))
        self._changed.set()


def run_interruptible(work: Coroutine[object, object, int]) -> int:
    """Run a verb's work; SIGINT and SIGTERM cancel it, and it cleans up before it ends.

    Raises:
        KeyboardInterrupt: It was interrupted, and has cleaned up.
    """
    return asyncio.run(_until_signalled(work))


async def _until_signalled(work: Coroutine[object, object, int]) -> int:
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
