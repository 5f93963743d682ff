"""The engine as a process of its own: started, watched, started again, ended; no server needed."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from lktui.clock import SystemClock
from lktui.core.commands import RunCleanup
from lktui.core.events import (
    AnyEvent,
    Bye,
    CleanupRan,
    EngineFaulted,
    Hello,
    OutcomesRead,
    QueueRead,
)
from lktui.core.problems import ProblemCode
from lktui.core.wire import PROTOCOL
from lktui.session.engine_client import ChildEngine, EngineHealth, EngineOptions

PATIENCE_S = 60.0
"""For a busy machine; an engine is up in half a second."""

_SAYS_HELLO = """
import socket, sys
from lktui.core.events import Hello
from lktui.core.wire import frame_events

end = socket.socket(fileno=int(sys.argv[1]))
end.sendall(frame_events([Hello(protocol={protocol}, build="other", pid=1, installation="k7qd")]))
{then}
while end.recv(4096):
    pass
"""
NEWER = _SAYS_HELLO.format(protocol=99, then="")
BABBLING = _SAYS_HELLO.format(protocol=PROTOCOL, then=r"end.sendall(b'\x00\x00\x00\x01\xc1')")
DYING = "raise SystemExit(3)"


class Program(EngineOptions, frozen=True):
    """Another program in the engine's place."""

    text: str = ""

    def arguments(self, fd: int) -> list[str]:
        """Run the text; the descriptor is its only argument."""
        return [sys.executable, "-c", self.text, str(fd)]


class HastyClock(SystemClock):
    """Waits for nothing."""

    async def sleep(self, duration_s: float) -> None:
        """Pass at once."""
        del duration_s
        await asyncio.sleep(0)


class StuckClock(SystemClock):
    """Waits for ever."""

    async def sleep(self, duration_s: float) -> None:
        """Wait until cancelled."""
        del duration_s
        await asyncio.Event().wait()


class Screen:
    """What the app hears of an engine."""

    def __init__(self, engine: ChildEngine) -> None:
        self.engine = engine
        self.events: list[AnyEvent] = []
        self.healths: list[EngineHealth] = []
        self._heard = asyncio.Event()
        engine.on_events = self._on_events
        engine.on_health = self._on_health

    def _on_events(self, events: list[AnyEvent]) -> None:
        self.events += events
        self._heard.set()

    def _on_health(self, health: EngineHealth) -> None:
        self.healths.append(health)
        self._heard.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._heard.clear()
                await self._heard.wait()

    async def reaches(self, *healths: EngineHealth) -> None:
        """Wait until the health has gone exactly this way."""
        await self.until(lambda: len(self.healths) >= len(healths))
        assert self.healths == list(healths)

    async def hears(self, kind: type[AnyEvent]) -> None:
        await self.until(lambda: any(isinstance(event, kind) for event in self.events))


def is_there(pid: int) -> bool:
    """Tell whether a process exists; a zombie does."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def options(tmp_path: Path) -> EngineOptions:
    (tmp_path / "state").mkdir(mode=0o700)
    return EngineOptions(
        config_dir=tmp_path / "config",
        state_dir=tmp_path / "state",
        log_file=tmp_path / "state" / "lktui.log",
    )


def program(options: EngineOptions, text: str) -> Program:
    return Program(options.config_dir, options.state_dir, options.log_file, text=text)


@pytest_asyncio.fixture
async def screen(options: EngineOptions) -> AsyncIterator[Screen]:
    one = Screen(ChildEngine(options))
    yield one
    await one.engine.stop(1.0)


STARTING, UP = EngineHealth.STARTING, EngineHealth.UP
RESTARTING, STOPPED = EngineHealth.RESTARTING, EngineHealth.STOPPED


async def test_it_says_hello_and_what_is_known_from_before(screen: Screen) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    await screen.hears(Hello)
    first = [type(event) for event in screen.events]
    assert first == [OutcomesRead, QueueRead, Hello]


async def test_what_is_asked_before_it_is_up_is_done_then(screen: Screen) -> None:
    screen.engine.send(RunCleanup())
    await screen.engine.start()
    await screen.hears(CleanupRan)


async def test_it_can_be_spawned_before_there_is_a_loop(options: EngineOptions) -> None:
    engine = ChildEngine(options)
    engine.spawn()
    pid, screen = engine.pid, Screen(engine)
    await engine.start()
    await screen.reaches(STARTING, UP)
    assert engine.pid == pid
    await engine.stop(1.0)


async def test_a_stop_ends_it_in_order_and_leaves_no_zombie(screen: Screen) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    pid = screen.engine.pid
    await screen.engine.stop(5.0)
    assert screen.healths == [STARTING, UP, STOPPED]
    assert isinstance(screen.events[-1], Bye)
    assert not is_there(pid)


async def test_a_killed_engine_is_started_again_without_waiting(screen: Screen) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    old = screen.engine.pid
    os.kill(old, signal.SIGKILL)
    await screen.until(lambda: screen.healths[-2:] == [RESTARTING, UP])
    assert screen.engine.pid != old
    assert not is_there(old)


async def test_what_is_asked_meanwhile_reaches_the_new_engine(screen: Screen) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    os.kill(screen.engine.pid, signal.SIGKILL)
    await screen.until(lambda: RESTARTING in screen.healths)
    screen.engine.send(RunCleanup())
    await screen.hears(CleanupRan)
    assert screen.healths[-1] is UP


async def test_an_engine_that_ends_by_itself_is_not_started_again(screen: Screen) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    os.kill(screen.engine.pid, signal.SIGTERM)
    await screen.reaches(STARTING, UP, STOPPED)


async def test_without_a_usable_state_folder_it_says_so_and_stays(options: EngineOptions) -> None:
    (options.state_dir / "journal.sqlite").mkdir()
    screen = Screen(ChildEngine(options))
    await screen.engine.start()
    await screen.hears(EngineFaulted)
    (fault,) = [event for event in screen.events if isinstance(event, EngineFaulted)]
    assert fault.problem.code is ProblemCode.STATE_UNUSABLE
    await screen.engine.stop(5.0)
    assert screen.healths == [STARTING, UP, STOPPED]


async def test_its_log_is_for_its_owner_only(screen: Screen, options: EngineOptions) -> None:
    await screen.engine.start()
    await screen.reaches(STARTING, UP)
    assert stat.S_IMODE(options.log_file.stat().st_mode) == 0o600


# --- other programs in its place ------------------------------------------------------------------


async def test_an_engine_that_dies_again_and_again_is_given_up(options: EngineOptions) -> None:
    screen = Screen(ChildEngine(program(options, DYING), HastyClock()))
    await screen.engine.start()
    await screen.until(lambda: EngineHealth.FAILED in screen.healths)
    assert screen.healths.count(STARTING) == 1
    assert UP not in screen.healths
    await screen.engine.stop(60.0)
    assert screen.healths[-1] is EngineHealth.FAILED
    assert not is_there(screen.engine.pid)


async def test_a_stop_does_not_wait_for_a_restart_that_is_still_to_come(
    options: EngineOptions,
) -> None:
    screen = Screen(ChildEngine(program(options, DYING), StuckClock()))
    await screen.engine.start()
    await screen.until(lambda: RESTARTING in screen.healths)
    async with asyncio.timeout(PATIENCE_S):
        await screen.engine.stop(600.0)
    assert screen.healths[-1] is STOPPED
    assert not is_there(screen.engine.pid)


async def test_an_engine_that_cannot_be_started_again_is_given_up(
    options: EngineOptions,
) -> None:
    screen = Screen(ChildEngine(program(options, DYING), HastyClock()))
    await screen.engine.start()
    options.log_file.unlink()
    options.log_file.mkdir()
    await screen.until(lambda: EngineHealth.FAILED in screen.healths)
    await screen.engine.stop(1.0)


async def test_an_engine_of_another_version_is_said_and_not_started_again(
    options: EngineOptions,
) -> None:
    screen = Screen(ChildEngine(program(options, NEWER)))
    await screen.engine.start()
    await screen.until(lambda: EngineHealth.MISMATCHED in screen.healths)
    await screen.engine.stop(5.0)
    assert screen.healths == [STARTING, EngineHealth.MISMATCHED]
    assert not is_there(screen.engine.pid)


async def test_an_engine_that_babbles_is_killed_and_started_again(options: EngineOptions) -> None:
    screen = Screen(ChildEngine(program(options, BABBLING), HastyClock()))
    await screen.engine.start()
    first = screen.engine.pid
    await screen.until(lambda: screen.healths.count(UP) >= 2)
    assert not is_there(first)
    await screen.engine.stop(1.0)
