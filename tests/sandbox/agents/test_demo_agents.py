from __future__ import annotations

import pytest

from lktui.sandbox.agents.demo_agents import DEMO_AGENTS, MAX_ROOMS, Behaviour, Tries
from lktui.sandbox.agents.job import do_job
from tests.support.fakes.still_clock import StillClock


class SleptError(Exception):
    """Raised instead of sleeping, with the seconds."""


class WakefulClock(StillClock):
    async def sleep(self, duration_s: float) -> None:
        raise SleptError(duration_s)


def test_flaky_fails_twice_in_two_ways_and_then_talks_for_good() -> None:
    flaky = next(agent for agent in DEMO_AGENTS if agent.name == "flaky")
    assert [flaky.behaviour(n) for n in range(5)] == [
        Behaviour.DECLINE,
        Behaviour.NEVER_JOIN,
        Behaviour.TALK,
        Behaviour.TALK,
        Behaviour.TALK,
    ]


def test_tries_are_counted_for_each_room_until_one_has_succeeded() -> None:
    tries = Tries()
    assert [tries.count("a"), tries.count("a"), tries.count("b"), tries.count("a")] == [0, 1, 0, 2]
    tries.forget("a")
    assert [tries.count("a"), tries.count("b")] == [0, 1]


def test_rooms_that_never_succeed_do_not_pile_up() -> None:
    tries = Tries()
    for n in range(MAX_ROOMS + 5):
        tries.count(f"room {n}")
    assert tries.count("room 0") == 0
    assert tries.count(f"room {MAX_ROOMS}") == 1


def test_no_demo_agent_is_called_nobody() -> None:
    assert [agent.name for agent in DEMO_AGENTS] == ["support", "slow", "flaky", "crash"]


async def test_slow_waits_four_seconds_before_it_joins() -> None:
    slow = next(agent for agent in DEMO_AGENTS if agent.name == "slow")
    with pytest.raises(SleptError, match=r"^4\.0$"):
        await do_job(slow, Behaviour.TALK, "ws://host", "a token", WakefulClock())
