"""What the real SDK says where there is no LiveKit server, and the problem that people see."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lktui.core.problems import ProblemCode
from tests.contract.refusals import Credentials, not_asked, not_joined
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer

_TOKEN = twirp.room_token(Credentials("ws://127.0.0.1:1"), "r", "person")
"""A token that nobody reads."""


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://127.0.0.1:1", ProblemCode.CONNECTION_REFUSED),
        ("ws://nowhere.invalid", ProblemCode.DNS_FAILED),
    ],
)
async def test_an_address_without_a_server_is_told_apart(url: str, code: ProblemCode) -> None:
    assert (await not_joined(url, _TOKEN)).code is code
    assert (await not_asked(Credentials(url))).code is code


@pytest.mark.parametrize("status", [200, 404, 405, 501])
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
async def test_another_server_is_no_livekit_server(status: int, version: str) -> None:
    page = Answer("<p>401, certificate, tls, timed out</p>", status, "text/html")
    with HttpServer(lambda _request: page, version=version) as other:
        address = f"ws://127.0.0.1:{other.port}"
        assert (await not_joined(address, _TOKEN)).code is ProblemCode.NOT_LIVEKIT
        assert (await not_asked(Credentials(address))).code is ProblemCode.NOT_LIVEKIT


async def test_a_server_that_never_answers_is_given_up(silent_port: int) -> None:
    found = await not_joined(f"ws://127.0.0.1:{silent_port}", _TOKEN, limit_s=0.2)
    assert found.code is ProblemCode.CONNECT_TIMEOUT


async def test_a_failure_behind_a_proxy_is_the_servers() -> None:
    with HttpServer(lambda _request: Answer("<h1>bad gateway</h1>", 502, "text/html")) as proxy:
        found = await not_asked(Credentials(f"http://127.0.0.1:{proxy.port}"))
    assert found.code is ProblemCode.SERVER_ERROR
