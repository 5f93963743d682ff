"""Killed at every step of a session: no room that the queue does not know, no item lost."""

from __future__ import annotations

import secrets
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.demo_agents import DemoAgents
from tests.support.killing import WHO, Lane
from tests.support.livekit_server import LiveKitServer
from tests.support.sandbox import Sandbox
from tests.support.server import Server

SAMPLE = (
    ("before create_room 1", "both"),
    ("after create_room 1", "both"),
    ("after create_dispatch 1", "both"),
    ("after delete_dispatch 1", "app"),
    ("after delete_room 1", "engine"),
)
PARTS = 16
RANDOM_KILLS, LANES = 200, 4


def lane(folder: Path, server: Server) -> Lane:
    """Make a lane whose agent is the demo's."""
    profile: dict[str, str | bool | int] = {
        "url": server.url,
        "api_key": server.key,
        "api_secret": server.secret,
        "agent_name": "support",
        "dispatch_mode": "explicit",
        "room_prefix": f"kill-{secrets.token_hex(4)}",
    }
    return Lane(folder, server, profile)


def known_steps(server: Server, folder: Path) -> list[str]:
    """List the steps of one session that nobody kills."""
    quiet = lane(folder / "quiet", server)
    quiet.run()
    assert quiet.rooms == set()
    return quiet.steps()


def cases_of(part: int, steps: list[str]) -> list[tuple[str, str]]:
    """Give a part of all cases, the same of any list: sessions differ in a step or two."""
    cases = [(at, who) for at in steps for who in WHO]
    return [case for case in cases if zlib.crc32(repr(case).encode()) % PARTS == part]


def check(one: Lane, at: str, who: str) -> None:
    """Kill at a step; then the queue knows what the server shows, and it all goes."""
    one.run(at=at, who=who)
    assert one.unknown() == set(), f"{who} killed {at}"
    one.check_clean()


def test_the_steps_of_a_session_are_those_before_and_after_each_write_and_call(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents, tmp_path: Path
) -> None:
    assert "support" in sandbox_demo_agents.registered
    steps = known_steps(sandbox, tmp_path)
    for at, _ in SAMPLE:
        assert at in steps
    first = [step for step in steps if "take_over" not in step]
    assert first.index("after put_item room live 1") < first.index("before create_room 1")
    for attempt in (1, 2):
        durable = first.index(f"after put_item dispatch live unnamed {attempt}")
        assert durable < first.index(f"before create_dispatch {attempt}")
    assert first.index("after delete_dispatch 2") < first.index("before delete_room 1")


@pytest.fixture(scope="module")
def sampled(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Future[None]]:
    """Check the sample, side by side: what a kill leaves is waited for more than worked on."""
    assert "support" in sandbox_demo_agents.registered
    with ThreadPoolExecutor(len(SAMPLE)) as pool:
        return {
            case: pool.submit(check, lane(tmp_path_factory.mktemp("kill"), sandbox), *case)
            for case in SAMPLE
        }


@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: "_".join(case).replace(" ", "_"))
def test_a_kill_at_a_step_loses_nothing(
    sampled: dict[tuple[str, str], Future[None]], case: tuple[str, str]
) -> None:
    sampled[case].result()


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_at_any_step_on_the_real_server_loses_nothing(
    livekit_server: LiveKitServer, livekit_demo_agents: DemoAgents, tmp_path: Path, part: int
) -> None:
    assert "support" in livekit_demo_agents.registered
    steps = known_steps(livekit_server, tmp_path)
    lanes, wrong = [], []
    for number, (at, who) in enumerate(cases_of(part, steps)):
        lanes.append(lane(tmp_path / str(number), livekit_server))
        try:
            check(lanes[-1], at, who)
        except AssertionError as error:  # the others are run all the same
            wrong.append(f"{number}: {who} killed {at}: {error}")
    assert wrong == []
    for one in lanes:  # most of these looks are due by now
        one.make_last_looks()
    kills = sum(one.killed for one in lanes)
    print(f"part {part}: {len(steps)} steps, {len(lanes)} cases, {kills} kills")
    assert kills > len(lanes) // 2


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_two_hundred_random_kills_on_the_real_server_lose_nothing(
    livekit_server: LiveKitServer, livekit_demo_agents: DemoAgents, tmp_path: Path
) -> None:
    assert "support" in livekit_demo_agents.registered
    lanes = [lane(tmp_path / str(number), livekit_server) for number in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        found = pool.map(
            lambda seed: lanes[seed].random_kills(RANDOM_KILLS // LANES, seed), range(LANES)
        )
        assert [wrong for lane_found in found for wrong in lane_found] == []
    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(Lane.make_last_looks, lanes))
