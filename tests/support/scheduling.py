"""Which process of a parallel run gets which tests.

Tests with programs and servers mostly wait, the others keep a core busy: with one process more than
there are cores, and both kinds at any time, no core is idle. Those that share what is dear stay
together.
"""

from __future__ import annotations

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling
from xdist.workermanage import WorkerController

_SHARE_A_SANDBOX_WORKER = frozenset(
    f"tests/contract/{name}.py" for name in ("test_agents", "test_jobs", "test_verdicts")
)
"""Files of the plain run that talk with livekit-agents at the sandbox: to start it takes 5 s."""
_SHARED = "livekit-agents"
_WAIT = ("tests/e2e/", "tests/contract/", "tests/sandbox/", _SHARED)


class WaitingAndBusy(LoadFileScheduling):
    """Gives out whole files, and as one those that share a worker; each process has its kind."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return _SHARED if file in _SHARE_A_SANDBOX_WORKER else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        waits = self.nodes.index(node) % 2 == 0
        own_kind = (unit for unit in self.workqueue if unit.startswith(_WAIT) == waits)
        if unit := next(own_kind, None):
            self.workqueue.move_to_end(unit, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_auto_num_workers() -> int:
    """Take one process more than there are cores."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Take the place of `--dist=loadfile`; other ways to share out stay as they are."""
    if config.getoption("dist") != "loadfile":
        return None
    return WaitingAndBusy(config, log)
