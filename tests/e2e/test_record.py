"""The installed program on its record: past sessions, replays and exports in a real terminal."""

from __future__ import annotations

import json
import time

import pytest

from lktui.core.events import AnyEvent, CleanupResult, SegmentUpdated, SessionEnded
from lktui.store.paths import Paths
from tests.support.program import Program
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import order
from tests.support.terminal import Terminal

AGO_S = 7000.0


@pytest.fixture(autouse=True)
def _with_a_session(program: Program) -> None:
    write_record(Paths.of(str(program.config_dir), str(program.state_dir)), *session())


def session() -> list[AnyEvent]:
    call = Conversation("7f3a02", age_s=AGO_S)
    call.wall = time.time() - AGO_S
    said = [event for event in order(call) if not isinstance(event, SegmentUpdated) or event.final]
    ended = SessionEnded(
        session=call.id, at=call.at + 140, wall=call.wall + 140, cleanup=CleanupResult.DONE,
        took_ms=12.0,
    )  # fmt: skip
    return [*said, ended]


def test_a_session_is_played_again_in_live_at_its_own_pace(program: Program) -> None:
    argv = program.argv("replay", "last", "--speed", "40")
    with Terminal(argv, env=program.environment) as terminal:
        terminal.wait_for("How can I help?")
        assert "order number" not in terminal.text()
        terminal.wait_for("── over ──")
        terminal.wait_for("10 turns")
        assert "What would Friday cost?" in terminal.text()
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_a_past_session_is_opened_searched_noted_on_and_exported(program: Program) -> None:
    with Terminal(program.argv(), env=program.environment, columns=120, rows=40) as terminal:
        terminal.wait_for("Profiles")
        terminal.send("2")
        terminal.wait_for("rooms")
        terminal.send("H")
        terminal.wait_for("1 session")
        terminal.send("\r")
        terminal.wait_for("10 turns")
        terminal.send("/friday\r")
        terminal.wait_for("of 2 hits")
        terminal.send("\x1b")
        terminal.wait_for("10 turns")
        terminal.send("Gm")
        terminal.wait_for("note on 2:13 you")
        terminal.send("good\r")
        terminal.wait_for("note      good")
        terminal.send("ej")
        terminal.wait_for("wrote ")
        terminal.send("q")
        assert terminal.wait_exit(timeout_s=20) == 0
    (file,) = (program.state_dir / "exports").iterdir()
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert exported[-1]["t"] == "noted"
    played = program.run("replay", str(file), "--speed", "10000")
    assert played.exit_code == 0
    assert (
        played.stdout.splitlines()[0] == "0:02 checkout: Hello, this is the shop. How can I help?"
    )
    assert "2:13 note: good" in played.stdout


def test_the_verbs_of_the_record_need_no_engine(program: Program) -> None:
    for words in (("sessions",), ("export", "last"), ("replay", "last", "--speed", "1000000")):
        assert program.run(*words).exit_code == 0
    assert not (program.state_dir / "lktui.log").exists()
