from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import agent as proto

from lktui.sandbox.agents import worker_wire as wire
from lktui.sandbox.agents.demo_agents import DEMO_AGENTS
from lktui.sandbox.agents.server import Server, UnsetError

SUPPORT = DEMO_AGENTS[0]


def sent(body: bytes) -> proto.WorkerMessage:
    return proto.WorkerMessage.FromString(body)


def test_a_worker_registers_for_rooms_and_may_show_its_state() -> None:
    register = sent(wire.register(SUPPORT)).register
    assert (register.agent_name, register.type) == ("support", proto.JobType.JT_ROOM)
    assert register.allowed_permissions.can_update_metadata


def test_a_job_is_taken_under_the_identity_that_livekits_own_workers_choose() -> None:
    answer = sent(wire.accept("AJ_1", SUPPORT)).availability
    assert (answer.available, answer.participant_identity) == (True, "agent-AJ_1")
    assert dict(answer.participant_attributes) == {"lk.agent.name": "support"}


@pytest.mark.parametrize("for_all", [True, False])
def test_declining_says_for_whom(for_all: bool) -> None:  # noqa: FBT001 - a case
    answer = sent(wire.decline("AJ_1", for_all=for_all)).availability
    assert (answer.available, answer.terminate) == (False, for_all)


def test_a_job_that_failed_is_reported_with_its_error() -> None:
    failed, done = sent(wire.job_ended("AJ_1", "no")).update_job, sent(wire.job_ended("AJ_1", ""))
    assert (failed.status, failed.error) == (proto.JobStatus.JS_FAILED, "no")
    assert done.update_job.status == proto.JobStatus.JS_SUCCESS


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_told_apart(body: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        wire.decode(body)


def test_a_broken_frame_is_an_error_of_the_wire() -> None:
    with pytest.raises(wire.WireError):
        wire.decode(b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("url", "worker_url"),
    [
        ("ws://127.0.0.1:7880", "ws://127.0.0.1:7880/agent"),
        ("http://host", "ws://host/agent"),
        ("https://host/base/", "wss://host/base/agent"),
    ],
)
def test_workers_register_beside_the_api(url: str, worker_url: str) -> None:
    assert Server(url, "key", "secret").worker_url == worker_url


def test_the_environment_must_name_the_whole_server() -> None:
    with pytest.raises(UnsetError, match="LIVEKIT_API_KEY, LIVEKIT_API_SECRET"):
        Server.of_environment({"LIVEKIT_URL": "ws://host", "LIVEKIT_API_KEY": ""})


def test_a_secret_does_not_show_in_a_log() -> None:
    assert "hush" not in repr(Server("ws://host", "key", "hush"))
