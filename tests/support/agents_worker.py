"""A real livekit-agents worker, in a process and a Python environment of its own."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.support.cache import UnavailableError, built_once, run
from tests.support.server import Server
from tests.support.waiting import until

VERSION = "1.8.9"
_PROGRAM = Path(__file__).parent / "agent_worker" / "worker.py"
_REGISTER_S = 45.0


@functools.cache
def agents_python() -> Path:
    """Find a Python that has livekit-agents, or make one (about a minute, once).

    Raises:
        UnavailableError: There is none and it cannot be made.
    """
    if named := os.environ.get("LKTUI_TEST_AGENTS_PYTHON"):
        if not os.access(named, os.X_OK):
            raise UnavailableError(f"LKTUI_TEST_AGENTS_PYTHON names no program: {named}")
        return Path(named)
    name = f"livekit-agents-{VERSION}-python{sys.version_info.major}.{sys.version_info.minor}"
    return built_once(name, _make_environment) / "bin" / "python"


class AgentsWorker:
    """One worker process with its jobs; a context manager that always ends them all."""

    def __init__(self, python: Path, server: Server, log: Path, *, name: str) -> None:
        """Start it and wait until the server knows it.

        Args:
            python: What `agents_python` found.
            server: Where it registers.
            log: Where it writes what it logs; overwritten.
            name: What dispatches call it; empty, it joins every new room by itself.
        """
        self.name = name
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [python, _PROGRAM, "start"],
                env={
                    **os.environ,
                    **server.environment,
                    "LKTUI_TEST_AGENT_NAME": name,
                    "LKTUI_TEST_MARKS": str(log.parent),
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        registered = until(
            lambda: self._process.poll() is not None or b"registered worker" in log.read_bytes(),
            timeout_s=_REGISTER_S,
        )
        if not registered or self._process.poll() is not None:
            self.kill()
            said = "\n".join(log.read_text().splitlines()[-10:])
            raise RuntimeError(f"the worker did not register:\n{said}")

    def kill(self) -> None:
        """End it with all of its jobs at once; their agents stay in their rooms for a while."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def _make_environment(folder: Path) -> None:
    package = f"livekit-agents=={VERSION}"
    python = folder / "bin" / "python"
    # Outside the checkout, whose pins are for another livekit.
    if uv := shutil.which("uv"):
        run([uv, "venv", "--clear", "--python", sys.executable, folder], cwd=folder)
        run([uv, "pip", "install", "--python", python, package], cwd=folder)
    else:
        run([sys.executable, "-m", "venv", "--clear", folder], cwd=folder)
        run([python, "-m", "pip", "install", package], cwd=folder)
