"""The server stands still or dies under a talk and its watch: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.core.events import LinkState
from tests.support.agents_worker import AgentsWorker
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.talk_and_watch import BACK_S, TalkAndWatch, gaps, length_s

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


@pytest_asyncio.fixture
async def stage(agents_environment: Path, tmp_path: Path) -> AsyncIterator[TalkAndWatch]:
    log = tmp_path / "worker.log"
    async with AsyncExitStack() as stack:
        server = stack.enter_context(LiveKitServer(server_binary(), tmp_path / "server.log"))
        stack.enter_context(AgentsWorker(agents_environment, server, log, name="echo"))
        one = TalkAndWatch(server, stack)
        await one.opens(tmp_path)
        await one.says("hello", "order 7")
        await one.all_see_the_same()
        yield one
        one.tells()


@pytest.mark.parametrize("stall_s", [5, 20])
async def test_a_server_that_stood_still_has_lost_nothing(
    stage: TalkAndWatch, stall_s: int
) -> None:
    before = stage.talker.told
    stage.server.freeze()
    await asyncio.sleep(stall_s)  # the stall is the case
    stage.server.thaw()
    for one in (stage.talker, stage.watcher):
        assert await one.until(lambda one=one: one.state.link is LinkState.CONNECTED, BACK_S)  # type: ignore[misc]  # bound
        assert one.told[: len(before)] == before
    assert await stage.talker.until(lambda: stage.talker.state.ready, BACK_S)
    await stage.says("and now")
    await stage.all_see_the_same()
    assert stage.blamed == []
    for one in (stage.talker, stage.watcher):
        assert all(stall_s - 6 <= length_s(gap) <= stall_s + 6 for gap in gaps(one)), gaps(one)
        assert len(gaps(one)) == (1 if stall_s == 20 else len(gaps(one)))


# After ten tries in 12 to 13 s the agent's own SDK gives up, and the agent does leave.
@pytest.mark.parametrize("away_s", [5, 9])
async def test_after_the_death_of_the_server_the_talk_goes_on(
    stage: TalkAndWatch, away_s: int
) -> None:
    before = stage.talker.told
    stage.server.kill()
    await asyncio.sleep(away_s)  # the absence is the case
    await asyncio.to_thread(stage.server.restart)
    for one in (stage.talker, stage.watcher):
        assert await one.until(
            lambda one=one: bool(gaps(one)) and one.state.link is LinkState.CONNECTED,  # type: ignore[misc]  # bound
            BACK_S,
        )
        assert one.told == before
        (gap,) = gaps(one)
        assert away_s - 1 <= length_s(gap) <= away_s + 8
    assert await stage.talker.until(lambda: stage.talker.state.ready, BACK_S)
    await stage.says("and now")
    await stage.all_see_the_same()
    assert stage.blamed == []


async def test_a_server_that_stays_away_is_said_and_what_was_received_stays(
    stage: TalkAndWatch,
) -> None:
    before = stage.talker.told
    stage.server.kill()
    for one in (stage.talker, stage.watcher):
        assert await one.until(lambda one=one: one.state.over, 2 * BACK_S)  # type: ignore[misc]  # bound
        assert one.told == before
        (gap,) = gaps(one)
        assert gap.endswith("the connection did not come back")
        assert one.state.problem is not None
        assert one.state.problem.code == "server_lost"
