"""A process of the demo: started, heard once, stood in for when it dies, ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path

END_LIMIT_S = 4.0
"""What has not ended by then is killed."""
_RESTARTS, _RESTART_S = 5, 1.0
_BACKGROUND = 10
"""How nice a process in the background is; 19 is nicest."""


class ChildEndedError(Exception):
    """A process ended before it was up; the message says which, and its last words."""


class Child:
    """A process that ends at the end of its input.

    Args:
        what: How it is called if it fails.
        argv: Its command line; no secrets.
        env: Its environment.
        log: Where it writes what it logs.
        speaks: It says in one line on stdout that it is up.
    """

    def __init__(
        self,
        what: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        *,
        speaks: bool = True,
    ) -> None:
        self._what, self._argv, self._env, self._log = what, argv, env, log
        self._speaks = speaks
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it.

        Raises:
            OSError: The program cannot be started.
        """
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=PIPE,
                stdout=PIPE if self._speaks else descriptor,
                stderr=descriptor,
                env=dict(self._env),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    async def up(self) -> None:
        """Wait for its line, if it speaks; for ever, if it ends without one."""
        speech = self._process.stdout if self._process else None
        if speech is not None and not await speech.readline():
            await asyncio.get_running_loop().create_future()

    async def ended(self) -> None:
        """Wait until it ends, which is too early.

        Raises:
            ChildEndedError: It has.
        """
        code = await self._over()
        raise ChildEndedError(f"{self._what} ended with {code}: {self._last_words()}")

    async def stand_in(self) -> None:
        """Start it again whenever it dies, but not for ever."""
        for _ in range(_RESTARTS):
            await self._over()
            await asyncio.sleep(_RESTART_S)
            await self.start()

    def step_back(self) -> None:
        """Let what the person looks at have the processor first."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _BACKGROUND)

    async def end(self, *, by_signal: bool = False) -> None:
        """End it and take its exit status.

        Args:
            by_signal: By SIGTERM: it does not listen to its input.
        """
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if process.stdin is not None:
                process.stdin.close()
            if by_signal:
                process.terminate()
        try:
            async with asyncio.timeout(END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _over(self) -> int:
        assert self._process is not None  # noqa: S101 - it was started
        return await self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


async def all_up(children: Sequence[Child]) -> None:
    """Wait until all that speak have said their line.

    Raises:
        ChildEndedError: One of them, one that does not speak too, has ended instead.
    """
    loop = asyncio.get_running_loop()
    rising = loop.create_task(_each_up(children))
    ending = [loop.create_task(child.ended()) for child in children]
    tasks: set[asyncio.Task[None]] = {rising, *ending}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


async def _each_up(children: Sequence[Child]) -> None:
    for child in children:
        await child.up()
