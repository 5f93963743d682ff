"""What the overview and watches cost on a real server: figures of this machine, not asserted."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from livekit import api

from lktui.core.commands import LookInto, WatchRooms
from lktui.core.events import AnyEvent, ApiCalled
from lktui.core.profile import Profile, Secret
from tests.bench.in_terminal import REPOSITORY, cpu_s, echoes, percentile, shown_after_ms
from tests.support import twirp
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.person import Person, token
from tests.support.program import Program, echo_profile
from tests.support.seer import Seer, seer
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

LOAD = Path(__file__).with_name("room_load.py")
SWITCHES = 20
ONLY_IN_LIVE = b"nothing you type reaches the agent"
SETTLED_S = 15.0
MEASURED_S = 20.0
CHANGES = 6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveKitServer]:
    with LiveKitServer(server_binary(), tmp_path / "server.log") as real:
        yield real


def rooms(server: LiveKitServer, count: int) -> list[str]:
    """Make rooms that nobody is in; gives their names, the newest first."""
    names = [f"bench-{number:03}" for number in range(count)]
    for name in names:
        twirp.create_room(server, name)
    return names[::-1]


@pytest.mark.parametrize("in_view", [10, 25])
@pytest.mark.parametrize("count", [50, 500])
async def test_what_the_overview_costs(
    server: LiveKitServer, tmp_path: Path, count: int, in_view: int
) -> None:
    calls: list[float] = []

    def note(events: list[AnyEvent]) -> None:
        calls.extend(event.at for event in events if isinstance(event, ApiCalled))

    async with AsyncExitStack() as stack:
        one = await seer(stack, tmp_path, note)
        names = rooms(server, count)[:in_view]
        profile = Profile(
            name="bench",
            url=server.url,
            api_key=Secret(server.key),
            api_secret=Secret(server.secret),
        )
        one.send(LookInto(room=names[0], in_view=tuple(names)))
        one.send(WatchRooms(profile=profile))
        await asyncio.sleep(SETTLED_S)
        (engine,) = one.program.engines
        cpu, calls[:] = cpu_s(engine), []
        await asyncio.sleep(MEASURED_S)
        used, per_s = (cpu_s(engine) - cpu) / MEASURED_S, len(calls) / MEASURED_S
        busiest = max(sum(1 for at in calls if start <= at < start + 1) for start in calls)
        shown = [await _seen(one, server, names[n % in_view]) for n in range(0, 7 * CHANGES, 7)]
    print(
        f"\n{count} rooms, {in_view} in view: {per_s:.1f} requests/s, {busiest} in the busiest"
        f" second; engine {used:.1%} of a core; a change is seen after {max(shown):.2f} s at most"
    )


async def _seen(one: Seer, server: LiveKitServer, room: str) -> float:
    """Let an agent in and give how long that took to be told, seconds."""
    grants = api.VideoGrants(can_update_own_metadata=True)
    async with Person(server, token(server, room, "agent", is_agent=True, grants=grants)):
        began = time.monotonic()
        found = await one.until(
            lambda: any(
                listed.name == room and listed.agents
                for listed in (one.listed.rooms if one.listed else ())
            ),
            30.0,
        )
        assert found
        return time.monotonic() - began


@pytest.mark.parametrize("watches", [10, 50])
def test_what_watches_cost(server: LiveKitServer, tmp_path: Path, watches: int) -> None:
    program = Program(tmp_path)
    program.save_profile("echo", echo_profile(server, "bench"))
    load = subprocess.Popen(
        [sys.executable, LOAD, "tell", str(watches), str(SWITCHES + watches + 60)],
        env={**os.environ, **server.environment, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
    )
    with load, Terminal(program.argv(), env=program.environment, columns=120, rows=40) as terminal:
        assert load.stdout is not None
        json.loads(load.stdout.readline())
        terminal.wait_for("not connected", timeout_s=20)
        terminal.send("2")
        terminal.wait_for(f"{watches} rooms", timeout_s=20)
        unwatched = _keys(terminal)
        for number in range(watches):
            terminal.send("Gw")
            if number >= 10:
                terminal.wait_for("Watch one more")
                terminal.send("y")
            terminal.pump(0.4)
        (engine,) = program.engines
        took_s, at_work = 10.0, (terminal.pid, engine, load.pid, server.pid)
        before = [cpu_s(pid) for pid in at_work]
        terminal.pump(took_s)
        used = [(cpu_s(pid) - had) / took_s for pid, had in zip(at_work, before, strict=True)]
        keys = _keys(terminal)
        under_load = _switches(terminal)
        load.wait(180)
        terminal.pump(2)
        silent = _switches(terminal)
    names = ("app", "engine", "talkers", "server")
    print(
        f"\n{watches} watches, a line a second each: of a core "
        + ", ".join(f"{name} {share:.0%}" for name, share in zip(names, used, strict=True))
        + f"; key p50 {percentile(keys, 0.5):.0f} ms, p95 {percentile(keys, 0.95):.0f} ms"
        f" (unwatched {percentile(unwatched, 0.5):.0f} and {percentile(unwatched, 0.95):.0f});"
        f" a watched room is painted after {percentile(under_load, 0.5):.0f} ms,"
        f" p95 {percentile(under_load, 0.95):.0f}, at most {max(under_load):.0f}; in silence"
        f" {percentile(silent, 0.5):.0f}, {percentile(silent, 0.95):.0f}, {max(silent):.0f} ms"
    )


def _switches(terminal: Terminal) -> list[float]:
    """Open one watched room after the other; gives when each was painted, milliseconds."""
    took_ms: list[float] = []
    for _ in range(SWITCHES):
        took_ms.append(shown_after_ms(terminal, "\r", ONLY_IN_LIVE))
        terminal.pump(0.4)
        terminal.send("2j")
        terminal.pump(0.4)
    return took_ms


def _keys(terminal: Terminal) -> list[float]:
    """Type into the filter; gives when each letter was there, milliseconds."""
    terminal.send("/")
    keys = echoes(terminal, 10, 0.05)
    terminal.send("\x1b")
    return keys
