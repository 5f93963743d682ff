"""The program under test, run as people run it: a process of its own, with folders of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import tomli_w

from tests.support import twirp
from tests.support.server import Server
from tests.support.waiting import until

FieldValue = str | bool | int | float | dict[str, str]


class Ended(NamedTuple):
    """One run of the program that is over."""

    exit_code: int
    stdout: str
    stderr: str
    took_s: float


class Program:
    """One installation: its profiles, its state, and the processes that use them."""

    def __init__(self, folder: Path) -> None:
        """Choose the folders; nothing is started.

        Args:
            folder: Where both are made; nobody else's.
        """
        self.config_dir = folder / "lktui-config"
        self.state_dir = folder / "lktui-state"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name the folders."""
        return {
            "LKTUI_CONFIG_DIR": str(self.config_dir),
            "LKTUI_STATE_DIR": str(self.state_dir),
        }

    def argv(self, *words: str) -> list[str]:
        """Make a command line."""
        return [sys.executable, "-m", "lktui", *words]

    def save_profile(self, name: str, fields: Mapping[str, FieldValue]) -> None:
        """Write a profile's file, as a person would by hand."""
        folder = self.config_dir / "profiles"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.toml"
        file.touch(mode=0o600)
        file.write_text(tomli_w.dumps(fields))

    def run(
        self, *words: str, timeout_s: float = 60.0, begin: Callable[[], None] | None = None
    ) -> Ended:
        """Run it to its end; `begin` is called in its process before the program is."""
        begun = time.monotonic()
        done = subprocess.run(
            self.argv(*words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            preexec_fn=begin,
        )
        return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it and go on; a context manager that waits for its end."""
        return subprocess.Popen(
            self.argv(*words),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def engines(self) -> set[int]:
        """Process ids of the engines of this installation that live."""
        listed = subprocess.run(
            ["ps", "-axww", "-o", "pid=,stat=,command="],  # noqa: S607 - the system's own
            capture_output=True,
            text=True,
            check=True,
        )
        processes = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
        ours = f"--state-dir={self.state_dir}"
        return {
            int(pid)
            for pid, state, command in processes
            if not state.startswith("Z") and "lktui.engine" in command and ours in command.split()
        }

    def kill_engines(self) -> set[int]:
        """End every engine as a crash would; gives the process ids."""
        killed = self.engines
        for pid in killed:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(pid, signal.SIGKILL)
        return killed

    def engines_ended(self, *, timeout_s: float) -> bool:
        """Wait until no engine is left; whether it was so in time."""
        return until(lambda: not self.engines, timeout_s=timeout_s)

    def journal(self, question: str) -> Sequence[tuple[str | float, ...]]:
        """Ask the journal, which another process may be writing; without a journal, nothing."""
        file = self.state_dir / "journal.sqlite"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as database:
            return database.execute(question).fetchall()


def echo_profile(server: Server, prefix: str) -> dict[str, FieldValue]:
    """Make the fields of a profile of the worker `echo`, in the file's names.

    Args:
        server: Where the worker is.
        prefix: The rooms' prefix: a test's own, so that it finds its rooms among those of others.
    """
    return {
        "url": server.url,
        "api_key": server.key,
        "api_secret": server.secret,
        "agent_name": "echo",
        "dispatch_mode": "explicit",
        "room_prefix": prefix,
    }


def rooms_of(server: Server, prefix: str) -> set[str]:
    """List the rooms with this prefix that the server has."""
    return {room for room in twirp.rooms(server) if room.startswith(prefix)}
