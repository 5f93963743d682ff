"""Engines share one journal: what a dead one leaves is taken over once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from lktui.core.cleanup import ItemState
from lktui.core.events import CleanupResult, SessionEnded, SessionId, SessionOpened
from lktui.store.journal import Journal, read_open_items
from lktui.store.paths import Paths
from tests.support.scenes import Conversation, item

_OWNER = """
import sys
from lktui.core.cleanup import CleanupItem, What
from lktui.core.events import SessionId, SessionOpened
from lktui.core.profile import AuthMode, DispatchMode
from lktui.store.journal import Journal
from lktui.store.paths import Paths

journal = Journal(Paths.of(sys.argv[1], sys.argv[1]))
journal.put_item(CleanupItem(
    id="i1", what=What.ROOM, name="r", room="r", profile="p", url="ws://h"))
journal.commit(SessionOpened(
    session=SessionId("s1"), profile="p", url="ws://h", host="h", auth_mode=AuthMode.API,
    dispatch_mode=DispatchMode.AUTO, agent_name="", join_timeout_s=15.0))
print("recorded", flush=True)
sys.stdin.read()
"""
_TAKER = """
import sys
from lktui.store.journal import Journal
from lktui.store.paths import Paths

journal = Journal(Paths.of(sys.argv[1], sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
taken = journal.take_over()
print(len(taken.items), len(taken.sessions), flush=True)
sys.stdin.read()
"""
_STARTER = """
import sys
from lktui.store.journal import Journal
from lktui.store.paths import Paths

print("ready", flush=True)
sys.stdin.readline()
print(Journal(Paths.of(sys.argv[1], sys.argv[1])).installation, flush=True)
sys.stdin.read()
"""


@contextmanager
def process(program: str, paths: Paths, says: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program on the state folder until the block ends; it has said its word before."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(paths.state_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == says + "\n"
        try:
            yield child
        finally:
            child.kill()


def test_what_was_recorded_survives_a_kill(paths: Paths) -> None:
    with process(_OWNER, paths, "recorded") as owner:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert [one.name for one in read_open_items(paths)] == ["r"]
    with closing(sqlite3.connect(paths.journal)) as db:
        assert db.execute("SELECT count(*) FROM event").fetchone() == (1,)


def test_the_items_of_an_engine_that_lives_are_its_own(paths: Paths, journal: Journal) -> None:
    with process(_OWNER, paths, "recorded"):
        taken = journal.take_over()
    assert (taken.items, taken.sessions) == ((), ())


def test_the_items_of_a_killed_engine_are_taken_over_once(paths: Paths, journal: Journal) -> None:
    with process(_OWNER, paths, "recorded") as owner:
        owner.kill()
        owner.wait()
        taken = journal.take_over()
    assert [one.name for one in taken.items] == ["r"]
    assert taken.sessions == ("s1",)
    assert journal.take_over().items == ()


def test_a_zombie_is_dead(paths: Paths, journal: Journal) -> None:
    with process(_OWNER, paths, "recorded") as owner:
        os.kill(owner.pid, signal.SIGKILL)
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)
        assert Path(f"/proc/{owner.pid}").exists() or not Path("/proc").exists()
        assert len(journal.take_over().items) == 1


@pytest.mark.parametrize("ends", ["killed", "closed"])
def test_two_engines_that_start_at_once_take_it_over_once(paths: Paths, ends: str) -> None:
    with process(_OWNER, paths, "recorded") as owner:
        owner.kill()
        owner.wait()
    if ends == "closed":  # an engine that ends in order takes its lock file with it
        for lock in paths.owners_dir.iterdir():
            lock.unlink()
    with process(_TAKER, paths, "open") as one, process(_TAKER, paths, "open") as two:
        answers = []
        for child in (one, two):
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        for child in (one, two):
            assert child.stdout is not None
            answers.append(child.stdout.readline().split())
    assert sorted(answers) == [["0", "0"], ["1", "1"]]


def test_engines_that_start_at_once_in_a_new_folder_share_one_journal(paths: Paths) -> None:
    with ExitStack() as stack:
        starting = [stack.enter_context(process(_STARTER, paths, "ready")) for _ in range(4)]
        for child in starting:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        names = [child.stdout.readline() for child in starting if child.stdout is not None]
    assert len(set(names)) == 1
    assert len(names[0].strip()) == 4


def test_what_an_engine_that_ended_in_order_left_is_taken_over(paths: Paths) -> None:
    first = Journal(paths)
    first.put_item(item("r", ItemState.WAITING))
    first.close()
    second = Journal(paths)
    assert second.take_over().items == (item("r", ItemState.WAITING),)
    second.close()


def test_what_was_taken_over_can_be_taken_over_again(paths: Paths) -> None:
    for _ in range(2):
        journal = Journal(paths)
        journal.put_item(item("r", ItemState.LIVE))
        journal.close()
    last = Journal(paths)
    assert last.take_over().items == (item("r", ItemState.LIVE),)
    last.close()


def test_a_session_that_has_ended_is_nobodys(paths: Paths) -> None:
    first = Journal(paths)
    opened = Conversation("s1").opening()[0]
    assert isinstance(opened, SessionOpened)
    first.append(opened)
    first.append(
        SessionEnded(session=SessionId("s1"), wall=2.0, cleanup=CleanupResult.DONE, took_ms=1.0)
    )
    first.close()
    second = Journal(paths)
    assert second.take_over().sessions == ()
    second.close()
