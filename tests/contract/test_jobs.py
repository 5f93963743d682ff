"""What the API tells of the jobs of a real livekit-agents worker, whatever becomes of them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

import pytest
from livekit import api

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.contract.timelines import Timeline, timelines
from tests.support.agents_worker import AgentsWorker
from tests.support.server import Server

pytestmark = SLOW_ON_THE_REAL_ONE

_SETTLED_S = 7.0
"""A list of jobs is final 5.5 s after the dispatch; a slow agent joins after 4 s or more."""
_STAY = ("session", "stuck")
_GO = ("leave", "crash_after_join")
_NEVER = ("reject", "reject_next", "hang")


@pytest.fixture(scope="module")
def lines(server: Server, worker: AgentsWorker) -> dict[str, Timeline]:
    """Give what became of one dispatch in each mode."""
    modes: dict[str, Callable[[Timeline], bool]] = {
        **dict.fromkeys(_STAY, lambda line: bool(line.agents)),
        "session": lambda line: "listening" in line.states,
        "slow": lambda line: bool(line.agents),
        **dict.fromkeys(_GO, lambda line: bool(line.agents_ever) and not line.agents),
        **dict.fromkeys(_NEVER, lambda _line: True),
    }
    prefix = f"jobs-{secrets.token_hex(4)}"
    return asyncio.run(timelines(server, modes, worker.name, prefix, for_s=_SETTLED_S))


@pytest.mark.parametrize("mode", [*_STAY, "slow"])
def test_an_agent_joins_by_the_identity_of_its_job(lines: dict[str, Timeline], mode: str) -> None:
    job = lines[mode].job
    assert job is not None
    assert job.state.participant_identity == f"agent-{job.id}"
    assert lines[mode].agents == {f"agent-{job.id}"}
    assert job.state.worker_id.startswith("AW_")
    assert job.dispatch_id.startswith("AD_")


@pytest.mark.parametrize("mode", [*_STAY, *_GO, "hang", "slow"])
def test_a_job_that_was_taken_runs_for_ever(lines: dict[str, Timeline], mode: str) -> None:
    job = lines[mode].job
    assert job is not None
    assert job.state.status == api.JobStatus.JS_RUNNING
    assert (job.state.ended_at, job.state.error) == (0, "")
    assert job.state.started_at > 0


@pytest.mark.parametrize("mode", _GO)
def test_an_agent_that_goes_is_off_the_list_at_once(lines: dict[str, Timeline], mode: str) -> None:
    assert len(lines[mode].agents_ever) == 1
    assert lines[mode].agents == set()


@pytest.mark.parametrize("mode", _NEVER)
def test_an_agent_that_never_joins_is_never_listed(lines: dict[str, Timeline], mode: str) -> None:
    assert lines[mode].agents_ever == set()


def test_a_job_declined_for_all_is_a_success_of_nobody(lines: dict[str, Timeline]) -> None:
    job = lines["reject"].job
    assert job is not None
    assert job.state.status == api.JobStatus.JS_SUCCESS
    assert job.state.participant_identity == ""
    assert job.state.ended_at == job.state.started_at


def test_a_job_declined_by_the_only_worker_leaves_no_trace(lines: dict[str, Timeline]) -> None:
    assert lines["reject_next"].job is None


def test_a_slow_agent_comes_late(lines: dict[str, Timeline]) -> None:
    assert lines["slow"].came_at_s > 4.0


def test_a_session_says_that_it_listens_and_one_that_is_stuck_says_nothing_new(
    lines: dict[str, Timeline],
) -> None:
    assert "listening" in lines["session"].states
    assert lines["stuck"].states <= {"initializing"}


def test_an_agent_is_called_what_its_worker_is(lines: dict[str, Timeline]) -> None:
    (attributes,) = lines["session"].samples[-1].agents.values()
    assert "echo" in (attributes.get("lk.agent.name"), attributes.get("lk.agent_name"))
