"""A state folder that becomes usable while the dashboard is open: the engine begins by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lktui.core.cleanup import ItemState
from tests.e2e.queued_rooms import leave_behind
from tests.support.program import Program, echo_profile, rooms_of
from tests.support.sandbox import Sandbox
from tests.support.terminal import Terminal

_BUSY_S = 5.0
_AGAIN_S = 30.0


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the journal as a program would that never lets go."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE item SET over = over")
        yield


@pytest.fixture
def program(program: Program, sandbox: Sandbox, prefix: str) -> Program:
    """Give the program with a profile at the sandbox and a room that it keeps."""
    program.save_profile("echo", echo_profile(sandbox, prefix))
    leave_behind(program, sandbox, f"{prefix}-kept", state=ItemState.KEPT)
    return program


def test_a_lock_that_is_let_go_lets_the_queue_be_read_and_a_conversation_start(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    with Terminal(program.argv(), env=program.environment) as terminal:
        with locked(program.state_dir / "journal.sqlite"):
            terminal.wait_for("✗ engine cannot work")
            terminal.send("s")
            terminal.wait_for("not now: ")
            # Long enough that a second try meets the lock too.
            terminal.pump(2 * _BUSY_S)
            assert "✗ engine cannot work" in terminal.text()
        terminal.wait_for("the engine works again", timeout_s=_AGAIN_S)
        terminal.wait_for("○ not connected")
        terminal.send("4")
        terminal.wait_for("1 kept")
        terminal.send("1s")
        terminal.wait_for("x End")
        terminal.send("qy")
        assert terminal.wait_exit() == 0
    assert rooms_of(sandbox, prefix) == {f"{prefix}-kept"}


def test_quitting_does_not_wait_for_the_lock(program: Program) -> None:
    with Terminal(program.argv(), env=program.environment) as terminal:
        with locked(program.state_dir / "journal.sqlite"):
            terminal.wait_for("✗ engine cannot work")
            terminal.send("q")
            assert terminal.wait_exit() == 0
        assert program.engines_ended(timeout_s=_AGAIN_S)
