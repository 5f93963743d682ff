"""A program in a pseudo-terminal: keys in, bytes and a screen out.

Nothing is read behind the test's back: the terminal takes what the program writes only while a
method waits, so a test can also be a terminal that takes nothing.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.emulator import Emulator
from tests.support.waiting import PATIENCE_S

# A session's leader that opens a terminal makes it its controlling one; only so do Ctrl-C and
# hang-ups reach the program, which then takes the shell's place.
_TAKE_TERMINAL = 'exec <>"$0" >&0 2>&0; exec "$@"'
_READ_BYTES = 65536
_LAST_WORDS_S = 0.5


class Chunk(NamedTuple):
    """What one read gave."""

    at_s: float
    """Seconds since the program was started."""
    content: bytes


class Terminal:
    """One program in a terminal of 256 colours; a context manager that always ends and reaps it."""

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start the program.

        Args:
            argv: The program and its arguments.
            columns: Width in cells.
            rows: Height in cells.
            env: Variables besides those of the test itself.
            cwd: Where it runs; by default where the test runs.
        """
        self.chunks: list[Chunk] = []
        self._received_bytes = 0
        self._emulator = Emulator(columns, rows)
        self._shown_chunks = 0
        """Chunks that the emulator has had: it is slow, and would hold up what is measured."""
        self._master, slave = pty.openpty()
        self._is_open = True
        try:
            _set_size(self._master, columns, rows)
            self._started_s = time.monotonic()
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _TAKE_TERMINAL, os.ttyname(slave), *map(str, argv)],
                env={**_plain_environment(), **(env or {})},
                cwd=cwd,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
            )
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)

    @property
    def pid(self) -> int:
        """The program's process, which leads a session and a group of its own."""
        return self._process.pid

    @property
    def started_s(self) -> float:
        """When the program was started, on the monotonic clock: chunks count from here."""
        return self._started_s

    @property
    def received(self) -> bytes:
        """All that was read so far."""
        return b"".join(chunk.content for chunk in self.chunks)

    @property
    def title(self) -> str:
        """The window's title."""
        return self._shown().title

    def mark(self) -> int:
        """Return a place in what was received, for `bytes_since`."""
        return self._received_bytes

    def bytes_since(self, mark: int) -> bytes:
        """Return what was received after a mark."""
        left, pieces = self._received_bytes - mark, []
        for chunk in reversed(self.chunks):
            if left <= 0:
                break
            pieces.append(chunk.content[-left:] if left < len(chunk.content) else chunk.content)
            left -= len(chunk.content)
        return b"".join(reversed(pieces))

    def screen(self) -> list[str]:
        """Return the lines that are shown now, without blanks at their ends."""
        return self._shown().lines()

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.screen())

    def send(self, keys: str | bytes) -> None:
        """Type; special keys are the bytes that a terminal sends for them."""
        left = keys.encode() if isinstance(keys, str) else keys
        while left:
            left = left[os.write(self._master, left) :]

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, of which the kernel tells the program."""
        self._shown().resize(columns, rows)
        _set_size(self._master, columns, rows)

    def pump(self, seconds: float) -> None:
        """Take what the program writes for so long."""
        deadline = time.monotonic() + seconds
        while self._is_open and (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def wait_for(
        self, awaited: str | Callable[[Terminal], bool], *, timeout_s: float = PATIENCE_S
    ) -> float:
        """Take what the program writes until the screen shows what is awaited.

        Args:
            awaited: A text within one line of the screen, or a condition.
            timeout_s: Seconds after which it is a failure.

        Returns:
            Seconds that it took.

        Raises:
            AssertionError: It did not come; the message has the screen.
        """
        begun = time.monotonic()
        while not self._shows(awaited):
            left = begun + timeout_s - time.monotonic()
            assert left > 0, f"not within {timeout_s} s: {awaited!r}, but\n{self.text()}"
            assert self._is_open, f"closed before {awaited!r} with\n{self.text()}"
            self._read(left)
        return time.monotonic() - begun

    def wait_exit(self, *, timeout_s: float = PATIENCE_S) -> int:
        """Take what the program writes until it has ended.

        Returns:
            Its exit code; negative, the signal that ended it.
        """
        deadline = time.monotonic() + timeout_s
        while self._process.poll() is None:
            left = deadline - time.monotonic()
            assert left > 0, f"still running after {timeout_s} s with\n{self.text()}"
            self._read(min(left, 0.02))
        # What it wrote last is still in the kernel; a child of its may keep the terminal open.
        self.pump(_LAST_WORDS_S if self._is_open else 0)
        return self._process.returncode

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the program alone, not to its children."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal under the program, as a lost SSH connection does."""
        if self._is_open:
            self._is_open = False
            os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.hang_up()

    def _shown(self) -> Emulator:
        """Have the emulator show all that was received."""
        for chunk in self.chunks[self._shown_chunks :]:
            self._emulator.feed(chunk.content)
        self._shown_chunks = len(self.chunks)
        return self._emulator

    def _shows(self, awaited: str | Callable[[Terminal], bool]) -> bool:
        if isinstance(awaited, str):
            return any(awaited in line for line in self.screen())
        return awaited(self)

    def _read(self, timeout_s: float) -> None:
        if not self._is_open:
            time.sleep(timeout_s)
        elif select.select([self._master], [], [], timeout_s)[0]:
            try:
                content = os.read(self._master, _READ_BYTES)
            except OSError:  # Linux says so, others by an empty read: nobody has it open any more
                content = b""
            if content:
                self.chunks.append(Chunk(time.monotonic() - self._started_s, content))
                self._received_bytes += len(content)
            else:
                self.hang_up()


def _plain_environment() -> dict[str, str]:
    """Return the test's own variables, as an SSH session on a 256-colour terminal has them."""
    inherited = ("COLORTERM", "COLUMNS", "LINES", "TERM_PROGRAM", "TMUX")
    variables = {name: value for name, value in os.environ.items() if name not in inherited}
    return {**variables, "TERM": "xterm-256color"}


def _set_size(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
