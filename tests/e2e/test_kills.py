"""Whatever is killed, and whenever: no room stays behind, and the terminal is given back."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.dashboard import dashboard, talked_in
from tests.e2e.results import Items, read
from tests.support.agents_worker import AgentsWorker
from tests.support.program import Program, echo_profile, rooms_of
from tests.support.server import Server
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE_S, until

pytestmark = pytest.mark.usefixtures("echo_at_hand")

_TALK = ("probe", "echo", "--say", "hello", "--metadata", json.dumps({"mode": "mute"}))
_ORPHAN_S = PATIENCE_S
"""An engine without a parent may work for 20 s."""


def test_after_the_death_of_its_parent_the_engine_deletes_the_room(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with echo.start(*_TALK) as probe:
        talked_in(server_at_hand, prefix)
        probe.kill()
    assert until(lambda: not rooms_of(server_at_hand, prefix), timeout_s=_ORPHAN_S)
    assert echo.engines_ended(timeout_s=_ORPHAN_S)
    assert rooms_of(server_at_hand, prefix) == set()
    # The agent may have been listed but not connected yet: then it may join once more.
    items = read(echo.run("cleanup", "list", "--json"), Items).items
    assert {item.state for item in items} <= {"last_look"}


def test_after_the_death_of_both_a_cleanup_run_deletes_the_room(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with echo.start(*_TALK) as probe:
        room = talked_in(server_at_hand, prefix)
        probe.send_signal(signal.SIGSTOP)  # or it would start another engine at once
        echo.kill_engines()
        probe.kill()
    assert echo.engines_ended(timeout_s=PATIENCE_S)
    assert rooms_of(server_at_hand, prefix) == {room}
    done = echo.run("cleanup", "run", "--json")
    assert done.exit_code == 0, done.stderr
    items = {(item.what, item.room, item.state) for item in read(done, Items).items}
    # Nobody knows which jobs the dead engine had withdrawn.
    assert items == {("room", room, "last_look"), ("dispatch", room, "done")}
    assert rooms_of(server_at_hand, prefix) == set()
    assert "1 room is gone; last look " in done.stderr


def test_an_interrupted_probe_cleans_up_before_it_ends(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with echo.start(*_TALK) as probe:
        talked_in(server_at_hand, prefix)
        probe.terminate()
        assert probe.wait(_ORPHAN_S) == 130
    assert rooms_of(server_at_hand, prefix) == set()
    assert echo.engines == set()


@pytest.mark.full
def test_a_room_outlives_its_server_only_until_a_cleanup_run(
    program: Program, own_server: Server, agents_environment: Path, tmp_path: Path, prefix: str
) -> None:
    server, log = own_server, tmp_path / "worker.log"
    with AgentsWorker(agents_environment, server, log, name="echo"):
        program.save_profile("echo", echo_profile(server, prefix) | {"reply_timeout": 60})
        with program.start(*_TALK) as probe:
            room = talked_in(server, prefix)
            server.kill()
            assert probe.wait(100) == 3
        items = read(program.run("cleanup", "list", "--json"), Items).items
        assert {(item.what, item.room) for item in items} == {("room", room), ("dispatch", room)}
        reasons = {item.problem.code for item in items if item.problem}
        assert reasons == {"connection_refused"}
        server.restart()
        done = program.run("cleanup", "run")
        assert done.exit_code == 0, done.stdout


def test_kills_just_after_the_start_key_leave_nothing(
    server_at_hand: Server, tmp_path: Path, prefix: str
) -> None:
    programs: list[Program] = []
    for delay_s in (0.01, 0.05, 0.1, PATIENCE_S):
        program = Program(tmp_path / str(delay_s))
        program.save_profile("echo", echo_profile(server_at_hand, f"{prefix}-{len(programs)}"))
        with dashboard(program) as terminal:
            terminal.send("s")
            # The delay is the case; the last comes late enough to interrupt something.
            until(lambda: begun(program), timeout_s=delay_s, every_s=0.01)  # noqa: B023 - at once
            terminal.kill()
        programs.append(program)
    for program in programs:
        assert program.engines_ended(timeout_s=_ORPHAN_S)
    assert rooms_of(server_at_hand, prefix) == set()
    for program in programs:
        items = read(program.run("cleanup", "list", "--json"), Items).items
        assert {item.state for item in items} <= {"last_look"}
    assert begun(programs[-1])


def begun(program: Program) -> bool:
    """Whether the journal has a conversation."""
    return program.journal("SELECT count(*) FROM sqlite_master WHERE name = 'session'") == [
        (1,)
    ] and program.journal("SELECT count(*) FROM session") == [(1,)]


def test_sigterm_gives_the_terminal_back_and_cleans_up(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    app = 'sh -c \'echo "pid $$"; exec "$@"\' sh "$@"'
    shell = f'echo "before $(stty -g)"; {app}; echo "after $(stty -g) $?"'
    with Terminal(["/bin/sh", "-c", shell, "sh", *echo.argv()], env=echo.environment) as terminal:
        terminal.wait_for("not connected")
        terminal.send("s")
        talked_in(server_at_hand, prefix, terminal)
        mark = terminal.mark()
        os.kill(int(_said(terminal, rb"pid (\d+)")), signal.SIGTERM)
        terminal.wait_exit()
        for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
            assert restored in terminal.bytes_since(mark)
        settings = _said(terminal, rb"before (\S+)")
        assert _said(terminal, rb"after (.+)\r") == f"{settings} 130"
        assert terminal.screen()[0].startswith("before ")
        assert "Traceback" not in terminal.text()
    assert until(lambda: not rooms_of(server_at_hand, prefix), timeout_s=_ORPHAN_S)
    assert echo.engines_ended(timeout_s=_ORPHAN_S)


def test_a_terminal_that_goes_without_a_signal_ends_the_app(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    """Under `script` or `setsid` the terminal is nobody's controlling terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        echo.argv(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, **echo.environment, "TERM": "xterm-256color"},
    ) as app:
        os.close(theirs)
        received = b""
        while b"not connected" not in received:
            received += os.read(ours, 65536)
        os.write(ours, b"s")
        while b"listening" not in received:
            received += os.read(ours, 65536)
        talked_in(server_at_hand, prefix)
        os.close(ours)
        assert app.wait(_ORPHAN_S) == -signal.SIGHUP
    assert echo.engines_ended(timeout_s=_ORPHAN_S)
    assert rooms_of(server_at_hand, prefix) == set()


def test_after_a_hang_up_the_engine_deletes_the_room(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with dashboard(echo) as terminal:
        terminal.send("s")
        talked_in(server_at_hand, prefix, terminal)
        terminal.hang_up()
        assert terminal.wait_exit() == -signal.SIGHUP
    assert until(lambda: not rooms_of(server_at_hand, prefix), timeout_s=_ORPHAN_S)


def test_a_killed_engine_is_replaced_and_nothing_is_lost(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with dashboard(echo) as terminal:
        terminal.send("s")
        talked_in(server_at_hand, prefix, terminal)
        dead = echo.kill_engines()
        assert until(lambda: bool(echo.engines - dead))
        terminal.wait_for("the engine stopped; restarted, 1 conversation ended")
        terminal.wait_for("not connected")
        assert until(lambda: not rooms_of(server_at_hand, prefix), timeout_s=_ORPHAN_S)
        terminal.send("2")
        terminal.wait_for(lambda t: "conversation ended" not in t.text())


def _said(terminal: Terminal, pattern: bytes) -> str:
    """Find what a shell around the program has printed."""
    found = re.search(pattern, terminal.received)
    assert found is not None, terminal.text()
    return found[1].decode()
