"""`lktui probe` with tokens that somebody else makes, against a real server and a real worker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.results import Run, read
from tests.e2e.room_tokens import token_with_dispatch
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer, Request
from tests.support.program import Program, rooms_of
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("echo_at_hand")

_CONVERSATION = [("you", "hello"), ("agent", "echo: hello")]


@pytest.fixture
def emptied(server_at_hand: Server, prefix: str) -> Iterator[str]:
    """Give the prefix, and delete afterwards what nobody may delete without a key."""
    yield prefix
    for room in rooms_of(server_at_hand, prefix):
        twirp.delete_room(server_at_hand, room)


def test_a_static_token_that_carries_the_dispatch_is_enough(
    program: Program, server_at_hand: Server, emptied: str
) -> None:
    token = token_with_dispatch(server_at_hand, emptied)
    fields = {"url": server_at_hand.url, "auth_mode": "token", "token": token, "agent_name": "echo"}
    program.save_profile("echo", {**fields, "dispatch_mode": "explicit"})
    done = program.run("probe", "echo", "--say", "hello", "--json")
    run = read(done, Run)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (run.ok, run.room, run.cleanup) == (True, emptied, "left")
    assert run.said == _CONVERSATION
    assert token not in done.stdout


def test_an_endpoint_is_asked_as_the_specification_says(
    program: Program, server_at_hand: Server, emptied: str
) -> None:
    def answer(request: Request) -> Answer:
        room, identity = request.fields["room"], request.fields["identity"]
        assert isinstance(room, str)
        assert isinstance(identity, str)
        token = token_with_dispatch(server_at_hand, room, identity=identity)
        return Answer(json.dumps({"jwt": token}))

    with HttpServer(answer) as endpoint:
        program.save_profile(
            "echo",
            {
                "url": server_at_hand.url,
                "auth_mode": "token",
                "token_url": f"http://127.0.0.1:{endpoint.port}/token",
                "token_field": "jwt",
                "token_headers": {"Authorization": "Bearer mine"},
                "token_body": {"tenant": "blue"},
                "agent_name": "echo",
                "dispatch_mode": "explicit",
                "metadata": "{}",
                "room_prefix": emptied,
            },
        )
        done = program.run("probe", "echo", "--say", "hello", "--json")
    run = read(done, Run)
    assert (done.exit_code, done.stderr) == (0, "")
    assert run.said == _CONVERSATION
    assert run.cleanup == "left"
    (request,) = endpoint.requests
    assert request.path == "/token"
    assert request.headers["authorization"] == "Bearer mine"
    assert request.headers["content-type"] == "application/json"
    identity = request.fields["identity"]
    assert request.fields == {
        "room": run.room,
        "identity": identity,
        "room_name": run.room,
        "participant_identity": identity,
        "participant_name": identity,
        "room_config": {"agents": [{"agent_name": "echo", "metadata": "{}"}]},
        "tenant": "blue",
    }


def test_with_a_key_beside_the_token_the_room_is_deleted(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    fields = {
        "url": server_at_hand.url,
        "auth_mode": "token",
        "token": twirp.room_token(server_at_hand, prefix, "person"),
        "api_key": server_at_hand.key,
        "api_secret": server_at_hand.secret,
        "agent_name": "echo",
        "dispatch_mode": "explicit",
    }
    program.save_profile("echo", fields)
    done = program.run("probe", "echo", "--say", "hello", "--json")
    run = read(done, Run)
    assert (run.ok, run.room, run.cleanup) == (True, prefix, "done"), done
    assert run.said == _CONVERSATION
    assert rooms_of(server_at_hand, prefix) == set()
