"""One installation of the program, and a name for its rooms, for each test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Program, echo_profile
from tests.support.server import Server


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Give the program, without a profile, with empty folders; its engines end with the test."""
    program = Program(tmp_path)
    yield program
    program.kill_engines()


@pytest.fixture
def echo(program: Program, server_at_hand: Server, prefix: str) -> Program:
    """Give the program with a profile named `echo`, for the worker of that name."""
    program.save_profile("echo", echo_profile(server_at_hand, prefix))
    return program


@pytest.fixture
def prefix() -> str:
    """Give the prefix of this test's rooms: the server is everybody's."""
    return f"e2e-{secrets.token_hex(4)}"
