"""A join that took too long: told apart by whether signalling answers, at real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lktui.core.problems import ProblemCode, problem
from lktui.engine import signalling
from lktui.engine.signalling import joined_unheard, why_not_joined
from tests.contract.refusals import Credentials
from tests.support import twirp
from tests.support.livekit_server import LiveKitServer
from tests.support.server import Server

_TIMED_OUT = problem(ProblemCode.CONNECT_TIMEOUT, subject="the-host", host="the-host")


@pytest.fixture
def silent_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Give a port where connections are taken and nothing is ever answered."""
    monkeypatch.setattr(signalling, "_LOOK_LIMIT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_where_signalling_answers_it_is_the_media(server: Server, room: str) -> None:
    jwt = twirp.room_token(server, room, "person")
    found = await why_not_joined(_TIMED_OUT, server.url, jwt, "the-host")
    assert found.code is ProblemCode.MEDIA_BLOCKED
    assert found.subject == "the-host"


async def test_where_nobody_answers_it_stays_a_timeout(silent_port: int) -> None:
    url = f"ws://127.0.0.1:{silent_port}"
    jwt = twirp.room_token(Credentials(url), "r", "person")
    assert await why_not_joined(_TIMED_OUT, url, jwt, "the-host") is _TIMED_OUT


async def test_a_token_that_is_refused_meanwhile_is_the_reason(
    livekit_server: LiveKitServer, room: str
) -> None:
    expired = twirp.room_token(livekit_server, room, "person", ttl_s=-3600)
    found = await why_not_joined(_TIMED_OUT, livekit_server.url, expired, "the-host")
    assert found.code is ProblemCode.AUTH_FAILED


async def test_the_server_says_its_version_to_who_joins_unheard(server: Server, room: str) -> None:
    jwt = twirp.room_token(server, room, "person")
    info = await joined_unheard(server.url, jwt, "the-host", 5.0)
    assert info is None or info.version
