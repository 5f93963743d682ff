"""Which process of a parallel run gets which tests: those that share what is dear stay together."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, Scheduling

_SHARE_A_SANDBOX_WORKER = frozenset(
    f"tests/contract/{name}.py" for name in ("test_agents", "test_jobs", "test_verdicts")
)
"""Files of the plain run that talk with livekit-agents at the sandbox: to start it takes 5 s."""


class SharedWorkerScheduling(LoadFileScheduling):
    """Gives out whole files, and as one those that share a worker."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "livekit-agents" if file in _SHARE_A_SANDBOX_WORKER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Take the place of `--dist=loadfile`; other ways to share out stay as they are."""
    if config.getoption("dist") != "loadfile":
        return None
    return SharedWorkerScheduling(config, log)
