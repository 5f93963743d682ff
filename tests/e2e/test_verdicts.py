"""Every row of the diagnosis table (facts/livekit.md section 3), provoked on a real server.

A verdict has to come within a second of the earliest moment that the table allows, and no other
one before it. Whether it comes so soon is judged with `--full` only: the plain run shares its
machine with other tests. `probe` judges how an agent begins; what goes wrong later is seen by the
engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.commands.headless import Headless
from lktui.core.events import (
    AnyEvent,
)
from lktui.core.profile import DispatchMode
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.e2e.results import Run, read
from tests.support import twirp
from tests.support.agents_worker import AgentsWorker
from tests.support.guest import Guest
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.observed_session import ObservedSession
from tests.support.program import Program, echo_profile
from tests.support.server import profile_at
from tests.support.waiting import PATIENCE_S

pytestmark = pytest.mark.usefixtures("echo_worker")

SLACK_S = 1.0
_IN_TIME_S = 7.0
"""The join timeout where it is what passes."""
BUSY_S = 1.5
"""Two cores are shared by server, worker, engine and the other tests: joins take their time."""
JOINS_S = 3.0
STARTS_AND_CLEANS_S = 9.0
"""Where an agent may still be on its way, a cleanup looks for it for 6.5 s."""


@pytest.fixture
def slack_s(pytestconfig: pytest.Config) -> float:
    """Give how much later than the table a verdict may come."""
    return SLACK_S if pytestconfig.getoption("--full") else PATIENCE_S


def join_timeout(code: str) -> float:
    """Choose one that passes where that is the case, and none that a busy machine needs else."""
    return _IN_TIME_S if code in ("not_joined", "not_ready") else PATIENCE_S


@contextlib.asynccontextmanager
async def observed(
    server: LiveKitServer, prefix: str, folder: Path
) -> AsyncIterator[ObservedSession]:
    """Run an engine for one session, which ends with it."""
    profile = profile_at(server, room_prefix=prefix)
    paths = Paths.of(str(folder / "config"), str(folder / "state"))
    events: list[AnyEvent] = []
    async with Headless(Invocation(paths=paths, env=dict(os.environ)), events.extend) as engine:
        one = ObservedSession(engine, events, profile)
        yield one
        one.end()


@pytest_asyncio.fixture
async def watch(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> AsyncIterator[ObservedSession]:
    """Give a session of the worker `echo` that everybody shares."""
    async with observed(livekit_server, prefix, tmp_path) as one:
        yield one


# --- how it begins ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "code", "at_s"),
    [
        ("reject", "rejected", 5.5),
        ("leave", "left", 1.0 + JOINS_S),
        pytest.param("reject_next", "not_taken", 5.5, marks=pytest.mark.full),
        pytest.param("hang", "not_joined", 7.0, marks=pytest.mark.full),
        pytest.param("crash", "not_joined", 7.0, marks=pytest.mark.full),
        pytest.param("crash_after_join", "left", 1.0 + JOINS_S, marks=pytest.mark.full),
        pytest.param("not_ready", "not_ready", 7.0 + JOINS_S, marks=pytest.mark.full),
    ],
)
def test_probe_says_what_became_of_the_agent(  # noqa: PLR0917 - fixtures and a row
    program: Program,
    livekit_server: LiveKitServer,
    prefix: str,
    mode: str,
    code: str,
    at_s: float,
    slack_s: float,
) -> None:
    fields = echo_profile(livekit_server, prefix) | {"join_timeout": join_timeout(code)}
    program.save_profile("echo", fields)
    metadata = json.dumps({"mode": mode})
    done = program.run("probe", "echo", "--metadata", metadata, "--json")
    run = read(done, Run)
    assert (done.exit_code, run.outcome, run.code) == (4, code, code)
    assert done.took_s < at_s + slack_s + STARTS_AND_CLEANS_S


@pytest.mark.parametrize(
    ("mode", "code", "earliest_s", "latest_s"),
    [
        ("session", "ready", 0.0, JOINS_S),
        ("raw", "present", 1.0, 1.5 + JOINS_S),
        pytest.param("slow", "ready", 4.0, 4.3 + JOINS_S, marks=pytest.mark.full),
        pytest.param("reject", "rejected", 0.0, 5.5, marks=pytest.mark.full),
        pytest.param("reject_next", "not_taken", 5.5, 5.5, marks=pytest.mark.full),
        pytest.param("hang", "not_joined", 7.0, 7.0, marks=pytest.mark.full),
        pytest.param("crash", "not_joined", 7.0, 7.0, marks=pytest.mark.full),
        pytest.param("stuck", "present", 1.0, 1.5 + JOINS_S, marks=pytest.mark.full),
        pytest.param("not_ready", "not_ready", 7.0, 7.0 + JOINS_S, marks=pytest.mark.full),
    ],
)
async def test_the_first_verdict_comes_when_the_table_allows_it(  # noqa: PLR0917 - as above
    watch: ObservedSession,
    mode: str,
    code: str,
    earliest_s: float,
    latest_s: float,
    slack_s: float,
) -> None:
    watch.start(mode, join_timeout=join_timeout(code))
    found = await watch.until(code)
    # The dispatch's age counts from its call, a few milliseconds before its answer.
    assert earliest_s - BUSY_S < found.at_s < latest_s + slack_s


# --- what goes wrong later ----------------------------------------------------------------------


async def test_an_agent_whose_process_dies_is_said_not_to_answer(
    watch: ObservedSession, slack_s: float
) -> None:
    watch.start("die")
    ready = await watch.until("ready")
    found = await watch.until("ready", "unresponsive")
    # It dies 2 s after its start, is asked at most 5 s later, and has 3 s to answer.
    assert 5.0 - max(slack_s, BUSY_S) < found.at_s - ready.at_s < 5.0 + 3.0 + 2.0 + slack_s


async def test_a_model_that_fails_is_said_and_mends_itself(watch: ObservedSession) -> None:
    watch.start("fails")
    await watch.until("ready")
    watch.say("one")
    await watch.until("ready", "reply_failed")
    watch.say("two")
    await watch.until("ready", "reply_failed", "ready")
    assert await watch.hears("echo: two")


async def test_a_model_that_stalls_is_said_after_the_reply_timeout(
    watch: ObservedSession, slack_s: float
) -> None:
    watch.start("mute", reply_timeout=2.0)
    ready = await watch.until("ready")
    watch.say("one")
    found = await watch.until("ready", "no_reply")
    assert found.at_s - ready.at_s < 2.0 + 2 * slack_s


async def test_two_agents_of_one_name_are_said(
    watch: ObservedSession, livekit_server: LiveKitServer
) -> None:
    watch.start("session")
    await watch.until("ready")
    twirp.create_dispatch(livekit_server, await watch.room(), "echo")
    await watch.until("ready", "doubled")


async def test_a_deleted_room_is_said_at_once(
    watch: ObservedSession, livekit_server: LiveKitServer, slack_s: float
) -> None:
    watch.start("hang")
    room = await watch.room()
    await asyncio.sleep(1)
    twirp.delete_room(livekit_server, room)
    await watch.until("room_gone", limit_s=slack_s + BUSY_S)


async def test_a_dispatch_that_somebody_deletes_is_said(
    watch: ObservedSession, livekit_server: LiveKitServer, slack_s: float
) -> None:
    watch.start("hang")
    room = await watch.room()
    await asyncio.sleep(6)
    (made,) = [one for one in twirp.dispatches(livekit_server, room) if one.agent_name]
    twirp.delete_dispatch(livekit_server, room, made.id)
    await watch.until("withdrawn", limit_s=2.0 + slack_s)


@pytest.mark.full
@pytest.mark.parametrize("mode", ["die", "freeze"])
async def test_the_server_gives_up_on_a_dead_agent(watch: ObservedSession, mode: str) -> None:
    watch.start(mode)
    ready = await watch.until("ready")
    found = await watch.until("ready", "unresponsive", "lost", limit_s=40)
    assert 22.0 < found.at_s - ready.at_s < 2.0 + 22.4 + SLACK_S + BUSY_S


@pytest.mark.full
async def test_an_agent_without_a_session_is_a_zombie_after_25_s(watch: ObservedSession) -> None:
    watch.start("zombie")
    await watch.until("ready")
    silent = await watch.until("ready", "unresponsive")
    found = await watch.until("ready", "unresponsive", "zombie")
    assert 21.9 < found.at_s - silent.at_s < 22.0 + SLACK_S


@pytest.mark.full
async def test_an_agent_that_wakes_up_is_ready_again(watch: ObservedSession) -> None:
    watch.start("nap")
    await watch.until("ready")
    await watch.until("ready", "unresponsive", "ready")


@pytest.mark.full
async def test_an_agent_that_ends_its_job_has_left(watch: ObservedSession) -> None:
    watch.start("late_leave")
    ready = await watch.until("ready")
    found = await watch.until("ready", "left")
    assert found.at_s - ready.at_s < 2.0 + 3.0 + SLACK_S + BUSY_S


@pytest.mark.full
async def test_an_agent_that_listens_to_somebody_else_is_said(
    watch: ObservedSession, livekit_server: LiveKitServer, prefix: str
) -> None:
    twirp.create_room(livekit_server, prefix)
    with Guest(livekit_server, prefix, name="ann"):
        twirp.create_dispatch(livekit_server, prefix, "echo")
        await asyncio.sleep(4)  # the agent has found ann
        watch.start("session", room_name=prefix, dispatch_mode=DispatchMode.AUTO)
        await watch.until("ready")
        watch.say("to whom do you listen?")
        await watch.until("ready", "not_linked")
    twirp.delete_room(livekit_server, prefix)


async def test_a_room_that_asks_for_somebody_else_is_said_to(
    watch: ObservedSession, livekit_server: LiveKitServer, prefix: str
) -> None:
    twirp.create_room(livekit_server, prefix, asks_for=["nobody"])
    watch.start(
        "session",
        room_name=prefix,
        dispatch_mode=DispatchMode.AUTO,
        agent_name="",
        join_timeout=1.0,
    )
    await watch.until("auto_no_agent")
    assert any("asks for “nobody”" in line for line in watch.diagnosis.seen)
    twirp.delete_room(livekit_server, prefix)


@pytest.mark.full
async def test_an_agent_that_outlives_its_record_is_said_to(
    agents_environment: Path, prefix: str, tmp_path: Path
) -> None:
    with (
        LiveKitServer(server_binary(), tmp_path / "server.log") as server,
        AgentsWorker(agents_environment, server, tmp_path / "worker.log", name="echo"),
    ):
        async with observed(server, prefix, tmp_path) as one:
            one.start("session")
            await one.until("ready")
            await asyncio.to_thread(server.restart)
            assert await one.becomes("record_lost", attempt=1, limit_s=40)
            assert await one.answers("are you there?", limit_s=10, listen_s=0)
