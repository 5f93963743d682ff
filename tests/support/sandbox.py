"""A sandbox of one's own: a process on a free port, always ended."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from lktui.sandbox.control import SandboxControl
from tests.support.waiting import PATIENCE_S

_CHECKOUT = Path(__file__).parents[2]
_END_S = PATIENCE_S


class Sandbox:
    """One `python -m lktui.sandbox`; a context manager that always ends it."""

    key = "devkey"

    def __init__(self, log: Path, *, delays: float = 0.1) -> None:
        """Start it and wait until it listens.

        Args:
            log: Where it writes what it logs.
            delays: How late it is, with the real server as 1.
        """
        self._log = log
        self.delays = delays
        self.secret = secrets.token_urlsafe(32)
        self.port = _free_port()
        self._process = self._start()

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Address and credentials in the variables that LiveKit's own programs read."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.key,
            "LIVEKIT_API_SECRET": self.secret,
        }

    @property
    def control(self) -> SandboxControl:
        """The client with which faults are asked for."""
        return SandboxControl(self.url, self.key, self.secret)

    @property
    def pid(self) -> int:
        """The process that runs now."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a crash would; connections are cut, rooms are forgotten."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def restart(self) -> None:
        """Start it anew on the same port, killed first if it still runs."""
        self.kill()
        self._process = self._start()

    def freeze(self) -> None:
        """Make it answer nothing while its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """Close its input, which is how it is ended in order; returns its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended by itself; returns its exit code."""
        return self._process.wait(_END_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = ["--port", str(self.port), "--delays", str(self.delays)]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "lktui.sandbox", *arguments],
                cwd=_CHECKOUT,
                env={**os.environ, "LIVEKIT_API_SECRET": self.secret},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert process.stdout is not None
        if not process.stdout.readline():
            process.kill()
            process.communicate()
            said = "\n".join(self._log.read_text().splitlines()[-10:])
            raise RuntimeError(f"the sandbox did not start:\n{said}")
        return process


def _free_port() -> int:
    """Find a port below the range of outgoing connections.

    A client that knocks at a killed server must not be given the very port that it knocks at, or
    the restarted server cannot have it.
    """
    for _ in range(100):
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")
