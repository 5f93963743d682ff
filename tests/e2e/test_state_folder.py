"""A state folder that cannot be trusted stops what would have to be recorded, and loses nothing."""

from __future__ import annotations

import ctypes
import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from lktui.core.cleanup import ItemState
from tests.e2e.queued_rooms import leave_behind
from tests.e2e.results import Items, read
from tests.support import twirp
from tests.support.killing import HOOK
from tests.support.program import Ended, Program, echo_profile, rooms_of
from tests.support.sandbox import Sandbox

PROBE = ("probe", "echo", "--no-wait-reply")
ROOMS = 12
_WRITES_ANYWHERE = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
_DROP = 24
"""PR_CAPBSET_DROP: what this process starts cannot have it either."""
_LIBC = ctypes.CDLL(None)
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def program(program: Program, sandbox: Sandbox, prefix: str) -> Program:
    """Give the program with a profile at the sandbox."""
    program.save_profile("echo", echo_profile(sandbox, prefix) | {"join_timeout": 5})
    return program


def listed(program: Program) -> dict[str, str]:
    """Give the queue: states by room."""
    return states(program.run("cleanup", "list", "--json"))


def states(done: Ended) -> dict[str, str]:
    """Give the states by room of a queue that was printed."""
    return {item.room: item.state for item in read(done, Items).items}


def no_room_left() -> None:
    """Let this process write no byte to any file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def as_anybody() -> None:
    """Take from root, in this process, what lets it write where the mode forbids it."""
    if os.geteuid() == 0:
        for capability in _WRITES_ANYWHERE:
            assert _LIBC.prctl(_DROP, capability, 0, 0, 0) == 0


def test_on_a_full_disk_no_session_starts_and_what_was_recorded_stays(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    leave_behind(program, sandbox, f"{prefix}-kept", state=ItemState.KEPT)
    done = program.run(*PROBE, begin=no_room_left)
    assert done.exit_code == 3, done.stderr
    assert "state_unusable" in done.stderr
    assert rooms_of(sandbox, prefix) == {f"{prefix}-kept"}
    assert listed(program) == {f"{prefix}-kept": "kept"}


def test_a_locked_journal_is_a_problem_and_is_not_waited_for_for_ever(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    leave_behind(program, sandbox, f"{prefix}-kept", state=ItemState.KEPT)
    file = program.state_dir / "journal.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE item SET over = over")
        done = program.run(*PROBE)
    assert done.exit_code == 3, done.stderr
    assert "locked" in done.stderr
    assert rooms_of(sandbox, prefix) == {f"{prefix}-kept"}
    assert listed(program) == {f"{prefix}-kept": "kept"}


@pytest.mark.skipif(
    os.geteuid() == 0 and sys.platform != "linux", reason="root writes where it wants to"
)
def test_in_a_read_only_folder_no_session_starts_and_the_queue_can_be_read(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    leave_behind(program, sandbox, f"{prefix}-kept", state=ItemState.KEPT)
    program.state_dir.chmod(0o500)
    try:
        done = program.run(*PROBE, begin=as_anybody)
        queue = program.run("cleanup", "list", "--json", begin=as_anybody)
    finally:
        program.state_dir.chmod(0o700)
    assert states(queue) == {f"{prefix}-kept": "kept"}
    assert done.exit_code == 3, done.stderr
    assert "state_unusable" in done.stderr
    assert rooms_of(sandbox, prefix) == {f"{prefix}-kept"}


def test_a_damaged_journal_is_set_aside_and_its_rooms_are_removed(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    leave_behind(program, sandbox, f"{prefix}-left", identity="nobody")
    file = program.state_dir / "journal.sqlite"
    damaged = b"\xa5" * 100 + file.read_bytes()[100:]
    file.write_bytes(damaged)
    done = program.run("cleanup", "run")
    assert done.exit_code == 0, done.stderr
    assert "state_damaged" in done.stderr
    assert rooms_of(sandbox, prefix) == set()
    (aside,) = program.state_dir.glob("journal.sqlite.damaged-*")
    assert aside.read_bytes() == damaged


def test_kept_rooms_go_together_and_a_plain_run_leaves_them(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    names = {f"{prefix}-{number}" for number in range(3)}
    leave_behind(program, sandbox, *names, keep=True)
    assert program.run("cleanup", "run").exit_code == 0
    assert rooms_of(sandbox, prefix) == names
    assert set(listed(program).values()) == {"kept"}
    done = program.run("cleanup", "run", "--kept")
    assert done.exit_code == 0, done.stderr
    assert rooms_of(sandbox, prefix) == set()
    assert set(listed(program).values()) == {"last_look"}


def test_orphans_are_found_and_deleted_only_when_agreed_to(
    program: Program, sandbox: Sandbox, prefix: str
) -> None:
    orphan = f"{prefix}-by-hand"
    twirp.create_room(sandbox, orphan)
    leave_behind(program, sandbox, f"{prefix}-known", state=ItemState.KEPT)
    found = program.run("cleanup", "orphans", "--json")
    assert found.exit_code == 0, found.stderr
    rooms = msgspec.json.decode(found.stdout)["orphans"]
    assert [(one["room"], one["made_by"], one["deleted"]) for one in rooms] == [(orphan, "", None)]
    assert program.run("cleanup", "orphans", "--delete", orphan).exit_code == 2
    assert rooms_of(sandbox, prefix) == {orphan, f"{prefix}-known"}
    assert program.run("cleanup", "orphans", "--yes", "--delete").exit_code == 0
    assert orphan in rooms_of(sandbox, prefix)  # nobody of this installation has made it
    assert program.run("cleanup", "orphans", "--yes", "--delete", orphan).exit_code == 0
    assert rooms_of(sandbox, prefix) == {f"{prefix}-known"}


def test_four_processes_work_one_queue_and_run_each_item_once(
    program: Program, sandbox: Sandbox, prefix: str, tmp_path: Path
) -> None:
    leave_behind(program, sandbox, *(f"{prefix}-{number:02}" for number in range(ROOMS)))
    paths = os.pathsep.join((str(HOOK), str(CHECKOUT)))
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "lktui", "cleanup", "run"],
            env={
                **os.environ,
                **program.environment,
                "PYTHONPATH": paths,
                "KILL_STEPS": str(tmp_path / f"steps-{number}"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for number in range(4)
    ]
    for run in runs:
        _, said = run.communicate(timeout=90)
        assert run.returncode == 0, said.decode()
    taken = [
        step
        for file in tmp_path.glob("steps-*")
        for step in file.read_text().splitlines()
        if step.startswith("after put_item room running")
    ]
    assert len(taken) == ROOMS
    assert rooms_of(sandbox, prefix) == set()
    # What their dead engine had withdrawn nobody knows.
    assert list(listed(program).values()) == ["last_look"] * ROOMS
