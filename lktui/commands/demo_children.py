"""A process of the demo: started, heard once, and ended by the end of its input."""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_BACKGROUND = 10
"""How nice a process in the background is; 19 is nicest."""
END_LIMIT_S = 4.0
"""What has not ended by then is killed."""


class ChildEndedError(Exception):
    """A process ended before it was up; the message says which, and its last words."""


class Child:
    """A process that ends with us, or is made to."""

    def __init__(self, what: str, process: Process, log: Path) -> None:
        self._what, self._process, self._log = what, process, log

    @classmethod
    async def start(
        cls, what: str, argv: Sequence[str], env: Mapping[str, str], log: Path, *, speaks: bool
    ) -> Self:
        """Start it.

        Args:
            what: How it is called if it fails.
            argv: Its command line; no secrets.
            env: Its environment.
            log: Where it writes what it logs.
            speaks: It says in one line that it is up, and ends at the end of its input; any other
                is ended by a signal.

        Raises:
            OSError: The program cannot be started.
        """
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=PIPE if speaks else DEVNULL,
                stdout=PIPE if speaks else descriptor,
                stderr=descriptor,
                env=dict(env),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        return cls(what, process, log)

    async def up(self) -> None:
        """Wait for its line, if it speaks; for ever, if it ends without one."""
        if self._process.stdout is not None and not await self._process.stdout.readline():
            await asyncio.get_running_loop().create_future()

    async def ended(self) -> None:
        """Wait until it ends, which is too early.

        Raises:
            ChildEndedError: It has.
        """
        code = await self._process.wait()
        raise ChildEndedError(f"{self._what} ended with {code}: {self._last_words()}")

    def step_back(self) -> None:
        """Let what the person looks at have the processor first."""
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, self._process.pid, _BACKGROUND)

    async def end(self) -> None:
        """End it and take its exit status."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._process.stdin is not None:
                self._process.stdin.close()
            else:
                self._process.terminate()
        try:
            async with asyncio.timeout(END_LIMIT_S):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

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
