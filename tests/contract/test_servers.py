"""The real server and the real worker that other tests rest on do what those tests assume."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import twirp
from tests.support.agents_worker import AgentsWorker
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.waiting import until

# A list of jobs is final 5.5 s after the dispatch: facts/livekit.md section 3.
_JOB_S = 6.0


@pytest.fixture
def own_server(livekit_server: LiveKitServer, tmp_path: Path) -> Iterator[LiveKitServer]:
    """Run a server that a test may kill."""
    del livekit_server  # where the shared one cannot be had, this one skips for the same reason
    with LiveKitServer(server_binary(), tmp_path / "log") as server:
        yield server


def test_a_fresh_server_has_no_room(own_server: LiveKitServer) -> None:
    assert twirp.rooms(own_server) == set()


def test_a_restarted_server_answers_on_the_same_port_and_has_forgotten_its_rooms(
    own_server: LiveKitServer,
) -> None:
    twirp.create_room(own_server, "a")
    url = own_server.url
    own_server.restart()
    assert own_server.url == url
    assert twirp.rooms(own_server) == set()


def test_a_frozen_server_answers_again_once_thawed(own_server: LiveKitServer) -> None:
    own_server.freeze()
    own_server.thaw()
    twirp.create_room(own_server, "a")
    assert twirp.rooms(own_server) == {"a"}


def test_a_deleted_room_is_gone_from_the_list(livekit_server: LiveKitServer) -> None:
    twirp.create_room(livekit_server, "deleted")
    twirp.delete_room(livekit_server, "deleted")
    assert "deleted" not in twirp.rooms(livekit_server)


def test_deleting_a_missing_room_is_not_found(livekit_server: LiveKitServer) -> None:
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.delete_room(livekit_server, "never-there")
    assert refused.value.code == "not_found"


@pytest.mark.parametrize("mode", ["session", "greet", "raw", "stuck", "mute"])
def test_a_dispatched_agent_joins_by_its_jobs_identity(
    livekit_server: LiveKitServer, echo_worker: AgentsWorker, mode: str
) -> None:
    room = f"joins-{mode}"
    twirp.create_room(livekit_server, room)
    twirp.create_dispatch(livekit_server, room, echo_worker.name, json.dumps({"mode": mode}))
    assert until(lambda: _job_identities(livekit_server, room) != [], timeout_s=_JOB_S)
    (identity,) = _job_identities(livekit_server, room)
    assert until(lambda: _agents(livekit_server, room) == [identity], timeout_s=_JOB_S)
    (dispatch,) = twirp.dispatches(livekit_server, room)
    twirp.delete_dispatch(livekit_server, room, dispatch.id)
    twirp.delete_room(livekit_server, room)


def test_a_rejected_job_is_a_success_without_an_agent(
    livekit_server: LiveKitServer, echo_worker: AgentsWorker
) -> None:
    room = "rejected"
    twirp.create_room(livekit_server, room)
    twirp.create_dispatch(livekit_server, room, echo_worker.name, '{"mode": "reject"}')
    assert until(lambda: _job_identities(livekit_server, room) == [""], timeout_s=_JOB_S)
    assert _agents(livekit_server, room) == []
    twirp.delete_room(livekit_server, room)


def _job_identities(server: LiveKitServer, room: str) -> list[str]:
    jobs = [job for dispatch in twirp.dispatches(server, room) for job in dispatch.jobs]
    return [job.state.participant_identity for job in jobs if job.state]


def _agents(server: LiveKitServer, room: str) -> list[str]:
    return [agent.identity for agent in twirp.agents(server, room)]
