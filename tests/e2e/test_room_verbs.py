"""`lktui rooms`, `dispatch` and `retry` against a real server and a real worker."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from lktui.core.cleanup import LAST_LOOK_S
from tests.e2e.results import Items, RoomAttempt, Rooms, read
from tests.support import twirp
from tests.support.livekit_server import LiveKitServer
from tests.support.program import Ended, Program, echo_profile
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("echo_worker")


@pytest.fixture
def room(echo: Program, livekit_server: LiveKitServer, prefix: str) -> Iterator[str]:
    """Make a room that is not the program's, and delete it in the end."""
    del echo  # the profile
    twirp.create_room(livekit_server, prefix)
    yield prefix
    for dispatch in twirp.dispatches(livekit_server, prefix):
        twirp.delete_dispatch(livekit_server, prefix, dispatch.id)
    twirp.delete_room(livekit_server, prefix)


def attempted(done: Ended) -> RoomAttempt:
    """Read what `dispatch` or `retry` printed."""
    return read(done, RoomAttempt)


def mode(name: str) -> str:
    """Make the metadata with which the worker behaves so."""
    return json.dumps({"mode": name})


def test_an_agent_comes_into_a_room_and_stays(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    done = echo.run("dispatch", room, "echo", "--json")
    attempt = attempted(done)
    assert done.exit_code == 0, done.stderr
    assert (attempt.ok, attempt.outcome, attempt.room, attempt.n) == (True, "ready", room, 1)
    assert attempt.agent is not None
    assert attempt.agent.session
    times = attempt.timings_ms
    assert times.ready is not None
    assert times.dispatch is not None
    assert times.dispatch < times.ready
    assert [one.identity for one in twirp.participants(livekit_server, room)] == [
        attempt.agent.identity
    ]
    assert attempt.dispatch_id in done.stderr


def test_the_watch_is_seen_by_nobody_and_is_no_user_of_the_agent(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    seen: list[str] = []
    watching = echo.start("dispatch", room, "echo", "--metadata", mode("slow"))
    with watching:
        while watching.poll() is None:
            there = twirp.participants(livekit_server, room)
            seen += [one.kind for one in there if one.identity.startswith("lktui-watch-")]
    assert watching.returncode == 0
    assert set(seen) == {"STANDARD"}  # the API lists it; the room's people are told of nobody
    assert len(twirp.agents(livekit_server, room)) == 1


@pytest.mark.parametrize(
    ("metadata", "outcome", "code"),
    [
        (mode("raw"), "present", 0),
        (mode("reject"), "rejected", 4),
    ],
)
def test_the_verdict_is_the_outcome_and_the_exit_code(
    echo: Program, room: str, metadata: str, outcome: str, code: int
) -> None:
    done = echo.run("dispatch", room, "echo", "--metadata", metadata, "--json")
    attempt = attempted(done)
    assert (attempt.outcome, done.exit_code) == (outcome, code), done.stderr
    assert attempt.code == ("" if code == 0 else outcome)


def test_an_agent_that_nobody_runs_is_not_taken(echo: Program, room: str) -> None:
    done = echo.run("dispatch", room, "nobody", "--json")
    attempt = attempted(done)
    assert (attempt.outcome, done.exit_code) == ("not_taken", 4)
    assert done.stderr.startswith("not_taken: Agent not dispatched")


def test_the_wait_is_this_calls_own(
    echo: Program, livekit_server: LiveKitServer, room: str, prefix: str
) -> None:
    fields = echo_profile(livekit_server, prefix) | {"join_timeout": 3600}
    echo.save_profile("echo", fields)
    done = echo.run("dispatch", room, "echo", "--metadata", mode("hang"), "--wait", "6", "--json")
    attempt = attempted(done)
    assert (attempt.outcome, done.exit_code) == ("not_joined", 4)


def test_a_room_that_is_not_there_is_not_made(
    echo: Program, livekit_server: LiveKitServer, prefix: str
) -> None:
    done = echo.run("dispatch", prefix, "echo", "--json")
    attempt = attempted(done)
    assert (attempt.outcome, attempt.code, done.exit_code) == ("room_missing", "room_missing", 3)
    assert prefix not in twirp.rooms(livekit_server)
    assert echo.run("retry", prefix).exit_code == 3
    assert echo.run("rooms", prefix).exit_code == 3


def test_a_second_agent_of_the_same_name_needs_a_yes(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    echo.run("dispatch", room, "echo")
    refused = echo.run("dispatch", room, "echo", "--json")
    assert (attempted(refused).code, refused.exit_code) == ("agent_alive", 2)
    assert len(twirp.agents(livekit_server, room)) == 1
    agreed = echo.run("--yes", "dispatch", room, "echo", "--json")
    assert attempted(agreed).outcome in ("ready", "doubled")
    assert until(lambda: len(twirp.agents(livekit_server, room)) == 2)


def test_a_live_agent_is_replaced_with_a_yes_only_and_keeps_its_metadata(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    made = twirp.create_dispatch(livekit_server, room, "echo", mode("session"))
    assert until(lambda: bool(twirp.agents(livekit_server, room)))
    (before,) = twirp.agents(livekit_server, room)
    refused = echo.run("retry", room, "--json")
    assert (attempted(refused).code, refused.exit_code) == ("agent_alive", 2)
    assert twirp.agents(livekit_server, room)[0].identity == before.identity
    done = echo.run("retry", room, "--yes", "--json")
    attempt = attempted(done)
    assert done.exit_code == 0, done.stderr
    (after,) = twirp.agents(livekit_server, room)
    assert after.identity != before.identity
    (dispatch,) = twirp.dispatches(livekit_server, room)
    assert dispatch.id == attempt.dispatch_id != made.id
    assert dispatch.metadata == mode("session")


@pytest.mark.full
def test_a_hung_agent_is_retried_without_a_question(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    hung = echo.run("dispatch", room, "echo", "--metadata", mode("hang"), "--wait", "6", "--json")
    assert attempted(hung).outcome == "not_joined"
    done = echo.run("retry", room, "echo", "--wait", "6", "--json")
    attempt = attempted(done)
    assert (attempt.outcome, done.exit_code) == ("not_joined", 4)
    (dispatch,) = twirp.dispatches(livekit_server, room)
    assert dispatch.id == attempt.dispatch_id


def test_the_dispatch_is_kept_until_it_is_named(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    made = attempted(echo.run("dispatch", room, "echo", "--json"))
    (item,) = read(echo.run("cleanup", "list", "--json"), Items).items
    assert (item.what, item.name, item.state) == ("dispatch", made.dispatch_id, "kept")
    assert echo.run("cleanup", "run").exit_code == 0
    assert len(twirp.agents(livekit_server, room)) == 1
    assert echo.run("cleanup", "run", made.dispatch_id).exit_code == 0
    assert until(lambda: not twirp.agents(livekit_server, room))
    assert read(echo.run("cleanup", "list", "--json"), Items).items == ()


@pytest.mark.full
@pytest.mark.timeout(240)
def test_an_agent_that_was_never_seen_is_looked_for_once_more_when_its_dispatch_is_gone(
    echo: Program, livekit_server: LiveKitServer, room: str
) -> None:
    done = echo.run("dispatch", room, "echo", "--metadata", mode("hang"), "--wait", "1", "--json")
    named = attempted(done).dispatch_id
    run = echo.run("cleanup", "run", named, "--json")
    assert run.exit_code == 0, run.stderr
    assert [item.state for item in read(run, Items).items] == ["last_look"]
    assert "1 dispatch is gone; last look " in run.stderr
    assert room in twirp.rooms(livekit_server)
    time.sleep(LAST_LOOK_S)  # the look's own time is the case
    assert echo.run("cleanup", "run").exit_code == 0
    assert read(echo.run("cleanup", "list", "--json"), Items).items == ()
    twirp.create_room(livekit_server, room)  # the server closes it a minute after its making
    assert not twirp.agents(livekit_server, room)


def test_rooms_shows_agents_dispatches_and_whose_they_are(echo: Program, room: str) -> None:
    made = attempted(echo.run("dispatch", room, "echo", "--json"))
    done = echo.run("rooms", room, "--json")
    (listed,) = read(done, Rooms).rooms
    assert done.exit_code == 0
    assert (listed.room, listed.outcome, listed.whose) == (room, "present", "theirs")
    assert [dispatch.id for dispatch in listed.dispatches] == [made.dispatch_id]
    assert made.agent is not None
    assert [agent.identity for agent in listed.agents] == [made.agent.identity]
    assert listed.people == 1
    table = echo.run("rooms")
    assert room in table.stdout
    assert "echo" in table.stdout


def test_a_wrong_secret_is_said_once(
    program: Program, livekit_server: LiveKitServer, prefix: str
) -> None:
    fields = {"url": livekit_server.url, "api_key": "devkey", "api_secret": "wrong"}
    program.save_profile("p", fields)
    for words in (["rooms"], ["dispatch", prefix, "echo"], ["retry", prefix, "echo"]):
        done = program.run(*words)
        assert done.exit_code == 3, words
        assert done.stderr.startswith("auth_failed: Auth failed"), words


def test_which_server_must_be_clear(echo: Program, livekit_server: LiveKitServer) -> None:
    echo.save_profile("other", {"url": livekit_server.url, "api_key": "k", "api_secret": "s"})
    done = echo.run("rooms")
    assert done.exit_code == 2
    assert "echo, other" in done.stderr
    assert echo.run("--profile", "echo", "rooms").exit_code == 0
    assert echo.run("--profile", "ecko", "rooms").exit_code == 2
