"""Many conversations in one dashboard: each with its own verdict, and one key for what failed."""

from __future__ import annotations

import json
import secrets

import pytest

from tests.e2e.dashboard import dashboard
from tests.support import twirp
from tests.support.program import Program, echo_profile, rooms_of
from tests.support.server import Server
from tests.support.waiting import until

SESSIONS, FAILED = 20, 7
_ALL_JUDGED_S, _ALL_THERE_S, _ALL_GONE_S = 60.0, 60.0, 60.0


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("echo_at_hand")
def test_those_that_failed_of_twenty_are_mended_by_one_key(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    metadata = {"mode": "reject", "once": True, "rooms": FAILED, "batch": secrets.token_hex(4)}
    fields = echo_profile(server_at_hand, prefix) | {"metadata": json.dumps(metadata)}
    program.save_profile("echo", fields)
    with dashboard(program) as terminal:
        for _ in range(SESSIONS):
            terminal.send("1")
            terminal.wait_for("s Start")
            terminal.send("s")
            terminal.wait_for("x End")
        terminal.send("2")
        terminal.wait_for(f"{FAILED} failed", timeout_s=_ALL_JUDGED_S)
        terminal.send("R")
        terminal.wait_for(lambda t: "failed" not in t.text(), timeout_s=_ALL_THERE_S)

        def all_there() -> bool:
            terminal.pump(0.2)
            return len(_answered(server_at_hand, prefix)) == SESSIONS

        assert until(all_there, timeout_s=_ALL_THERE_S), terminal.text()
        assert all(len(there) == 1 for there in _answered(server_at_hand, prefix).values())
        terminal.send("qy")
        terminal.wait_exit(timeout_s=_ALL_GONE_S)
    assert rooms_of(server_at_hand, prefix) == set()


def _answered(server: Server, prefix: str) -> dict[str, tuple[twirp.Participant, ...]]:
    """Give the agents of each room that has some."""
    found = {room: twirp.agents(server, room) for room in rooms_of(server, prefix)}
    return {room: there for room, there in found.items() if there}
