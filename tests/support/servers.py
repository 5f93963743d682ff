"""Fixtures: servers and workers that whole runs share, and servers that one test may kill.

A test that takes `server` runs once on the sandbox and once on a real livekit-server, with the
same assertions: where they differ, the sandbox is wrong.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.agents_worker import AgentsWorker, agents_python
from tests.support.cache import UnavailableError
from tests.support.demo_agents import DemoAgents
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.sandbox import Sandbox
from tests.support.server import Server, ServerKind

_OF_THE_REAL_SERVER = {"livekit_server", "echo_worker", "server_at_hand", "echo_at_hand"}
_OF_REAL_WORKERS = {"agents_environment", "worker", "echo_worker", "sandbox_worker", "echo_at_hand"}


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Get what the collected tests need, before the time limit of any test runs."""
    if session.config.option.collectonly:
        return
    needed = {get: None for item in session.items for get in _needs(item)}
    for get in needed:
        if isinstance(found := _found(get), UnavailableError):
            # Not here: the fixture says it, test by test.
            session.config.get_terminal_writer().line(str(found))


def _needs(item: pytest.Item) -> Iterator[Callable[[], Path]]:
    if not isinstance(item, pytest.Function):
        return
    fixtures = set(item.fixturenames)
    kind = item.callspec.params.get("server_kind") if hasattr(item, "callspec") else None
    if kind is ServerKind.REAL or fixtures & _OF_THE_REAL_SERVER:
        yield server_binary
    if fixtures & _OF_REAL_WORKERS:
        yield agents_python


@pytest.fixture(scope="session")
def livekit_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitServer]:
    """Run a livekit-server for everybody; a test that kills one starts its own."""
    log = tmp_path_factory.mktemp("livekit-server") / "log"
    with LiveKitServer(_or_skip(server_binary), log) as server:
        yield server


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Run a sandbox for everybody; a test that kills one starts its own."""
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def agents_environment() -> Path:
    """Give the Python that has livekit-agents, for a test that starts a worker of its own."""
    return _or_skip(agents_python)


@pytest.fixture(scope="session")
def echo_worker(
    livekit_server: LiveKitServer,
    agents_environment: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AgentsWorker]:
    """Run a worker named `echo` for everybody, at the real server."""
    log = tmp_path_factory.mktemp("agents-worker") / "log"
    with AgentsWorker(agents_environment, livekit_server, log, name="echo") as worker:
        yield worker


@pytest.fixture(scope="session")
def sandbox_worker(
    sandbox: Sandbox, agents_environment: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AgentsWorker]:
    """Run a worker named `echo` for everybody, at the sandbox."""
    log = tmp_path_factory.mktemp("agents-worker") / "log"
    with AgentsWorker(agents_environment, sandbox, log, name="echo") as worker:
        yield worker


@pytest.fixture(scope="session")
def server_at_hand(request: pytest.FixtureRequest) -> Server:
    """Give the real server, or the sandbox where no real one can be had."""
    real = isinstance(_found(server_binary), Path) or _must_be_real()
    shared: Server = request.getfixturevalue("livekit_server" if real else "sandbox")
    return shared


@pytest.fixture(scope="session")
def echo_at_hand(server_at_hand: Server, request: pytest.FixtureRequest) -> AgentsWorker:
    """Give the worker `echo` at the server at hand."""
    name = "sandbox_worker" if isinstance(server_at_hand, Sandbox) else "echo_worker"
    shared: AgentsWorker = request.getfixturevalue(name)
    return shared


@pytest.fixture(scope="session")
def livekit_demo_agents(
    livekit_server: LiveKitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoAgents]:
    """Run the demo agents for everybody, at the real server."""
    log = tmp_path_factory.mktemp("demo-agents") / "log"
    with DemoAgents(livekit_server, log) as agents:
        yield agents


@pytest.fixture(scope="session")
def sandbox_demo_agents(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoAgents]:
    """Run the demo agents for everybody, at the sandbox."""
    log = tmp_path_factory.mktemp("demo-agents") / "log"
    with DemoAgents(sandbox, log) as agents:
        yield agents


@pytest.fixture(scope="session", params=list(ServerKind), ids=str)
def server_kind(request: pytest.FixtureRequest) -> ServerKind:
    """Give each kind of server in turn."""
    kind: ServerKind = request.param
    return kind


# What a kind of server stands for lasts as long as the run: asked for by name, it is not ended
# and started anew wherever the kinds alternate.


@pytest.fixture(scope="session")
def server(server_kind: ServerKind, request: pytest.FixtureRequest) -> Server:
    """Give the sandbox, then the real server; everybody's."""
    name = {ServerKind.SANDBOX: "sandbox", ServerKind.REAL: "livekit_server"}[server_kind]
    shared: Server = request.getfixturevalue(name)
    return shared


@pytest.fixture(scope="session")
def worker(server_kind: ServerKind, request: pytest.FixtureRequest) -> AgentsWorker:
    """Give the worker `echo` at the same server as `server`."""
    name = {ServerKind.SANDBOX: "sandbox_worker", ServerKind.REAL: "echo_worker"}[server_kind]
    shared: AgentsWorker = request.getfixturevalue(name)
    return shared


@pytest.fixture(scope="session")
def demo_agents(server_kind: ServerKind, request: pytest.FixtureRequest) -> DemoAgents:
    """Give the demo agents at the same server as `server`."""
    names = {
        ServerKind.SANDBOX: "sandbox_demo_agents",
        ServerKind.REAL: "livekit_demo_agents",
    }
    shared: DemoAgents = request.getfixturevalue(names[server_kind])
    return shared


@pytest.fixture
def own_server(server_kind: ServerKind, tmp_path: Path) -> Iterator[Server]:
    """Run a server that a test may kill, of either kind."""
    if server_kind is ServerKind.SANDBOX:
        with Sandbox(tmp_path / "server.log") as sandbox:
            yield sandbox
    else:
        with LiveKitServer(_or_skip(server_binary), tmp_path / "server.log") as real:
            yield real


def _must_be_real() -> bool:
    """Whether what is missing here is a failure: where all must be tested."""
    return os.environ.get("CI") == "true"


@functools.cache
def _found(get: Callable[[], Path]) -> Path | UnavailableError:
    """Get something; that it cannot be had is remembered too, since to try takes its time."""
    try:
        return get()
    except UnavailableError as error:
        return error


def _or_skip(get: Callable[[], Path]) -> Path:
    found = _found(get)
    if isinstance(found, Path):
        return found
    if _must_be_real():
        pytest.fail(str(found), pytrace=False)
    pytest.skip(str(found))
