"""The mark of cases that wait for the delays of a server: the sandbox's are scaled down."""

from __future__ import annotations

import pytest

from tests.support.server import ServerKind

SLOW_ON_THE_REAL_ONE = pytest.mark.parametrize(
    "server_kind",
    [ServerKind.SANDBOX, pytest.param(ServerKind.REAL, marks=pytest.mark.full)],
    indirect=True,
    ids=str,
)
"""In the plain run on the sandbox only; with `--full` on both."""
