"""What the real SDK says of a real server that it cannot use, and the problem that people see."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import jwt
import pytest
from livekit import api, rtc

from lktui.core.problems import PortError, Problem, ProblemCode
from lktui.engine.failures import joining
from lktui.engine.server_api import LiveKitServerApi
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer
from tests.support.livekit_server import LiveKitServer

_HOST = "the-host"


@dataclass
class Credentials:
    """A server's address with a key and a secret that need not be its own."""

    port: int
    key: str = LiveKitServer.key
    secret: str = LiveKitServer.secret


async def not_joined(url: str, token: str, *, limit_s: float = 15.0) -> Problem:
    """Try to join a room, which must fail; gives the problem."""
    with pytest.raises(PortError) as raised:
        async with joining(limit_s, _HOST):
            await rtc.Room().connect(url, token)
    found = raised.value.problem
    assert "eyJ" not in found.detail.replace("eyJ…", "")
    return found


async def not_asked(
    url: str, key: str = LiveKitServer.key, secret: str = LiveKitServer.secret
) -> Problem:
    """Ask the server API something, which must fail; gives the problem."""
    client = LiveKitServerApi(url, _HOST, key, secret)
    try:
        with pytest.raises(PortError) as raised:
            await client.room_exists("any")
    finally:
        await client.close()
    return raised.value.problem


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def unverified(claims: dict[str, object]) -> str:
    """Sign claims with the dev server's key, however wrong they are."""
    return jwt.encode({"iss": LiveKitServer.key, "sub": "person", **claims}, LiveKitServer.secret)


async def test_a_wrong_key_is_an_auth_failure(livekit_server: LiveKitServer) -> None:
    stranger = Credentials(livekit_server.port, key="stranger")
    found = await not_joined(livekit_server.url, twirp.room_token(stranger, "r", "person"))
    assert found.code is ProblemCode.AUTH_FAILED
    assert "invalid API key: stranger" in found.detail


async def test_a_wrong_secret_is_an_auth_failure_without_the_token(
    livekit_server: LiveKitServer,
) -> None:
    stranger = Credentials(livekit_server.port, secret="wrong")
    token = twirp.room_token(stranger, "r", "person")
    found = await not_joined(livekit_server.url, token)
    assert found.code is ProblemCode.AUTH_FAILED
    assert "signature is invalid" in found.detail
    assert token not in repr(found)


async def test_an_expired_token_is_told_apart(livekit_server: LiveKitServer) -> None:
    token = twirp.room_token(livekit_server, "r", "person", ttl_s=-3600)
    found = await not_joined(livekit_server.url, token)
    assert found.code is ProblemCode.TOKEN_EXPIRED


async def test_a_token_from_the_future_is_told_apart(livekit_server: LiveKitServer) -> None:
    now = int(time.time())
    grant = {"roomJoin": True, "room": "r"}
    token = unverified({"nbf": now + 3600, "exp": now + 7200, "video": grant})
    found = await not_joined(livekit_server.url, token)
    assert found.code is ProblemCode.TOKEN_NOT_YET_VALID


async def test_a_text_that_is_no_token_is_told_apart(livekit_server: LiveKitServer) -> None:
    found = await not_joined(livekit_server.url, "garbage")
    assert found.code is ProblemCode.TOKEN_INVALID


async def test_a_token_that_may_not_join_lacks_a_permission(livekit_server: LiveKitServer) -> None:
    grant = {"roomList": True}
    token = unverified({"exp": int(time.time()) + 600, "video": grant})
    found = await not_joined(livekit_server.url, token)
    assert found.code is ProblemCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://127.0.0.1:1", ProblemCode.CONNECTION_REFUSED),
        ("ws://nowhere.invalid", ProblemCode.DNS_FAILED),
        ("wss://127.0.0.1:{port}", ProblemCode.TLS_FAILED),
    ],
)
async def test_an_address_without_a_server_is_told_apart(
    livekit_server: LiveKitServer, url: str, code: ProblemCode
) -> None:
    address = url.format(port=livekit_server.port)
    token = twirp.room_token(livekit_server, "r", "person")
    assert (await not_joined(address, token)).code is code
    assert (await not_asked(address)).code is code


@pytest.mark.parametrize("status", [200, 404, 405, 501])
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
async def test_another_server_is_no_livekit_server(
    livekit_server: LiveKitServer, status: int, version: str
) -> None:
    token = twirp.room_token(livekit_server, "r", "person")
    page = Answer("<p>401, certificate, tls, timed out</p>", status, "text/html")
    with HttpServer(lambda _request: page, version=version) as other:
        address = f"ws://127.0.0.1:{other.port}"
        assert (await not_joined(address, token)).code is ProblemCode.NOT_LIVEKIT
        assert (await not_asked(address)).code is ProblemCode.NOT_LIVEKIT


async def test_a_server_that_never_answers_is_given_up(
    livekit_server: LiveKitServer, silent_port: int
) -> None:
    token = twirp.room_token(livekit_server, "r", "person")
    found = await not_joined(f"ws://127.0.0.1:{silent_port}", token, limit_s=0.2)
    assert found.code is ProblemCode.CONNECT_TIMEOUT


@pytest.mark.parametrize(("key", "secret"), [("stranger", "secret"), ("devkey", "wrong")])
async def test_the_api_refuses_a_wrong_key_or_secret(
    livekit_server: LiveKitServer, key: str, secret: str
) -> None:
    assert (await not_asked(livekit_server.url, key, secret)).code is ProblemCode.AUTH_FAILED


async def test_a_failure_behind_a_proxy_is_the_servers(livekit_server: LiveKitServer) -> None:
    del livekit_server
    with HttpServer(lambda _request: Answer("<h1>bad gateway</h1>", 502, "text/html")) as proxy:
        found = await not_asked(f"http://127.0.0.1:{proxy.port}")
    assert found.code is ProblemCode.SERVER_ERROR


async def test_the_api_says_not_found_of_a_room_that_is_not_there(
    livekit_server: LiveKitServer,
) -> None:
    async with api.LiveKitAPI(livekit_server.url, "devkey", "secret") as client:
        with pytest.raises(api.ServerError) as raised:
            await client.room.delete_room(api.DeleteRoomRequest(room="never-there"))
    assert (raised.value.status, raised.value.code) == (404, "not_found")
