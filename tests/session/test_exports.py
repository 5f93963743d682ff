"""Files that leave the program: private, never over another, and none half-written."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncGenerator, Iterator, Mapping
from pathlib import Path

import pytest

from lktui.core.problems import PortError, Problem, ProblemCode
from lktui.session.exports import MAX_COPY_BYTES, Exports
from lktui.session.slices import in_slices
from lktui.store.paths import Paths

TERMINAL = {"TERM": "xterm-256color"}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))


def test_a_file_is_private_and_never_written_over_another(paths: Paths) -> None:
    exports = Exports(paths, TERMINAL)
    first = exports.write("staging-call", ".md", ["one"])
    second = exports.write("staging-call", ".md", ["two"])
    assert (first.name, second.name) == ("staging-call.md", "staging-call-2.md")
    assert (first.read_text(), second.read_text()) == ("one", "two")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.exports_dir.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\x00c", "…", "x" * 500, ""])
def test_a_name_from_outside_stays_in_the_folder(paths: Paths, name: str) -> None:
    path = Exports(paths, TERMINAL).write(name, ".md", ["text"])
    assert path.parent == paths.exports_dir
    assert path.read_text() == "text"


def test_nothing_is_left_of_a_file_that_could_not_be_finished(paths: Paths) -> None:
    def parts() -> Iterator[str]:
        yield "the beginning"
        raise PortError(_problem(paths))

    with pytest.raises(PortError):
        Exports(paths, TERMINAL).write("call", ".md", parts())
    assert list(paths.exports_dir.iterdir()) == []


async def test_nothing_is_left_of_a_file_that_was_stopped(paths: Paths) -> None:
    async def pieces() -> AsyncGenerator[str]:
        yield "the beginning"
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Exports(paths, TERMINAL).write_in_slices("call", ".md", pieces())
    assert list(paths.exports_dir.iterdir()) == []


async def test_pieces_follow_each_other_in_one_file(paths: Paths) -> None:
    shares: list[float] = []

    async def pause(share: float) -> None:
        shares.append(share)

    lines = [f"{number}\n" for number in range(1000)]
    pieces = in_slices(lines, len(lines), pause)
    path = await Exports(paths, TERMINAL).write_in_slices("call", ".md", pieces)
    assert path.read_text() == "".join(lines)
    assert len(shares) > 1
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def _problem(paths: Paths) -> Problem:
    file = paths.state_dir.parent / "file"
    file.write_text("no folder")
    exports = Exports(Paths(paths.config_dir, file), {})
    with pytest.raises(PortError) as raised:
        exports.write("a", ".md", [])
    assert raised.value.problem.code is ProblemCode.STATE_UNUSABLE
    return raised.value.problem


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({"TERM": "linux"}, "no clipboard here"),
        ({"TERM": "vt220"}, "no clipboard here"),
        ({**TERMINAL, "TERM_PROGRAM": "Apple_Terminal"}, "Apple's Terminal"),
        ({"TERM": "screen", "STY": "1.pts"}, "GNU screen"),
        ({"TERM": "screen", "STY": "1.pts", "TMUX": "/tmp/tmux"}, ""),
        (TERMINAL, ""),
    ],
)
def test_it_is_known_of_some_terminals_that_they_take_no_copy(
    paths: Paths, env: Mapping[str, str], why: str
) -> None:
    assert Exports(paths, env).why_no_copy(10).startswith(why)


def test_a_copy_that_terminals_would_drop_is_too_long(paths: Paths) -> None:
    exports = Exports(paths, TERMINAL)
    assert exports.why_no_copy(MAX_COPY_BYTES) == ""
    assert str(MAX_COPY_BYTES + 1) in exports.why_no_copy(MAX_COPY_BYTES + 1)


def test_what_tmux_needs_is_said_once(paths: Paths) -> None:
    exports = Exports(paths, {**TERMINAL, "TMUX": "/tmp/tmux"})
    assert "set-clipboard" in exports.tmux_hint()
    assert exports.tmux_hint() == ""
    assert Exports(paths, TERMINAL).tmux_hint() == ""
