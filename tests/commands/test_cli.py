from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lktui import __version__
from lktui.cli import VERBS, main

HEAVY = ("textual", "rich", "livekit", "httpx", "msgspec", "asyncio", "sqlite3", "platformdirs")


def exit_code(*words: str) -> int:
    """Run lktui in this process, whichever way it ends."""
    try:
        return main(words)
    except SystemExit as ended:
        return int(ended.code or 0)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"lktui {__version__}\n"


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_the_help_names_every_verb_and_flag(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(word) == 0
    out = capsys.readouterr().out
    for name, verb in VERBS.items():
        assert name in out
        assert verb.help in out
    assert "--state-dir" in out


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_version_and_help_import_nothing_heavy(word: str) -> None:
    script = (
        "import sys; from lktui.cli import main; main([sys.argv[1]]);"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, word], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("words", "what", "cause", "verb"),
    [
        ("prob", "Unknown verb “prob”", "the closest is probe", "--help"),
        ("--jsn", "Unknown option “--jsn”", "the closest is --json", "--help"),
        ("profiles shw", "Unknown action “shw”", "the closest is show", "profiles --help"),
        (
            "profiles show a b",
            "1 argument too many",
            "what holds blanks needs quotes; an option begins with --",
            "profiles show --help",
        ),
        (
            "profiles add x --agent b",
            "Unknown option “--agent”",
            "the closest is --agent-name",
            "profiles add --help",
        ),
        (
            "profiles list --log-level debg",
            "Unknown --log-level “debg”",
            "the closest is debug",
            "--help",
        ),
        (
            "profiles add",
            "The following arguments are required: NAME",
            "the command line is not understood",
            "profiles add --help",
        ),
        (
            "profiles add x --url",
            "Argument --url: expected one argument",
            "a value that begins with a dash is joined by =, as in --option=-x",
            "profiles add --help",
        ),
    ],
)
def test_a_misuse_is_one_line_that_names_the_nearest(
    words: str, what: str, cause: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words.split()) == 2
    assert capsys.readouterr() == ("", f"usage: {what}. {cause}. See `lktui {verb}`.\n")


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "--quiet", "profiles", "list"],
        ["profiles", "list", "--json", "--quiet"],
        ["--quiet", "profiles", "--json", "list"],
        ["profiles", "--json", "--quiet"],
    ],
)
def test_flags_stand_before_or_after_the_verb(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == 0
    assert capsys.readouterr() == ('{\n  "profiles": []\n}\n', "")


def test_a_flag_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LKTUI_CONFIG_DIR", "/from/env")
    assert exit_code("profiles", "path") == 0
    assert exit_code("profiles", "path", "--config-dir=/from/flag") == 0
    assert capsys.readouterr().out == "/from/env/profiles\n/from/flag/profiles\n"


def test_what_follows_two_dashes_is_no_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("profiles", "show", "--", "--json") == 2
    assert "There is no profile “--json”" in capsys.readouterr().err


def test_help_of_a_verb_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("profiles", "add", "--help") == 0
    out = capsys.readouterr().out
    for option in ("--url", "--api-key", "--dispatch-mode", "--no-auto-cleanup", "--token-headers"):
        assert option in out


def test_a_reader_who_goes_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "lktui", "profiles", "path"]
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_results_are_utf_8_whatever_the_locale_says() -> None:
    words = [sys.executable, "-m", "lktui", "profiles", "path", "--config-dir", "/é"]
    env = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(words, capture_output=True, env=env, check=True)
    assert done.stdout.decode() == "/é/profiles\n"
