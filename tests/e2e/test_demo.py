"""`lktui demo`, run as people run it, with a folder for temporary files of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.e2e.results import Run
from tests.support.cache import UnavailableError
from tests.support.livekit_server import server_binary
from tests.support.terminal import Terminal
from tests.support.waiting import PATIENCE_S, until

pytestmark = pytest.mark.timeout(120)

DEMO = [sys.executable, "-m", "lktui", "demo"]
_UP_S, _DOWN_S = PATIENCE_S, 40.0


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which the demo makes its own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def processes() -> Iterator[Callable[[], list[str]]]:
    """Give a list of the processes that this test has started and that still run.

    They are told by a variable in their environment, which all that they start inherits.
    """
    mark = f"LKTUI_TEST_MARK={os.urandom(8).hex()}"
    name, _, value = mark.partition("=")
    os.environ[name] = value

    def running() -> list[str]:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                marked = mark.encode() in (process / "environ").read_bytes().split(b"\0")
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # it has ended, or is somebody else's
                continue
            if marked and command and int(process.name) != os.getpid():
                found.append(f"{process.name} {command}")
        return found

    yield running
    del os.environ[name]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_headless_it_prints_a_conversation_and_leaves_nothing(
    scratch: Path, processes: Callable[[], list[str]], isolated_home: Path
) -> None:
    done = run("--headless")
    assert done.returncode == 0, done.stderr
    said = [line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line]
    speakers = [line[0].split()[-1] for line in said]
    assert speakers[speakers.index("support") :][:3] == ["support", "you", "support"]
    assert "for trying and testing only" in done.stderr
    assert processes() == []
    assert list(scratch.iterdir()) == []
    assert list(isolated_home.rglob("*.toml")) == []


def test_its_object_is_that_of_a_probe(scratch: Path) -> None:
    done = run("--headless", "--json", "--keep", "--quiet")
    result = msgspec.json.decode(done.stdout, type=Run)
    assert (done.returncode, done.stderr) == (0, "")
    assert (result.ok, result.outcome, result.cleanup) == (True, "ready", "done")
    (kept,) = scratch.iterdir()
    assert (kept / "config" / "profiles" / "support.toml").exists()
    assert (kept / "state" / "journal.sqlite").exists()


def test_a_real_server_may_take_the_sandboxes_place(
    scratch: Path, processes: Callable[[], list[str]]
) -> None:
    try:
        binary = server_binary()
    except UnavailableError as error:
        pytest.skip(str(error))
    done = run("--headless", "--json", "--server", str(binary))
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(done.stdout, type=Run).ok
    assert processes() == []
    assert list(scratch.iterdir()) == []


def test_a_server_that_is_no_program_is_said_at_once(scratch: Path) -> None:
    done = run("--headless", "--server", "/nowhere/livekit-server")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: --server names no program.")
    assert list(scratch.iterdir()) == []


def test_a_server_that_ends_at_once_is_said_with_its_name(scratch: Path) -> None:
    done = run("--headless", "--server", "false")
    assert done.returncode == 3
    assert "demo_failed: The demo did not start. the server ended with 1" in done.stderr
    assert list(scratch.iterdir()) == []


def test_each_screen_has_something_to_do_and_the_failure_is_mended_at_the_third_try(
    scratch: Path, processes: Callable[[], list[str]]
) -> None:
    with Terminal(DEMO) as terminal:
        terminal.wait_for("Hello, this is support", timeout_s=_UP_S)
        terminal.wait_for("enter to type")
        assert "demo: talk here" in terminal.text()
        terminal.send("\rWhere is order 20417?\r")
        terminal.wait_for("Order 20417 is on its way")
        terminal.send("\x1b2")
        terminal.wait_for("✗ agent declined", timeout_s=_UP_S)
        terminal.wait_for("demo-call")
        while "demo-flaky" not in (under_cursor(terminal) or ""):
            terminal.send("j")
            terminal.pump(0.2)
        terminal.send("r")
        terminal.wait_for("✗ taken, never joined", timeout_s=_UP_S)
        terminal.send("r")
        terminal.wait_for(lambda shown: "● listening" in (under_cursor(shown) or ""))
        terminal.send("1")
        terminal.wait_for("6 profiles")
        terminal.send("4")
        terminal.wait_for("○ kept")
        terminal.send("3x")
        terminal.wait_for("gone")
        terminal.send("q")
        terminal.wait_for("quit?")
        terminal.send("y")
        assert terminal.wait_exit(timeout_s=_DOWN_S) == 0
    assert until(lambda: not processes(), timeout_s=_DOWN_S), processes()
    assert list(scratch.iterdir()) == []


def test_a_server_that_fails_late_gives_the_prompt_back_soon(scratch: Path, tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.write_text("#!/bin/sh\nsleep 1\nexit 7\n")
    server.chmod(0o700)
    with Terminal([*DEMO, "--server", str(server)], columns=200) as terminal:
        terminal.wait_for("the server ended with 7")
        assert terminal.wait_exit() == 3
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("after_s", [0.0, 0.7])
def test_ctrl_c_at_the_start_gives_the_prompt_back_at_once_and_leaves_nothing(
    scratch: Path, processes: Callable[[], list[str]], after_s: float
) -> None:
    with Terminal(DEMO) as terminal:
        terminal.wait_for("demo: a server")
        terminal.pump(after_s)
        terminal.send("\x03")
        terminal.wait_exit()
        assert "Traceback" not in terminal.text()
    assert until(lambda: not processes(), timeout_s=_DOWN_S), processes()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "server", ["sandbox", pytest.param("livekit-server", marks=pytest.mark.full)]
)
def test_when_its_stage_is_killed_nothing_is_left(
    scratch: Path, processes: Callable[[], list[str]], server: str
) -> None:
    flags: list[str] = []
    if server != "sandbox":
        try:
            flags = ["--server", str(server_binary())]
        except UnavailableError as error:
            pytest.skip(str(error))
    with Terminal([*DEMO, *flags]) as terminal:
        terminal.wait_for("Hello, this is support", timeout_s=_UP_S)
        os.kill(pid_of("demo_stage", processes), signal.SIGKILL)
        terminal.wait_for("reconnecting", timeout_s=_UP_S)
        terminal.send("q")
        terminal.wait_for("quit?")
        terminal.send("y")
        terminal.wait_exit(timeout_s=_DOWN_S)
    assert until(lambda: not processes(), timeout_s=_DOWN_S), processes()
    assert list(scratch.iterdir()) == []


def test_agents_that_die_come_back(scratch: Path, processes: Callable[[], list[str]]) -> None:
    assert scratch.exists()
    with Terminal(DEMO) as terminal:
        terminal.wait_for("Hello, this is support", timeout_s=_UP_S)
        os.kill(pid_of("lktui.sandbox.agents", processes), signal.SIGKILL)
        terminal.send("1")
        terminal.wait_for("6 profiles")
        assert until(lambda: is_running("lktui.sandbox.agents", processes), timeout_s=_UP_S)


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, marks=pytest.mark.full),
    ],
)
def test_however_it_ends_it_leaves_nothing(
    scratch: Path, processes: Callable[[], list[str]], how: signal.Signals
) -> None:
    with Terminal(DEMO) as terminal:
        terminal.wait_for("Hello, this is support", timeout_s=_UP_S)
        terminal.kill(how)
        terminal.wait_exit(timeout_s=_DOWN_S)
        assert until(lambda: not processes(), timeout_s=_DOWN_S), processes()
    assert list(scratch.iterdir()) == []


def is_running(name: str, processes: Callable[[], list[str]]) -> bool:
    return any(name in command for command in processes())


def pid_of(name: str, processes: Callable[[], list[str]]) -> int:
    (found,) = [command for command in processes() if name in command]
    return int(found.split(maxsplit=1)[0])


def under_cursor(terminal: Terminal) -> str | None:
    return next((row for row in terminal.screen() if row.startswith("▌")), None)
