"""Fixtures: a real livekit-server and a real worker, one of each for a whole run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.agents_worker import AgentsWorker, agents_python
from tests.support.cache import UnavailableError
from tests.support.livekit_server import LiveKitServer, server_binary

_NEEDS: dict[str, Callable[[], Path]] = {
    "livekit_server": server_binary,
    "echo_worker": agents_python,
}


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Get what the collected tests need, before the time limit of any test runs."""
    if session.config.option.collectonly:
        return
    for fixture, get in _NEEDS.items():
        if any(fixture in getattr(item, "fixturenames", ()) for item in session.items):
            try:
                get()
            except UnavailableError as why:
                # Not here: the fixture says it, test by test.
                session.config.get_terminal_writer().line(str(why))


@pytest.fixture(scope="session")
def livekit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitServer]:
    """Run a livekit-server for everybody; a test that kills one starts its own."""
    log = tmp_path_factory.mktemp("livekit-server") / "log"
    with LiveKitServer(_or_skip(server_binary), log) as server:
        yield server


@pytest.fixture(scope="session")
def echo_worker(
    livekit_server: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AgentsWorker]:
    """Run a worker named `echo` for everybody."""
    log = tmp_path_factory.mktemp("agents-worker") / "log"
    with AgentsWorker(_or_skip(agents_python), livekit_server, log, name="echo") as worker:
        yield worker


def _or_skip(get: Callable[[], Path]) -> Path:
    try:
        return get()
    except UnavailableError as error:
        why = str(error)
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
