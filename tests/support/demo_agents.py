"""The demo agents in a process of their own, as `lktui demo` starts them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support.server import Server
from tests.support.waiting import PATIENCE_S

_CHECKOUT = Path(__file__).parents[2]
_REGISTER_S = PATIENCE_S
_END_S = PATIENCE_S


class DemoAgents:
    """One process with all demo workers; a context manager that always ends it."""

    def __init__(self, server: Server, log: Path, *, caller: bool = False) -> None:
        """Start it and wait until the server knows all workers.

        Args:
            server: Where they register.
            log: Where the process writes what it logs; overwritten.
            caller: Whether the scripted call goes on in the room `demo-call`.
        """
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lktui.sandbox.agents", *(["--caller"] if caller else [])],
                cwd=_CHECKOUT,
                env={**os.environ, **server.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            )
        self.registered = self._read_registered()

    @property
    def logged(self) -> str:
        """What the process has logged so far."""
        return self.log.read_text()

    def close_input(self) -> int:
        """Let it end as it does when its parent dies; gives the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=_END_S)

    def terminate(self) -> int:
        """Ask it to end; gives the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=_END_S)

    def kill(self) -> None:
        """End it at once, as a crash would; its agents stay in their rooms for a while."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.process.poll() is None:
                self.terminate()
        finally:
            self.kill()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()

    def _read_registered(self) -> list[str]:
        out = self.process.stdout
        assert out is not None
        ready, _, _ = select.select([out], [], [], _REGISTER_S)
        line = out.readline() if ready else b""
        if not line:
            self.kill()
            out.close()
            raise RuntimeError(f"the demo agents did not register:\n{self.logged[-2000:]}")
        registered: list[str] = json.loads(line)["registered"]
        return registered
