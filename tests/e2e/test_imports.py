"""What each way of running the program imports: each pays only for what it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.terminal import Terminal

_OF_THE_ENGINE = {"livekit", "httpx", "aiohttp", "jwt", "google.protobuf", "lktui.engine"}

MOST_AT_START = 92
"""More of ours only if the first screen shows them; what else there is comes when it is used."""

# Of the app it is all up to its end, first paint included.
_RUN = """
import sys

from lktui.cli import main

try:
    code = main()
except SystemExit as ended:
    code = ended.code
with open({file!r}, "w") as file:
    file.write("\\n".join(sys.modules))
sys.exit(code)
"""


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Give the file that gets the list of modules."""
    return tmp_path / "modules"


def traced(modules: Path, *words: str) -> list[str]:
    """Make a command line of lktui that leaves a list of what it has imported when it ends."""
    return [sys.executable, "-c", _RUN.format(file=str(modules)), *words]


def imported(modules: Path) -> set[str]:
    """Read which packages and subpackages were imported."""
    names = modules.read_text().split()
    return {".".join(name.split(".")[:2]) for name in names} | {n.split(".")[0] for n in names}


def test_the_app_never_imports_what_the_engine_does(program: Program, modules: Path) -> None:
    with Terminal(traced(modules), env=program.environment) as terminal:
        terminal.wait_for("1 Profiles")
        terminal.send("q")
        assert terminal.wait_exit() == 0, terminal.text()
    assert "textual" in imported(modules)
    assert imported(modules) & _OF_THE_ENGINE == set()


@pytest.fixture(scope="module")
def at_start() -> frozenset[str]:
    """Give the modules that are imported before the app is made."""
    script = "import sys, lktui.cli, lktui.dashboard, lktui.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())


def test_a_start_imports_nothing_that_only_later_steps_need(at_start: frozenset[str]) -> None:
    assert at_start & {"sqlite3", "email", "importlib.metadata", "tomlkit", "yaml"} == set()
    of_the_engines_first_word = {
        "lktui.core.events",
        "lktui.core.fold",
        "lktui.core.session",
        "lktui.core.transcript",
        "lktui.core.doctor",
        "lktui.session.sentences",
    }
    assert at_start & of_the_engines_first_word == set()
    of_what_is_opened_later = {
        "lktui.core.export",
        "lktui.screens.leaving",
        "lktui.session.exports",
        "lktui.session.replay_engine",
        "lktui.widgets.overlay",
        "lktui.widgets.too_small",
    }
    assert at_start & of_what_is_opened_later == set()
    of_a_profile_that_is_there = {"lktui.store.profile_reading", "lktui.core.profile_fields"}
    assert at_start & of_a_profile_that_is_there == set()


def test_a_start_imports_few_modules(at_start: frozenset[str]) -> None:
    """Each costs 0.3 ms, of the 50 that the first paint may take longer than a minimal app's."""
    ours = sorted(name for name in at_start if name.startswith("lktui"))
    assert len(ours) <= MOST_AT_START, ours


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        (["--version"], {"textual", "rich", "asyncio", "sqlite3", "msgspec"}),
        (["--help"], {"textual", "rich", "asyncio", "sqlite3", "msgspec"}),
        (["profiles", "list"], {"textual", "rich", "asyncio", "sqlite3"}),
        (["cleanup", "list"], {"textual", "rich"}),
        (["probe", "nobody"], {"textual", "rich"}),
    ],
    ids=["version", "help", "profiles", "cleanup", "probe"],
)
def test_a_verb_never_imports_the_screens_nor_what_the_engine_does(
    program: Program, modules: Path, words: list[str], left_out: set[str]
) -> None:
    subprocess.run(
        traced(modules, *words),
        env={**os.environ, **program.environment},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert "lktui.cli" in imported(modules)
    assert imported(modules) & (_OF_THE_ENGINE | left_out) == set()


def test_the_screens_that_are_opened_next_are_imported_while_one_looks_at_the_first() -> None:
    script = """
import sys
from lktui.ahead import import_screens
import_screens()
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    screens = {f"lktui.screens.{name}.screen" for name in ("rooms", "live", "cleanup")}
    assert screens <= set(done.stdout.split())
