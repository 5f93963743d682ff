"""Starts and supervises the engine process, for the app and for the headless verbs.

End of file on the socket is the sign of death: it comes before the exit status and from any
cause. A dead engine is started again after 0, 0.5, 2 and 5 s; then it stays down. What a dead
engine left behind the new one takes over from the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from lktui.clock import Clock, SystemClock
from lktui.core.commands import AnyCommand, Shutdown
from lktui.core.engine_events import Bye, Hello
from lktui.core.wire import PROTOCOL, event_reader, frame_command
from lktui.pipe import FrameProtocol

if TYPE_CHECKING:
    from lktui.core.events import AnyEvent

_RESTART_WAITS_S = (0.0, 0.5, 2.0, 5.0)
_STEADY_S = 30.0
"""An engine that was up so long is not taken for one that cannot start."""
_SOCKET_BYTES = 1 << 20
_REAP_S = 2.0


class EngineHealth(StrEnum):
    """What the header says of the engine."""

    STARTING = "starting"
    UP = "up"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    """It has ended as it was asked to."""
    FAILED = "failed"
    """It died again and again and is not started any more."""
    MISMATCHED = "mismatched"
    """lktui was updated: the engine on disk speaks another protocol."""


class EngineClient(Protocol):
    """What the controller and the commands need of an engine."""

    on_events: Callable[[list[AnyEvent]], None]
    on_health: Callable[[EngineHealth], None]

    async def start(self) -> None:
        """Connect to the engine; health tells when it is up."""
        ...

    def send(self, command: AnyCommand) -> None:
        """Ask something; while the engine is being restarted it is kept and sent then."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Ask it to end and wait; what remains it finishes without us."""
        ...


class EngineOptions(msgspec.Struct, frozen=True):
    """What the engine process is told on its command line; no secrets."""

    config_dir: Path
    state_dir: Path
    log_file: Path
    log_level: str = "info"
    record: bool = True

    def arguments(self, fd: int) -> list[str]:
        """Make the command line; `-P` keeps modules of the current folder out."""
        return [
            sys.executable,
            "-P",
            "-m",
            "lktui.engine",
            str(fd),
            f"--config-dir={self.config_dir}",
            f"--state-dir={self.state_dir}",
            f"--log-level={self.log_level}",
            *([] if self.record else ["--no-record"]),
        ]


def ignore_events(_events: list[AnyEvent]) -> None:
    """Stand in until somebody listens."""


def ignore_health(_health: EngineHealth) -> None:
    """Stand in until somebody listens."""


class ChildEngine:
    """An engine in a process of its own."""

    def __init__(self, options: EngineOptions, clock: Clock | None = None) -> None:
        self.on_events: Callable[[list[AnyEvent]], None] = ignore_events
        self.on_health: Callable[[EngineHealth], None] = ignore_health
        self._options = options
        self._clock = clock or SystemClock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        """Our end, until it is connected."""
        self._own_end: socket.socket | None = None
        self._pipe: FrameProtocol[list[AnyEvent]] | None = None
        self._held: list[AnyCommand] = []
        self._up = False
        self._ending = False
        self._failures = 0
        self._spawned_at = 0.0
        self._gone = asyncio.Event()
        self._restart: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The engine's process id; 0 before it is spawned."""
        return self._process.pid if self._process else 0

    def spawn(self) -> None:
        """Start the process; needs no event loop, so it may run before anything heavy is imported.

        Raises:
            OSError: The log file cannot be opened, or no process can be started.
        """
        log = os.open(self._options.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        # Our copy of the engine's end must be closed at once, or its end of file never comes.
        try:
            self._process = subprocess.Popen(
                self._options.arguments(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(log)
        self._socket = self._own_end = ours
        self._spawned_at = self._clock.monotonic()

    async def start(self) -> None:
        """Connect to the engine, which is spawned if it was not yet."""
        if self._socket is None:
            self.spawn()
        sock, self._socket = self._socket, None
        assert sock is not None  # noqa: S101 - spawn() has set it
        sock.setblocking(False)
        self._up = False
        self.on_health(EngineHealth.RESTARTING if self._failures else EngineHealth.STARTING)
        pipe = FrameProtocol(event_reader(), self._received, self._lost)
        self._pipe = pipe
        await asyncio.get_running_loop().create_connection(lambda: pipe, sock=sock)

    def send(self, command: AnyCommand) -> None:
        """Ask something; until the engine has said hello it is kept and sent then."""
        if self._up and self._pipe is not None:
            self._pipe.send(frame_command(command))
        else:
            self._held.append(command)

    async def stop(self, grace_s: float) -> None:
        """Ask it to end and wait at most a second longer than the grace.

        What remains goes on without us: at end of file the engine works its queue by itself.
        """
        self._ending = True
        if self._pipe is None:
            return
        if self._restart is not None and not self._restart.done():
            self._restart.cancel()
            await asyncio.wait([self._restart])
            self._over(EngineHealth.STOPPED)
        elif not self._gone.is_set():
            self._pipe.send(frame_command(Shutdown(grace_s=grace_s)))
            try:
                async with asyncio.timeout(grace_s + 1):
                    await self._gone.wait()
            except TimeoutError:
                self._pipe.close()
        await self._reap()

    def abandon(self) -> None:
        """Let go of the engine, without an event loop: at end of file it ends by itself."""
        if self._own_end is not None:
            self._own_end.close()

    def _received(self, events: list[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, Hello):
                self._greeted(event)
            elif isinstance(event, Bye):
                self._ending = True
        self.on_events(events)

    def _greeted(self, hello: Hello) -> None:
        if hello.protocol != PROTOCOL:
            self._ending = True
            self._over(EngineHealth.MISMATCHED)
            if self._pipe is not None:
                self._pipe.close()
            return
        self._up = True
        held, self._held = self._held, []
        for command in held:
            self.send(command)
        self.on_health(EngineHealth.UP)

    def _lost(self, _error: Exception | None) -> None:
        self._up = False
        if self._ending:
            if not self._gone.is_set():
                self._over(EngineHealth.STOPPED)
            return
        steady = self._clock.monotonic() - self._spawned_at >= _STEADY_S
        self._failures = 1 if steady else self._failures + 1
        if self._failures <= len(_RESTART_WAITS_S):
            self.on_health(EngineHealth.RESTARTING)
        self._restart = asyncio.get_running_loop().create_task(self._start_again())

    async def _start_again(self) -> None:
        """Start it anew after a wait; give it up when that has failed too often."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()  # it broke the framing but lives on
        await self._reap()
        while self._failures <= len(_RESTART_WAITS_S):
            await self._clock.sleep(_RESTART_WAITS_S[self._failures - 1])
            try:
                await self.start()
            except OSError:
                self._failures += 1  # no log file, or no process: as if it had died at once
            else:
                return
        self._over(EngineHealth.FAILED)

    def _over(self, health: EngineHealth) -> None:
        self._gone.set()
        self.on_health(health)

    async def _reap(self) -> None:
        """Take the exit status, so that no zombie stays; a process that lingers is left to init."""
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, _REAP_S)
