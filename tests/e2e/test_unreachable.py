"""`lktui probe` where no session can be opened: exit 3, the cause, nothing left to clean up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

import pytest

from tests.e2e.results import Items, Run, read
from tests.e2e.room_tokens import token_with_dispatch
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer, Request
from tests.support.program import FieldValue, Program, echo_profile, rooms_of
from tests.support.server import Server

_NO_PORT = "127.0.0.1:1"


def unopened(program: Program, fields: Mapping[str, FieldValue]) -> Run:
    """Probe a profile with which no session can be opened."""
    program.save_profile("echo", fields)
    done = program.run("probe", "echo", "--say", "hello", "--json")
    run = read(done, Run)
    assert done.exit_code == 3, done
    assert (run.ok, run.agent, run.transcript) == (False, None, ())
    assert run.problem is not None
    said = f"{run.code}: {run.problem.summary}. {run.problem.cause}. {run.problem.resolution}.\n"
    assert done.stderr == said
    assert "eyJ" not in done.stdout.replace("eyJ and has two dots", "")
    return run


def token_profile(server: Server, prefix: str, **fields: FieldValue) -> dict[str, FieldValue]:
    """Make a profile without an API key."""
    kept = {
        name: value
        for name, value in echo_profile(server, prefix).items()
        if not name.startswith("api_")
    }
    return {**kept, "auth_mode": "token", **fields}


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"ws://{_NO_PORT}", "connection_refused"),
        ("ws://nowhere.invalid", "dns_failed"),
        ("wss://{host}", "tls_failed"),
    ],
)
def test_an_address_that_cannot_be_reached_is_told_with_its_cause(
    program: Program, server_at_hand: Server, prefix: str, url: str, code: str
) -> None:
    address = {"url": url.format(host=server_at_hand.url.removeprefix("ws://"))}
    run = unopened(program, echo_profile(server_at_hand, prefix) | address)
    assert (run.code, run.outcome) == (code, "connect_failed")
    assert run.problem is not None
    assert run.problem.summary.startswith("Cannot connect: ")
    listed = read(program.run("cleanup", "list", "--json"), Items)
    assert listed.items == ()


@pytest.mark.full
def test_a_server_that_never_answers_is_given_up(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"url": f"ws://127.0.0.1:{silent.getsockname()[1]}"}
        run = unopened(program, echo_profile(server_at_hand, prefix) | address)
    assert (run.code, run.outcome) == ("connect_timeout", "connect_failed")
    # Nobody knows whether the room was made: it is looked for once the server answers.
    assert run.cleanup == "pending"


@pytest.mark.parametrize("status", [200, 404, 405, 501])
def test_another_program_at_the_address_is_no_livekit_server(
    program: Program, server_at_hand: Server, prefix: str, status: int
) -> None:
    page = Answer("<h1>something else</h1>", status, "text/html")
    with HttpServer(lambda _request: page) as other:
        address = {"url": f"http://127.0.0.1:{other.port}"}
        run = unopened(program, echo_profile(server_at_hand, prefix) | address)
    assert run.code == "not_livekit"


def test_a_token_cannot_reach_a_closed_port_either(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    token = token_with_dispatch(server_at_hand, prefix)
    fields = token_profile(server_at_hand, prefix, token=token, url=f"ws://{_NO_PORT}")
    assert unopened(program, fields).code == "connection_refused"


def test_an_expired_token_is_told_apart(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    token = twirp.room_token(server_at_hand, prefix, "person", ttl_s=-5)
    fields = token_profile(server_at_hand, prefix, token=token, dispatch_mode="auto")
    run = unopened(program, fields)
    assert (run.code, run.outcome) == ("token_expired", "auth_failed")
    assert rooms_of(server_at_hand, prefix) == set()


def test_a_token_for_another_room_is_not_used(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    token = token_with_dispatch(server_at_hand, f"{prefix}-other")
    fields = token_profile(server_at_hand, prefix, token=token, room_name=f"{prefix}-mine")
    run = unopened(program, fields)
    assert (run.code, run.outcome) == ("token_wrong_room", "auth_failed")
    assert run.problem is not None
    assert f"{prefix}-other" in run.problem.summary
    assert rooms_of(server_at_hand, prefix) == set()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer('{"error": "who are you?"}', 403), "endpoint_status"),
        (Answer("<h1>Welcome</h1>", 200, "text/html"), "endpoint_not_json"),
        (Answer('{"jwt": "somewhere else"}'), "endpoint_no_field"),
        (Answer('{"token": "no token"}'), "token_invalid"),
    ],
    ids=["status", "no JSON", "no field", "no token"],
)
def test_an_endpoint_that_gives_no_token_is_told_apart(
    program: Program, server_at_hand: Server, prefix: str, answer: Answer, code: str
) -> None:
    with HttpServer(lambda _request: answer) as endpoint:
        where = f"http://127.0.0.1:{endpoint.port}/token"
        run = unopened(program, token_profile(server_at_hand, prefix, token_url=where))
    assert run.code == code
    assert len(endpoint.requests) == 1


def test_an_endpoint_that_is_not_there_is_unreachable(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    fields = token_profile(server_at_hand, prefix, token_url=f"http://{_NO_PORT}/token")
    assert unopened(program, fields).code == "endpoint_unreachable"


@pytest.mark.full
def test_an_endpoint_that_hangs_is_given_up(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    over = threading.Event()

    def hang(_request: Request) -> Answer:
        over.wait(60)
        return Answer("{}")

    with HttpServer(hang) as endpoint:
        where = f"http://127.0.0.1:{endpoint.port}/token"
        run = unopened(program, token_profile(server_at_hand, prefix, token_url=where))
        over.set()
    assert run.code == "endpoint_timeout"
    assert run.problem is not None
    assert "10 s" in run.problem.summary
