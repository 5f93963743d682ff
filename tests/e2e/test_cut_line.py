"""The way to the server is cut: what was said meanwhile comes once, and what was lost is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.core.commands import Say
from lktui.core.events import LinkState, Mark
from tests.support.agents_worker import AgentsWorker
from tests.support.cache import UnavailableError
from tests.support.cut_line import CutLine
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.talk_and_watch import BACK_S, TalkAndWatch, gaps, length_s

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]

LATE_S = 6.0
"""A gap is told from the first ping that was lost on, and until something was heard again."""


@pytest_asyncio.fixture
async def line() -> AsyncIterator[CutLine]:
    try:
        one = CutLine()
    except UnavailableError as error:
        pytest.skip(str(error))
    with one:
        yield one


@asynccontextmanager
async def _talk(stage: TalkAndWatch, folder: Path) -> AsyncIterator[TalkAndWatch]:
    await stage.opens(folder)
    await stage.says("hello", "order 7")
    await stage.all_see_the_same()
    try:
        yield stage
    finally:
        stage.tells()


@pytest_asyncio.fixture
async def place(
    agents_environment: Path, line: CutLine, tmp_path: Path
) -> AsyncIterator[tuple[LiveKitServer, AsyncExitStack]]:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(
            LiveKitServer(
                server_binary(),
                tmp_path / "server.log",
                rtc=f"interfaces: {{includes: [{line.interface}]}}",
                node_ip=line.address,
                address=line.address,
            )
        )
        log = tmp_path / "worker.log"
        stack.enter_context(AgentsWorker(agents_environment, server, log, name="echo"))
        yield server, stack


@pytest_asyncio.fixture
async def far_watcher(
    place: tuple[LiveKitServer, AsyncExitStack], line: CutLine, tmp_path: Path
) -> AsyncIterator[TalkAndWatch]:
    """Give a talk that goes on beside the line over which it is watched."""
    async with _talk(TalkAndWatch(*place, watches_at=line.far_end()), tmp_path) as stage:
        yield stage


@pytest_asyncio.fixture
async def far_talker(
    place: tuple[LiveKitServer, AsyncExitStack], line: CutLine, tmp_path: Path
) -> AsyncIterator[TalkAndWatch]:
    """Give a talk over the line that is watched from beside it."""
    async with _talk(TalkAndWatch(*place, talks_at=line.far_end()), tmp_path) as stage:
        yield stage


async def cut(line: CutLine, lasts_s: float, meanwhile: Callable[[], object]) -> None:
    """Cut the line for so long, and do something a second later."""
    line.cut()
    await asyncio.sleep(1)
    meanwhile()
    await asyncio.sleep(lasts_s - 1)  # the cut is the case
    line.mend()


async def test_what_is_said_while_the_line_is_cut_for_5_s_comes_late_once_and_in_order(
    far_watcher: TalkAndWatch, line: CutLine
) -> None:
    talk = asyncio.create_task(far_watcher.says("meanwhile", "order 8"))
    await cut(line, 5, lambda: None)
    await talk
    await far_watcher.says("and now")
    await far_watcher.all_see_the_same()
    assert far_watcher.blamed == []
    assert gaps(far_watcher.talker) == []
    # It is told once the list is in, whose connection tries again after its own waits.
    assert await far_watcher.watcher.until(lambda: bool(gaps(far_watcher.watcher)))
    (gap,) = gaps(far_watcher.watcher)
    assert "nothing was lost" in gap
    assert 5 - LATE_S <= length_s(gap) <= 5 + LATE_S


async def test_a_cut_of_20_s_is_a_gap_with_its_length_that_the_agent_s_memory_fills(
    far_watcher: TalkAndWatch, line: CutLine
) -> None:
    watcher = far_watcher.watcher
    talk = asyncio.create_task(far_watcher.says("meanwhile", "order 8", "refund 8"))
    await cut(line, 20, lambda: None)
    await talk
    assert await watcher.until(lambda: "filled in" in "".join(gaps(watcher)), BACK_S)
    await far_watcher.says("and now")
    await far_watcher.all_see_the_same()
    (gap,) = gaps(watcher)
    assert 20 - LATE_S <= length_s(gap) <= 20 + 2 * LATE_S
    assert gaps(far_watcher.talker) == []
    assert far_watcher.blamed == []


async def test_a_line_typed_while_the_line_is_cut_for_5_s_arrives(
    far_talker: TalkAndWatch, line: CutLine
) -> None:
    talker, before = far_talker.talker, far_talker.talker.answers
    typed = Say(session=talker.session, key="typed:cut", text="meanwhile")
    await cut(line, 5, lambda: talker.send(typed))
    assert await talker.until(lambda: talker.answers > before)
    await far_talker.says("and now")
    await far_talker.all_see_the_same()
    assert await talker.until(lambda: bool(gaps(talker)))
    (gap,) = gaps(talker)
    assert "nothing was lost" in gap
    assert far_talker.blamed == []


async def test_a_line_that_a_cut_of_20_s_has_swallowed_is_said_not_to_be_sent(
    far_talker: TalkAndWatch, line: CutLine
) -> None:
    talker = far_talker.talker
    typed = Say(session=talker.session, key="typed:cut", text="meanwhile")
    await cut(line, 20, lambda: talker.send(typed))
    assert await talker.until(lambda: "reconnected" in "".join(gaps(talker)), BACK_S)
    assert talker.state.link is LinkState.CONNECTED
    assert await talker.until(lambda: talker.state.unsent is not None, BACK_S)
    assert [row.text for row in talker.rows if row.mark is Mark.NOT_SENT] == ["meanwhile"]
    assert talker.state.unsent is not None
    assert talker.state.unsent.text == "meanwhile"
    await far_talker.says("and now")
    assert await talker.until(lambda: talker.told[-1] == ("agent", "echo: and now"))
    assert ("", "meanwhile") not in far_talker.watcher.told
    assert far_talker.blamed == []
