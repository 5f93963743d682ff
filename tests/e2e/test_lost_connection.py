"""The server stands still or dies under a talk and its watch: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.core.commands import Say, StartSession, WatchRoom
from lktui.core.events import (
    AnyEvent,
    LinkChanged,
    LinkStalled,
    LinkState,
    MemoryRead,
    VerdictReached,
)
from lktui.core.profile import Profile
from lktui.core.verdict import Outcome
from tests.support.agents_worker import AgentsWorker
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.seer import LATE_S, Seer, seer
from tests.support.server import profile_at

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]

_BACK_S = 40.0
"""The SDK's own, with some room: so long it may need to be back."""
_LENGTH = re.compile(r"^([\d.]+) s, ")
_BLAMES = {Outcome.UNRESPONSIVE, Outcome.LEFT, Outcome.LOST, Outcome.ZOMBIE}


class Stage:
    """A server and its worker, a talk, and somebody who watches it."""

    def __init__(self, server: LiveKitServer, stack: AsyncExitStack) -> None:
        self.server, self._stack = server, stack
        self.events: list[AnyEvent] = []
        self._said = 0

    def profile(self) -> Profile:
        return profile_at(
            self.server, room_prefix="e2e-lost", metadata=json.dumps({"mode": "shop"})
        )

    async def opens(self, folder: Path) -> None:
        self.talker = await seer(self._stack, folder / "talker", self._hear)
        self.watcher = await seer(self._stack, folder / "watcher", self._hear)
        using = self.profile()
        self.talker.send(StartSession(session=self.talker.session, profile=using))
        assert await self.talker.is_ready()
        room = self.talker.state.room
        self.watcher.send(WatchRoom(session=self.watcher.session, profile=using, room=room))
        assert await self.watcher.is_ready()

    def _hear(self, events: list[AnyEvent]) -> None:
        self.events += events

    async def says(self, *lines: str) -> None:
        """Say lines, each once the last one is answered."""
        for text in lines:
            self._said += 1
            answers = self.talker.answers
            said = Say(session=self.talker.session, key=f"typed:{self._said}", text=text)
            self.talker.send(said)
            assert await self.talker.until(lambda n=answers: self.talker.answers > n)  # type: ignore[misc]  # bound

    async def all_see_the_same(self) -> None:
        """Wait until whoever watches has all that was said, each thing once and in its order."""
        talker, watcher = self.talker, self.watcher
        assert await watcher.until(lambda: watcher.told == talker.told, LATE_S), (
            talker.told,
            watcher.told,
        )

    def tells(self) -> None:
        """Print how it went, for whoever reads of a failure."""
        for name, one in (("talker", self.talker), ("watcher", self.watcher)):
            print(
                name, *(f"{row.at:.2f} {row.speaker}: {row.text}" for row in one.rows), sep="\n  "
            )
        told = (LinkChanged, LinkStalled, MemoryRead, VerdictReached)
        print(*(event for event in self.events if isinstance(event, told)), sep="\n")

    @property
    def blamed(self) -> list[Outcome]:
        """Verdicts against the agent, which was well all the time."""
        verdicts = [event for event in self.events if isinstance(event, VerdictReached)]
        return [one.diagnosis.code for one in verdicts if one.diagnosis.code in _BLAMES]

    @property
    def reconnected(self) -> bool:
        changes = [event for event in self.events if isinstance(event, LinkChanged)]
        return bool(changes) and changes[-1].state is LinkState.CONNECTED


def gaps(one: Seer) -> list[str]:
    return [text for what, text in one.facts if what == "gap"]


def length_s(gap: str) -> float:
    found = _LENGTH.match(gap)
    assert found is not None, gap
    return float(found[1])


@pytest_asyncio.fixture
async def stage(agents_environment: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    log = tmp_path / "worker.log"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(LiveKitServer(server_binary(), tmp_path / "server.log"))
        stack.enter_context(AgentsWorker(agents_environment, server, log, name="echo"))
        one = Stage(server, stack)
        await one.opens(tmp_path)
        await one.says("hello", "order 7")
        await one.all_see_the_same()
        yield one
        one.tells()


@pytest.mark.parametrize("stall_s", [5, 20])
async def test_a_server_that_stood_still_has_lost_nothing(stage: Stage, stall_s: int) -> None:
    before = stage.talker.told
    stage.server.freeze()
    await asyncio.sleep(stall_s)  # the stall is the case
    stage.server.thaw()
    for one in (stage.talker, stage.watcher):
        assert await one.until(lambda one=one: one.state.link is LinkState.CONNECTED, _BACK_S)  # type: ignore[misc]  # bound
        assert one.told[: len(before)] == before
    assert await stage.talker.until(lambda: stage.talker.state.ready, _BACK_S)
    await stage.says("and now")
    await stage.all_see_the_same()
    assert stage.blamed == []
    for one in (stage.talker, stage.watcher):
        assert all(stall_s - 6 <= length_s(gap) <= stall_s + 6 for gap in gaps(one)), gaps(one)
        assert len(gaps(one)) == (1 if stall_s == 20 else len(gaps(one)))


async def test_after_the_death_of_the_server_the_talk_goes_on(stage: Stage) -> None:
    away_s = 5.0
    before = stage.talker.told
    stage.server.kill()
    await asyncio.sleep(away_s)  # the absence is the case
    await asyncio.to_thread(stage.server.restart)
    for one in (stage.talker, stage.watcher):
        assert await one.until(
            lambda one=one: bool(gaps(one)) and one.state.link is LinkState.CONNECTED,  # type: ignore[misc]  # bound
            _BACK_S,
        )
        assert one.told == before
        (gap,) = gaps(one)
        assert away_s - 1 <= length_s(gap) <= away_s + 8
    assert await stage.talker.until(lambda: stage.talker.state.ready, _BACK_S)
    await stage.says("and now")
    await stage.all_see_the_same()
    assert stage.blamed == []


async def test_a_server_that_stays_away_is_said_and_what_was_received_stays(stage: Stage) -> None:
    before = stage.talker.told
    stage.server.kill()
    for one in (stage.talker, stage.watcher):
        assert await one.until(lambda one=one: one.state.over, 2 * _BACK_S)  # type: ignore[misc]  # bound
        assert one.told == before
        (gap,) = gaps(one)
        assert gap.endswith("the connection did not come back")
        assert one.state.problem is not None
        assert one.state.problem.code == "server_lost"
