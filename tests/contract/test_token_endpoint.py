"""A token endpoint that fails: each way has a Problem, and no secret leaves with it."""

from __future__ import annotations

import json

import msgspec
import pytest

from lktui.clock import SystemClock
from lktui.core.problems import PortError, Problem, ProblemCode
from lktui.core.profile import AuthMode, Profile, Secret
from lktui.engine import token_endpoint
from lktui.engine.token_endpoint import EndpointTokens
from tests.support.http_server import Answer, HttpServer, Request

CANARY = "canary-header-4711"
BODY_CANARY = "canary-body-4711"
PROFILE = Profile(
    name="p",
    url="ws://fake.example",
    auth_mode=AuthMode.TOKEN,
    token_headers=(("Authorization", Secret(f"Bearer {CANARY}")),),
    token_body=json.dumps({"password": BODY_CANARY}),
)


async def refused(url: str) -> Problem:
    """Give the problem of asking an endpoint."""
    profile = msgspec.structs.replace(PROFILE, token_url=url)
    with pytest.raises(PortError) as error:
        await EndpointTokens(profile, {}, SystemClock()).room_token("r", "me")
    return error.value.problem


def asked(server: HttpServer) -> str:
    return f"http://127.0.0.1:{server.port}/token"


async def test_an_error_is_told_with_its_status_and_the_beginning_of_its_answer() -> None:
    with HttpServer(lambda _request: Answer("out of order\n" + "x" * 5000, 500)) as server:
        found = await refused(asked(server))
    assert found.code is ProblemCode.ENDPOINT_STATUS
    assert "500" in found.summary
    assert found.detail.startswith("out of order x")
    assert len(found.detail) <= 120


@pytest.mark.parametrize("status", [200, 500])
async def test_an_endpoint_that_quotes_our_secrets_betrays_none(status: int) -> None:
    def echo(request: Request) -> Answer:
        text = f"got {request.headers['authorization']} and {request.body}"
        return Answer(text, status, "text/plain")

    with HttpServer(echo) as server:
        found = await refused(asked(server))
        assert CANARY in server.requests[0].headers["authorization"]
    shown = msgspec.json.encode(found).decode()
    assert "got" in found.detail
    assert CANARY not in shown
    assert BODY_CANARY not in shown


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_carries_our_headers_to_another_host(status: int) -> None:
    with HttpServer(lambda _request: Answer("{}")) as thief:
        target = f"http://127.0.0.1:{thief.port}/take?token={CANARY}"
        with HttpServer(lambda _request: Answer("", status, location=target)) as server:
            found = await refused(asked(server))
        assert thief.requests == []
    assert found.code is ProblemCode.ENDPOINT_REDIRECTS
    assert f"127.0.0.1:{thief.port}" in found.summary
    assert CANARY not in msgspec.json.encode(found).decode()


async def test_an_endpoint_that_drips_is_late_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client's own limit begins anew with each piece."""
    monkeypatch.setattr(token_endpoint, "ENDPOINT_LIMIT_S", 0.2)
    with HttpServer(lambda _request: Answer("drop" * 200), drip_s=0.05) as server:
        found = await refused(asked(server))
    assert found.code is ProblemCode.ENDPOINT_TIMEOUT


async def test_an_endpoint_that_is_not_there_is_told_with_its_host() -> None:
    found = await refused("http://127.0.0.1:9/token")
    assert found.code is ProblemCode.ENDPOINT_UNREACHABLE
    assert "127.0.0.1:9" in found.summary


async def test_an_answer_without_the_field_names_those_it_has() -> None:
    with HttpServer(lambda _request: Answer('{"jwt": "x", "room": "r"}')) as server:
        found = await refused(asked(server))
    assert found.code is ProblemCode.ENDPOINT_NO_FIELD
    assert "jwt, room" in found.cause
