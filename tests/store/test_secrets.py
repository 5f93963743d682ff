from __future__ import annotations

import os
from pathlib import Path

import pytest

from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile import Secret
from lktui.store.secrets import resolve

CANARY = "canary-5f3e-value"


def why(source: str, env: dict[str, str] | None = None) -> str:
    """Give the line of the problem that this reference ends in."""
    with pytest.raises(PortError) as caught:
        resolve(Secret(source), "api_secret", env or {})
    assert caught.value.problem.code is ProblemCode.SECRET_UNRESOLVED
    assert "api_secret" in caught.value.problem.summary
    assert CANARY not in caught.value.problem.line
    return caught.value.problem.line


def test_a_literal_is_itself() -> None:
    assert resolve(Secret("secret"), "api_secret", {}) == "secret"


def test_a_variable_is_read_from_the_environment_that_was_handed_over() -> None:
    assert resolve(Secret("env:KEY"), "api_secret", {"KEY": "secret"}) == "secret"


def test_a_variable_that_is_not_set_is_named() -> None:
    line = why("env:KEY", {"OTHER": CANARY})
    assert "env:KEY" in line
    assert "not set" in line


def test_an_empty_variable_is_a_problem() -> None:
    assert "it is empty" in why("env:KEY", {"KEY": ""})


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_file_is_read_without_its_last_line_break(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(f"secret{ending}".encode())
    assert resolve(Secret(f"file:{path}"), "api_secret", {}) == "secret"


def test_a_tilde_is_the_home_folder() -> None:
    path = Path("~/key").expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret")
    assert resolve(Secret("file:~/key"), "api_secret", {}) == "secret"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (f"{CANARY}\nmore\n".encode(), "more than one line"),
        (f"{CANARY}\x1b[0m".encode(), "control characters"),
        (b"\xff" + CANARY.encode(), "not UTF-8"),
        (CANARY.encode() * 9999, "larger than 64 KiB"),
    ],
)
def test_a_file_that_is_no_single_line_of_text_is_a_problem(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    assert words in why(f"file:{path}")


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert "No such file" in why(f"file:{tmp_path}/no")


def test_a_pipe_or_a_folder_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no plain file" in why(f"file:{tmp_path}/pipe")
    assert "no plain file" in why(f"file:{tmp_path}")
