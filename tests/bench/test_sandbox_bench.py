"""What the sandbox can carry, and what it keeps: figures of one run, printed and not asserted."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lktui.sandbox.faults import State
from tests.support.sandbox import Sandbox
from tests.support.waiting import until

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

LOAD = Path(__file__).with_name("room_load.py")
ROOMS = 50
WANTED_LINES_PER_S = 500
# More, and on two cores the SDK's clients are what is measured.
TALK_S = 8
IDLE_S = 3.0
"""The clients are silent for a second longer before they talk."""
WARM_ROOMS = 200
MORE_ROOMS = 1000
FEW_ROOMS = 4
"""Those of more rooms keep the SDK's clients from saying what is wanted: they take two cores."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "log") as server:
        yield server


def load(server: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(LOAD), *arguments],
        env={**os.environ, **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def figures(process: subprocess.Popen[str]) -> dict[str, float]:
    assert process.stdout is not None
    told: dict[str, float] = json.loads(process.stdout.readline())
    return told


def cpu_s(server: Sandbox) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled(server: Sandbox) -> State:
    """Wait until all connections are closed."""
    assert until(lambda: not server.control.state().connections, timeout_s=20, every_s=0.5)
    return server.control.state()


def test_start_and_connect(tmp_path: Path) -> None:
    began = time.monotonic()
    with Sandbox(tmp_path / "log") as server:
        started_s = time.monotonic() - began
        with load(server, "connect", "20") as clients:
            told = figures(clients)
    print(f"\nstart until it listens: {started_s:.2f} s")
    print(
        f"connect: median {told['median_ms']:.0f} ms, slowest {told['slowest_ms']:.0f} ms"
        " (wanted: 150 ms)"
    )


@pytest.mark.parametrize(("rooms", "lines_per_s"), [(ROOMS, 100), (FEW_ROOMS, WANTED_LINES_PER_S)])
def test_rooms_that_talk(server: Sandbox, rooms: int, lines_per_s: int) -> None:
    with load(server, "talk", str(rooms), str(lines_per_s), str(TALK_S)) as clients:
        connected = figures(clients)
        held = server.control.state()
        started_s, began = cpu_s(server), time.monotonic()
        time.sleep(IDLE_S)
        idle_s, idle = cpu_s(server), time.monotonic()
        idles = (idle_s - started_s) / (idle - began)
        told = figures(clients)
        used_s, took_s = cpu_s(server) - idle_s, time.monotonic() - idle
    per_line_ms = (used_s - idles * took_s) / max(told["said"], 1) * 1000
    print(
        f"\n{held.rooms} rooms with {held.participants} participants connected in"
        f" {connected['connected_s']:.1f} s"
    )
    print(
        f"asked for {lines_per_s} lines/s: the clients said {told['said'] / TALK_S:.0f}/s and heard"
        f" {told['heard'] / TALK_S:.0f}/s, {told['median_ms']:.0f} ms late (median)"
    )
    print(
        f"server: idle {idles:.0%} of a core, and {per_line_ms:.2f} ms a line:"
        f" {idles + per_line_ms * WANTED_LINES_PER_S / 1000:.0%} at {WANTED_LINES_PER_S} lines/s;"
        f" clients: {told['client_cpu']:.0%} of a core"
    )


def test_rooms_that_come_and_go_leave_nothing(server: Sandbox) -> None:
    states = []
    for rooms in (WARM_ROOMS, MORE_ROOMS, MORE_ROOMS):
        with load(server, "churn", str(rooms)) as clients:
            told = figures(clients)
        states.append(settled(server))
        print(f"\n{rooms} rooms joined and deleted in {told['seconds']:.0f} s: {states[-1]}")
    for before, after in itertools.pairwise(states):
        print(
            f"growth over {MORE_ROOMS} rooms: {(after.rss_bytes - before.rss_bytes) / 1e6:+.1f} MB,"
            f" {after.objects - before.objects:+d} objects,"
            f" {after.tasks - before.tasks:+d} tasks (wanted: 0)"
        )
