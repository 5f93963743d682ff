"""A new user's first minute: an empty home folder, a terminal, and keys."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.program import Program, rooms_of
from tests.support.server import Server
from tests.support.terminal import Terminal

_ENTER, _ESCAPE, _TAB, _RIGHT, _CTRL_C = "\r", "\x1b", "\t", "\x1b[C", "\x03"


@pytest.fixture
def lk_config(isolated_home: Path, server_at_hand: Server) -> Path:
    """Configure the lk command for the server at hand."""
    path = isolated_home / ".livekit/cli-config.yaml"
    path.parent.mkdir()
    path.write_text(
        "default_project: box\nprojects:\n"
        f"    - name: box\n      url: {server_at_hand.url}\n"
        f"      api_key: {server_at_hand.key}\n      api_secret: {server_at_hand.secret}\n"
    )
    return path


@pytest.mark.usefixtures("lk_config", "echo_at_hand")
def test_from_an_empty_home_to_a_conversation_within_a_minute(
    program: Program, server_at_hand: Server
) -> None:
    with Terminal(program.argv(), env=program.environment) as terminal:
        terminal.wait_for("1 project found: box (default)")
        begun = time.monotonic()
        terminal.send("i")
        terminal.wait_for("● new             box (default)")
        terminal.send(_ENTER)
        terminal.wait_for("▌ ○ never tried           box")
        terminal.send("e")
        terminal.wait_for("── edit box")
        terminal.send(_TAB * 4 + _RIGHT + _TAB + "echo" + _ENTER)
        terminal.wait_for("saved: box")
        terminal.send("s")
        terminal.wait_for("● listening  echo")
        terminal.send(f"{_ENTER}hello{_ENTER}")
        terminal.wait_for("echo: hello")
        assert time.monotonic() - begun < 60
        terminal.send(_ESCAPE)
        terminal.wait_for("enter Type")
        terminal.send("x")
        terminal.wait_for("○ ended")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert rooms_of(server_at_hand, "preclinical-test") == set()


def test_the_demo_is_played_in_the_same_terminal_and_left_again(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Terminal(program.argv(), env=program.environment) as terminal:
        terminal.wait_for("play with the demo")
        terminal.send("p")
        terminal.wait_for("● listening  support")
        terminal.send(_CTRL_C + _CTRL_C)
        terminal.wait_for("There is none yet.")
        terminal.send("?")
        terminal.wait_for("── profiles")
        terminal.send("q")  # closes the page
        terminal.wait_for("There is none yet.")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def _script(folder: Path, text: str) -> Path:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def test_an_editor_has_the_terminal_and_faults_are_told_with_their_lines(
    program: Program, tmp_path: Path
) -> None:
    program.save_profile("x", {"url": "ws://x", "api_key": "k", "api_secret": "s"})
    editor = _script(tmp_path, 'echo "this is the editor"; read -r line; echo "$line" >> "$1"')
    environment = {**program.environment, "EDITOR": str(editor)}
    with Terminal(program.argv(), env=environment) as terminal:
        terminal.wait_for("▌ ○ never tried           x")
        terminal.send(":open ed" + _ENTER)
        terminal.wait_for("this is the editor")
        terminal.send(_CTRL_C)  # ends the editor, not us
        terminal.wait_for("ended with exit code")
        terminal.send(_ENTER)
        terminal.wait_for("enter Use")
        terminal.send(":open ed" + _ENTER)
        terminal.wait_for("this is the editor")
        terminal.send("join_timeout = 'soon'" + _ENTER)
        terminal.wait_for("x: line 4: join_timeout: found text")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_a_change_on_disk_is_shown_within_seconds(program: Program) -> None:
    program.save_profile("x", {"url": "ws://before"})
    with Terminal(program.argv(), env=program.environment) as terminal:
        terminal.wait_for("2 faults in the file")
        terminal.pump(1.5)
        program.save_profile("x", {"url": "ws://after", "api_key": "k", "api_secret": "s"})
        terminal.wait_for("never tried")
        program.save_profile("y", {"url": "ws://other"})
        terminal.wait_for("2 profiles")
        terminal.send("q")
        assert terminal.wait_exit() == 0


@pytest.mark.full
def test_a_character_typed_in_the_form_costs_less_than_a_kilobyte(program: Program) -> None:
    """Over SSH a form that draws itself anew for each would lag behind the fingers."""
    typed = "wss://voice.example.net"
    with Terminal(program.argv(), env=program.environment) as terminal:
        terminal.wait_for("○ no profile", timeout_s=20)
        terminal.send("a")
        terminal.wait_for("new profile")
        terminal.send(f"shop{_TAB}w")
        terminal.wait_for("profiles/shop.toml")
        terminal.wait_for("▌url                  w")
        terminal.pump(0.5)
        sent = terminal.mark()
        for so_far in range(2, len(typed) + 1):
            terminal.send(typed[so_far - 1])
            terminal.wait_for(f"▌url                  {typed[:so_far]}")
        assert len(terminal.bytes_since(sent)) / (len(typed) - 1) < 1000
        terminal.send(f"{_ESCAPE}y")
        terminal.wait_for("There is none yet")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_profiles_edit_gives_the_terminal_to_the_editor_and_asks_again(
    program: Program, tmp_path: Path
) -> None:
    program.save_profile("x", {"url": "ws://x", "api_key": "k", "api_secret": "s"})
    editor = _script(tmp_path, 'echo "this is the editor"; read -r line; echo "$line" >> "$1"')
    environment = {**program.environment, "EDITOR": str(editor)}
    with Terminal(program.argv("profiles", "edit", "x"), env=environment) as terminal:
        terminal.wait_for("this is the editor")
        terminal.send("oops" + _ENTER)
        terminal.wait_for("line 4")
        terminal.wait_for("Edit it again? [Y/n]")
        terminal.send("n" + _ENTER)
        assert terminal.wait_exit() == 3


def test_an_import_costs_the_first_screen_nothing(program: Program, lk_config: Path) -> None:
    """Who has profiles never imports what reads the lk command's configuration."""
    program.save_profile("x", {"url": "ws://x", "api_key": "k", "api_secret": "s"})
    assert lk_config.exists()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import lktui.app"],
        env={**os.environ, **program.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "lktui.app" in loaded
    unwanted = {"yaml", "tomlkit", "lktui.core.importing", "lktui.store.import_sources"}
    assert not unwanted & loaded
