"""Retries in numbers, over every way to fail, on a real server: there are never two agents."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from pathlib import Path

import pytest

from lktui.commands.headless import Headless
from lktui.core.event import SessionEvent
from lktui.core.events import AnyEvent, SessionId
from lktui.core.profile import DispatchMode, Profile, Secret
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.livekit_server import LiveKitServer
from tests.support.observed_session import ObservedSession

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

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._heard: dict[SessionId, list[AnyEvent]] = {}
        self.retries = 0
        self.doubled: list[str] = []
        self.unanswered: list[str] = []
        self.verdicts: Counter[str] = Counter()

    def take(self, events: list[AnyEvent]) -> None:
        """Give each session what concerns it."""
        for event in events:
            if isinstance(event, SessionEvent) and event.session in self._heard:
                self._heard[event.session].append(event)

    async def fail_and_retry(self, engine: Headless, mode: str) -> None:
        """Let an agent fail, replace it, and then replace the one that is well."""
        events: list[AnyEvent] = []
        one = ObservedSession(engine, events, self._profile)
        self._heard[one.session] = events
        one.start(mode, once=True, join_timeout=7.0)
        self.verdicts[await one.settles(attempt=1, limit_s=BEGINS_S)] += 1
        if later := FAILS_LATER.get(mode):
            assert await one.becomes(later, attempt=1, limit_s=GOES_WRONG_S), mode
        for attempt in (2, 3):
            one.retry(replace_live=True)
            self.retries += 1
            verdict = await one.settles(attempt=attempt, limit_s=READY_S)
            self.verdicts[verdict] += 1
            line = f"{mode} {attempt}"
            said = await one.answers(line, limit_s=ANSWERS_S, listen_s=LISTENS_S)
            if len(said) > 1:
                self.doubled.append(f"{line}: {said}")
            elif not said:
                self.unanswered.append(f"{line}: {verdict}")
        one.end()
        del self._heard[one.session]


@pytest.fixture
def campaign(livekit_server: LiveKitServer, prefix: str) -> Campaign:
    """Give a campaign of the worker `echo`."""
    return Campaign(
        Profile(
            name="echo",
            url=livekit_server.url,
            api_key=Secret(livekit_server.key),
            api_secret=Secret(livekit_server.secret),
            agent_name="echo",
            dispatch_mode=DispatchMode.EXPLICIT,
            room_prefix=prefix,
        )
    )


@pytest.mark.parametrize(
    ("sessions", "modes"),
    [
        (4, ("reject", "leave", "session", "raw")),
        pytest.param(250, MODES, marks=pytest.mark.full),
    ],
)
async def test_no_retry_ends_with_two_agents(
    campaign: Campaign, tmp_path: Path, sessions: int, modes: tuple[str, ...]
) -> None:
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    invocation = Invocation(paths=paths, env=dict(os.environ))
    places = asyncio.Semaphore(AT_ONCE)

    async def run(mode: str) -> None:
        async with places:
            await campaign.fail_and_retry(engine, mode)

    async with Headless(invocation, campaign.take) as engine, asyncio.TaskGroup() as group:
        for mode in itertools.islice(itertools.cycle(modes), sessions):
            group.create_task(run(mode))
    print(f"\n{campaign.retries} retries, {dict(campaign.verdicts)}, {campaign.unanswered=}")
    assert campaign.retries == 2 * sessions
    assert campaign.doubled == []
    assert campaign.unanswered == []
