"""Retries and first lines in numbers, on a real server: never two answers, never none."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.commands.headless import Headless
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.livekit_server import LiveKitServer
from tests.support.observed_session import ObservedSession, ObservedSessions
from tests.support.server import profile_at

pytestmark = [pytest.mark.usefixtures("echo_worker"), pytest.mark.timeout(3600)]

FAILS_AT_ONCE = ("reject", "reject_next", "crash", "hang", "leave", "crash_after_join", "not_ready")
FAILS_LATER = {
    "die": "unresponsive",
    "freeze": "unresponsive",
    "zombie": "unresponsive",
    "nap": "unresponsive",
    "late_leave": "left",
}
LIVES = ("session", "raw", "stuck", "fails")
MODES = (*FAILS_AT_ONCE, *FAILS_LATER, *LIVES)
AT_ONCE = 5
"""Sessions beside one another: each retry makes a process that imports livekit-agents."""
BEGINS_S, GOES_WRONG_S, READY_S, ANSWERS_S = 25.0, 20.0, 25.0, 10.0
LISTENS_S = 1.5
"""How long a second answer may take: it has as long a way as the first."""


class Campaign:
    """Sessions that fail and are retried, and what became of them."""

    def __init__(self, engine: Headless, sessions: ObservedSessions) -> None:
        self._engine, self._sessions = engine, sessions
        self._places = asyncio.Semaphore(AT_ONCE)
        self.retries = 0
        self.doubled: list[str] = []
        self.unanswered: list[str] = []
        self.verdicts: Counter[str] = Counter()

    async def fail_and_retry(self, mode: str) -> None:
        """Let an agent fail, replace it, and then replace the one that is well."""
        async with self._places:
            with self._sessions.one(self._engine) as one:
                one.start(mode, once=True, join_timeout=7.0)
                self.verdicts[await one.settles(attempt=1, limit_s=BEGINS_S)] += 1
                if later := FAILS_LATER.get(mode):
                    assert await one.becomes(later, attempt=1, limit_s=GOES_WRONG_S), mode
                for attempt in (2, 3):
                    await self._retry(one, f"{mode} {attempt}", attempt)

    async def _retry(self, one: ObservedSession, line: str, attempt: int) -> None:
        one.retry(replace_live=True)
        self.retries += 1
        verdict = await one.settles(attempt=attempt, limit_s=READY_S)
        self.verdicts[verdict] += 1
        self._count(f"{line}: {verdict}", await self._answers(one, line))

    async def say_at_once(self, number: int) -> None:
        """Type the first line before anybody is there: it goes out as soon as one is ready."""
        async with self._places:
            with self._sessions.one(self._engine) as one:
                one.start("session")
                line = f"line {number}"
                said = await self._answers(one, line, within_s=BEGINS_S)
                self.verdicts[one.diagnosis.code.value] += 1
                self._count(line, said)

    @staticmethod
    async def _answers(
        one: ObservedSession, line: str, *, within_s: float = ANSWERS_S
    ) -> list[str]:
        return await one.answers(line, limit_s=within_s, listen_s=LISTENS_S)

    def _count(self, what: str, said: list[str]) -> None:
        if len(said) > 1:
            self.doubled.append(f"{what}: {said}")
        elif not said:
            self.unanswered.append(what)


@pytest_asyncio.fixture
async def campaign(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> AsyncIterator[Campaign]:
    """Give a campaign with the worker `echo`; it ends with what it found."""
    profile = profile_at(livekit_server, room_prefix=prefix)
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    sessions = ObservedSessions(profile)
    async with Headless(Invocation(paths=paths, env=dict(os.environ)), sessions.take) as engine:
        yield Campaign(engine, sessions)


@pytest.mark.parametrize(
    ("sessions", "modes"),
    [
        (4, ("reject", "leave", "session", "raw")),
        pytest.param(250, MODES, marks=pytest.mark.full),
    ],
)
async def test_no_retry_ends_with_two_agents(
    campaign: Campaign, sessions: int, modes: tuple[str, ...]
) -> None:
    async with asyncio.TaskGroup() as group:
        for mode in itertools.islice(itertools.cycle(modes), sessions):
            group.create_task(campaign.fail_and_retry(mode))
    print(f"\n{campaign.retries} retries, then {dict(campaign.verdicts)}")
    assert campaign.retries == 2 * sessions
    assert campaign.doubled == []
    assert campaign.unanswered == []


@pytest.mark.parametrize("sessions", [4, pytest.param(200, marks=pytest.mark.full)])
async def test_no_first_line_is_lost(campaign: Campaign, sessions: int) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(sessions):
            group.create_task(campaign.say_at_once(number))
    print(f"\n{sessions} first lines, then {dict(campaign.verdicts)}")
    assert campaign.doubled == []
    assert campaign.unanswered == []
