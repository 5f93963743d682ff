"""What is seen of a terminal: the environment, and a tmux that may be any program."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lktui.session.seen_terminal import seen_terminal

SIZE = os.terminal_size((80, 24))


def test_an_empty_environment_is_no_terminal() -> None:
    seen = seen_terminal({}, None)
    assert (seen.term, seen.colours, seen.columns, seen.lines) == ("", "", 0, 0)
    assert (seen.utf8, seen.ssh, seen.tmux) == (False, False, False)


@pytest.mark.parametrize(
    ("env", "utf8"),
    [
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "en_US.utf8"}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C", "LC_ALL": "C.UTF-8"}, True),
    ],
)
def test_the_locale_that_counts_is_the_one_of_characters(env: dict[str, str], utf8: bool) -> None:  # noqa: FBT001 - a case
    assert seen_terminal(env, SIZE).utf8 is utf8


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm"}, ""),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "true"),
    ],
)
def test_colours_are_as_the_environment_says(env: dict[str, str], colours: str) -> None:
    assert seen_terminal(env, SIZE).colours == colours


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
def test_ssh_is_seen(variable: str) -> None:
    assert seen_terminal({variable: "x"}, SIZE).ssh


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be the only `tmux` on PATH; the test writes what it does."""
    program = tmp_path / "tmux"
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo external", "external"),
        ("exit 1", ""),
        ("echo on; exit 1", ""),
        ("exec /bin/sleep 30", ""),
    ],
)
def test_tmux_is_asked_and_may_not_answer(tmux: Path, script: str, said: str) -> None:
    tmux.write_text(f"#!/bin/sh\n{script}\n")
    tmux.chmod(0o700)
    seen = seen_terminal({"TMUX": "/tmp/x"}, SIZE)
    assert (seen.tmux, seen.tmux_clipboard) == (True, said)


@pytest.mark.usefixtures("tmux")
def test_a_tmux_that_is_not_on_the_path_is_not_asked() -> None:
    assert seen_terminal({"TMUX": "x"}, SIZE).tmux_clipboard == ""
