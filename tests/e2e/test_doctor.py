"""`lktui doctor` against real servers: each thing that can be wrong, provoked for real."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import jwt
import msgspec
import pytest

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.e2e.results import read
from tests.e2e.room_tokens import token_with_dispatch
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer, Request
from tests.support.program import FieldValue, Program, echo_profile, rooms_of
from tests.support.server import Server, ServerKind


class Check(msgspec.Struct, forbid_unknown_fields=True):
    """One check of `doctor --json`, as scripts rely on it."""

    name: str
    ok: bool | None
    state: str
    detail: str
    seen: list[str]
    code: str
    summary: str
    cause: str
    resolution: str
    took_ms: float | None


class Checks(msgspec.Struct, forbid_unknown_fields=True):
    """The object of `doctor --json`."""

    checks: list[Check]


def examined(
    program: Program, fields: dict[str, FieldValue], *words: str
) -> tuple[dict[str, Check], int]:
    """Save a profile, run the doctor over it, and give its findings and the exit code."""
    program.save_profile("p", fields)
    done = program.run("doctor", "p", "--json", *words)
    assert done.stderr == ""
    return {check.name: check for check in read(done, Checks).checks}, done.exit_code


def failed(found: dict[str, Check]) -> list[tuple[str, str]]:
    return [(check.name, check.code) for check in found.values() if check.state == "failed"]


def test_a_good_profile_passes_on_every_server_and_a_real_one_says_its_version(
    program: Program, server: Server, server_kind: ServerKind, prefix: str
) -> None:
    found, code = examined(program, echo_profile(server, prefix))
    assert (failed(found), code) == ([], 0)
    assert found["webrtc"].detail.startswith("joined; ")
    assert "carries it" in found["webrtc"].detail
    if server_kind is ServerKind.REAL:
        assert "LiveKit 1." in found["websocket"].detail
    assert rooms_of(server, prefix) == set()


def test_a_wrong_port_refuses(program: Program, server_at_hand: Server, prefix: str) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unheard.getsockname()[1]}"
        found, code = examined(program, echo_profile(server_at_hand, prefix) | {"url": url})
    assert failed(found) == [("connect", "connection_refused")]
    assert found["key"].ok is None
    assert code == 3


def test_tls_to_a_plain_port_is_told(program: Program, server: Server, prefix: str) -> None:
    url = server.url.replace("ws:", "wss:")
    found, code = examined(program, echo_profile(server, prefix) | {"url": url})
    assert failed(found) == [("connect", "tls_failed")]
    assert "ws://" in found["connect"].resolution
    assert code == 3


def test_another_program_at_the_address_is_told(program: Program) -> None:
    with HttpServer(lambda _request: Answer("<html>hi</html>")) as other:
        url = f"ws://127.0.0.1:{other.port}"
        found, code = examined(program, {"url": url, "api_key": "k", "api_secret": "s"})
    assert failed(found) == [("server", "not_livekit")]
    assert code == 3


def test_a_swapped_secret_is_told_and_not_shown(program: Program, server: Server) -> None:
    secret = "the-secret-that-is-in-the-wrong-place"
    fields: dict[str, FieldValue] = {"url": server.url, "api_key": secret, "api_secret": "APIxyz1"}
    program.save_profile("p", fields)
    done = program.run("doctor", "p", "--json")
    found = {check.name: check for check in read(done, Checks).checks}
    assert failed(found) == [("key", "keys_swapped")]
    assert done.exit_code == 3
    assert secret not in done.stdout + done.stderr


def test_a_wrong_secret_is_told(program: Program, server: Server, prefix: str) -> None:
    found, code = examined(program, echo_profile(server, prefix) | {"api_secret": "wrong"})
    assert failed(found) == [("key", "auth_failed")]
    assert found["room"].ok is None
    assert code == 3


def test_an_expired_token_is_told_before_anything_is_joined(
    program: Program, server: Server
) -> None:
    token = jwt.encode(
        {
            "iss": server.key,
            "sub": "me",
            "exp": int(time.time()) - 600,
            "video": {"roomJoin": True},
        },
        server.secret,
    )
    found, code = examined(
        program, {"url": server.url, "auth_mode": "token", "token": token}, "--dispatch"
    )
    assert failed(found) == [("token", "token_expired")]
    assert "10 min" in found["token"].seen[0]
    assert found["webrtc"].ok is None
    assert code == 3


def test_what_a_token_may_not_do_is_named(program: Program, server: Server) -> None:
    grants = {"roomJoin": True, "room": "r", "canSubscribe": False}
    claims = {"iss": server.key, "sub": "me", "exp": int(time.time()) + 3600, "video": grants}
    token = jwt.encode(claims, server.secret)
    found, code = examined(program, {"url": server.url, "auth_mode": "token", "token": token})
    assert found["token"].state == "doubt"
    assert found["token"].summary == "The token may not hear the agent"
    assert code == 0
    assert "means  The token may not hear the agent" in program.run("doctor", "p").stdout


def test_an_endpoint_that_fails_is_told_with_its_answer(program: Program, server: Server) -> None:
    with HttpServer(lambda _request: Answer("database is down", 500)) as endpoint:
        fields: dict[str, FieldValue] = {
            "url": server.url,
            "auth_mode": "token",
            "token_url": f"http://127.0.0.1:{endpoint.port}/token",
        }
        found, code = examined(program, fields)
    assert failed(found) == [("endpoint", "endpoint_status")]
    assert "500" in found["endpoint"].detail
    assert "database is down" in found["endpoint"].seen[0]
    assert code == 3


@pytest.fixture
def emptied(server_at_hand: Server, prefix: str) -> Iterator[str]:
    """Give the prefix, and delete afterwards what nobody may delete without a key."""
    yield prefix
    for room in rooms_of(server_at_hand, prefix):
        twirp.delete_room(server_at_hand, room)


def test_a_token_endpoint_that_works_passes(
    program: Program, server_at_hand: Server, emptied: str
) -> None:
    def answer(request: Request) -> Answer:
        room, identity = str(request.fields["room"]), str(request.fields["identity"])
        return Answer(json.dumps({"token": twirp.room_token(server_at_hand, room, identity)}))

    with HttpServer(answer) as endpoint:
        fields: dict[str, FieldValue] = {
            "url": server_at_hand.url,
            "auth_mode": "token",
            "token_url": f"http://127.0.0.1:{endpoint.port}/token",
            "room_prefix": emptied,
        }
        found, code = examined(program, fields)
    assert (failed(found), code) == ([], 0)
    assert "carries it" in found["webrtc"].detail
    assert found["key"].ok is None


@SLOW_ON_THE_REAL_ONE
def test_an_agent_that_is_not_registered_is_told(
    program: Program, server: Server, prefix: str
) -> None:
    fields = echo_profile(server, prefix) | {"agent_name": "nobody-at-all"}
    found, code = examined(program, fields, "--dispatch")
    assert failed(found) == [("dispatch", "not_taken")]
    assert "nobody-at-all" in found["dispatch"].cause
    assert found["agent"].ok is None
    assert code == 4
    assert rooms_of(server, prefix) == set()


def test_an_agent_that_answers_passes_and_goes(
    echo: Program, echo_at_hand: object, server_at_hand: Server, prefix: str
) -> None:
    del echo_at_hand
    done = echo.run("doctor", "echo", "--dispatch", "--json")
    found = {check.name: check for check in read(done, Checks).checks}
    assert (failed(found), done.exit_code) == ([], 0)
    assert found["session"].state == "ok"
    assert rooms_of(server_at_hand, prefix) == set()


def test_a_token_that_brings_an_agent_is_joined_on_request_only(
    program: Program, echo_at_hand: object, server_at_hand: Server, emptied: str
) -> None:
    del echo_at_hand
    token = token_with_dispatch(server_at_hand, emptied)
    fields: dict[str, FieldValue] = {
        "url": server_at_hand.url, "auth_mode": "token", "token": token, "agent_name": "echo",
        "dispatch_mode": "explicit",
    }  # fmt: skip
    found, code = examined(program, fields)
    assert (found["webrtc"].ok, code) == (None, 0)
    assert rooms_of(server_at_hand, emptied) == set()
    found, code = examined(program, fields, "--dispatch")
    assert (failed(found), code) == ([], 0)
    assert found["session"].state == "ok"


def test_a_file_that_others_may_read_is_a_doubt_with_the_command_that_mends_it(
    program: Program,
) -> None:
    # A server that cannot be reached keeps nobody from reading the file, and nothing waiting.
    program.save_profile("p", {"url": "ws://127.0.0.1:1", "api_key": "k", "api_secret": "s"})
    file = program.config_dir / "profiles" / "p.toml"
    file.chmod(0o644)
    done = program.run("doctor", "p", "--json")
    found = {check.name: check for check in read(done, Checks).checks}
    assert found["file"].state == "doubt"
    assert f"chmod 600 {file}" in found["file"].resolution


def test_without_a_profile_it_looks_at_the_terminal(program: Program) -> None:
    done = program.run("doctor", "--json")
    assert [check.name for check in read(done, Checks).checks] == ["terminal"]
    assert done.exit_code == 0


def test_a_profile_with_faults_is_told_with_all_of_them(program: Program) -> None:
    program.save_profile("p", {"url": "nowhere", "auth_mode": "api"})
    done = program.run("doctor", "p")
    assert done.exit_code == 3
    assert "✗ failed" in done.stdout
    assert "api_secret" in done.stderr
