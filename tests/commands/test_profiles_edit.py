from __future__ import annotations

import io
from pathlib import Path

import pytest

from lktui.cli import main

GOOD = 'url = "ws://x"\napi_key = "k"\napi_secret = "s"\n'


class Terminal(io.StringIO):
    """A standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LKTUI_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("VISUAL", raising=False)
    path = tmp_path / "config/profiles/x.toml"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD)
    path.chmod(0o600)
    return path


def edit_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Let a shell script with blanks in its path be the editor; `$1` is the file."""
    editor = tmp_path / "my editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", f"'{editor}'")


def test_the_editor_changes_the_file(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit_with(monkeypatch, tmp_path, "echo '# mine' >> \"$1\"")
    assert main(["profiles", "edit", "x"]) == 0
    assert file.read_text() == f"{GOOD}# mine\n"
    assert capsys.readouterr() == (f"{file}\n", "")


def test_faults_have_their_lines_and_the_file_stays_as_it_was_left(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit_with(monkeypatch, tmp_path, 'echo \'join_timeout = "soon"\' >> "$1"')
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["profiles", "edit", "x"]) == 3
    assert "line 4: join_timeout: found text where a number" in capsys.readouterr().err
    assert file.read_text().endswith('join_timeout = "soon"\n')


def test_a_person_may_edit_again_until_it_is_right(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_with(
        monkeypatch,
        tmp_path,
        'if grep -q oops "$1"; then sed -i /oops/d "$1"; else echo oops >> "$1"; fi',
    )
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    assert main(["profiles", "edit", "x"]) == 0
    assert file.read_text() == GOOD


def test_visual_wins_over_editor(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_with(monkeypatch, tmp_path, "exit 1")
    monkeypatch.setenv("VISUAL", "true")
    assert main(["profiles", "edit", "x"]) == 0
    assert file.read_text() == GOOD


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("/absent/editor", "No such file or directory"),
        ("false", "false ended with exit code 1"),
        ("'open", "an open quote"),
    ],
)
@pytest.mark.usefixtures("file")
def test_an_editor_that_fails_is_told(
    editor: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    assert main(["profiles", "edit", "x"]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("file")
def test_what_is_not_there_or_no_file_cannot_be_edited(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profiles", "edit", "xx"]) == 2
    assert "the closest is “x”" in capsys.readouterr().err
    monkeypatch.setenv("LIVEKIT_URL", "ws://x")
    assert main(["profiles", "edit", "env"]) == 2
    assert "has no file" in capsys.readouterr().err
