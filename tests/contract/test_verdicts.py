"""What the product itself concludes of each way in which a real worker's agent may behave."""

from __future__ import annotations

import json
import secrets
from types import MappingProxyType
from typing import NamedTuple

import pytest

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.e2e.results import Run, Runs, read
from tests.support.agents_worker import AgentsWorker
from tests.support.program import Program, echo_profile, rooms_of
from tests.support.server import Server

pytestmark = SLOW_ON_THE_REAL_ONE

_PATIENT = MappingProxyType({"join_timeout": 40, "reply_timeout": 30})
_BRIEF = MappingProxyType({"join_timeout": 40, "reply_timeout": 2})
_HASTY = MappingProxyType({"join_timeout": 6})


class Case(NamedTuple):
    """A mode of the worker, and what is to be thought of it."""

    mode: str
    outcome: str
    answers: bool = False
    """Whether the agent answers what is typed."""
    limits: MappingProxyType[str, int] = _BRIEF
    """Fields of its profile."""


CASES = [
    Case("session", "ready", answers=True, limits=_PATIENT),
    Case("raw", "ready", answers=True, limits=_PATIENT),
    Case("slow", "ready", answers=True, limits=_PATIENT),
    Case("mute", "no_reply"),
    Case("stuck", "no_reply"),
    Case("reject", "rejected"),
    Case("reject_next", "not_taken"),
    Case("leave", "left"),
    Case("crash_after_join", "left"),
]
# Its cleanup waits for the job, which might join after all.
HANGS = Case("hang", "not_joined", limits=_HASTY)


@pytest.fixture(scope="module")
def runs(
    server: Server,
    worker: AgentsWorker,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> dict[str, Run]:
    """Give what one probe of all modes at once said of each."""
    program = Program(tmp_path_factory.mktemp("verdicts"))
    prefix = f"verdicts-{secrets.token_hex(4)}"
    cases = [*CASES, HANGS] if pytestconfig.getoption("--full") else CASES
    for case in cases:
        metadata = json.dumps({"mode": case.mode})
        fields = echo_profile(server, prefix) | case.limits | {"metadata": metadata}
        program.save_profile(case.mode, fields | {"agent_name": worker.name})
    modes = [case.mode for case in cases]
    done = program.run("probe", *modes, "--jobs", str(len(modes)), "--say", "hello", "--json")
    assert done.exit_code == 4, done.stderr
    assert rooms_of(server, prefix) == set()
    return {run.profile: run for run in read(done, Runs).runs}


@pytest.mark.parametrize(
    "case", [*CASES, pytest.param(HANGS, marks=pytest.mark.full)], ids=lambda case: case.mode
)
def test_the_probe_tells_each_way_apart(runs: dict[str, Run], case: Case) -> None:
    run = runs[case.mode]
    assert (run.outcome, run.ok) == (case.outcome, case.answers), run
    replies = [line.text for line in run.transcript if line.role == "agent" and line.final]
    assert replies == (["echo: hello"] if case.answers else [])
    assert run.cleanup == "done"
