"""What a long conversation costs: figures of this machine, printed and not asserted."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.theme import Theme

from lktui.core.events import CleanupResult, SessionEnded
from lktui.core.search import Query, Search
from lktui.core.transcript import Transcript
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from lktui.widgets.transcript_rows import Manner
from lktui.widgets.transcript_view import TranscriptView
from tests.bench.in_terminal import (
    bench_app,
    bytes_in,
    cpu_s,
    echoes,
    memory_mb,
    percentile,
    press,
)
from tests.bench.long_talk import SESSION, line_of, opening, tail_bytes
from tests.support.terminal import Terminal

pytestmark = pytest.mark.bench

PAGE_BYTES = 1500
"""More than the status line, which tells of progress."""
THEME = Path(__file__).parents[2] / "themes" / "dark.toml"


def fill(transcript: Transcript, rows: int) -> None:
    for row in range(len(transcript), rows):
        transcript.apply(line_of(row, float(row)))


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.view = TranscriptView()
        theme = Theme(**tomllib.loads(THEME.read_text()))
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        yield self.view


def memory_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


async def longest_block() -> float:
    """Give the longest time that the loop did nothing else, seconds; runs until it is cancelled."""
    longest, last = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
    except asyncio.CancelledError:
        return longest


async def settle(view: TranscriptView, pilot: Pilot[None]) -> None:
    """Wait until every row is wrapped."""
    while not view._index.settled:
        await pilot.pause(0.001)


async def measure(rows: int) -> None:
    """Print one row of the table; runs in a process of its own."""
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        view, transcript = app.view, Transcript()
        before = memory_kb()
        start = time.perf_counter()
        fill(transcript, rows)
        filled = time.perf_counter()
        view.show(transcript, Manner())
        view.render_line(39)
        shown = time.perf_counter()
        await settle(view, pilot)
        settled = time.perf_counter()
        memory = (memory_kb() - before) / 1024
        moves = {}
        for name, move in (
            ("home", view.action_scroll_home), ("end", view.action_follow),
            ("page up", view.action_page_up),
        ):  # fmt: skip
            began = time.perf_counter()
            move()
            for y in range(40):
                view.render_line(y)
            moves[name] = (time.perf_counter() - began) * 1000
        search, slices = Search(transcript, Query("e")), [0.0]
        while search.advance():
            slices.append(time.perf_counter())
        searched = slices[-1] - slices[1]
        slice_s = max(after - before for before, after in pairwise(slices[1:]))
        longest = asyncio.create_task(longest_block())
        began = time.perf_counter()
        await pilot.resize_terminal(100, 40)
        await settle(view, pilot)
        resized = time.perf_counter() - began
        longest.cancel()
        print(
            f"\n{rows:>9} rows: store {rows / (filled - start):>9,.0f} rows/s"
            f"  shown after {(shown - filled) * 1000:.1f} ms"
            f"  all wrapped {rows / (settled - filled):,.0f} rows/s  memory +{memory:.0f} MB"
            f"  resize: all wrapped after {resized:.1f} s, no key waits over"
            f" {await longest * 1000:.0f} ms  "
            f"searched in {searched:.1f} s, in slices of {slice_s * 1000:.0f} ms at most  "
            + "  ".join(f"{name} {spent:.1f} ms" for name, spent in moves.items())
        )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rows", [100_000, 1_000_000])
def test_a_long_transcript(rows: int, capfd: pytest.CaptureFixture[str]) -> None:
    """In a process of its own, so that memory is counted from the same start."""
    script = (
        f"import asyncio, runpy; bench = runpy.run_path({__file__!r});"
        f" asyncio.run(bench['measure']({rows}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    with capfd.disabled():
        print(done.stdout, end="")


RATE, FLOOD_S = 100, 14.0
LIMITS = {(80, 24): 2.5, (120, 40): 4.0}
"""Times the bytes of `tail -f`."""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("size", LIMITS)
def test_a_flood_of_lines(
    size: tuple[int, int], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bytes, processor time and keys under 100 lines a second, and that all are in the record."""
    with bench_app(tmp_path, size, RATE, FLOOD_S) as terminal:
        terminal.wait_for("enter to type", timeout_s=20)
        terminal.send("\rgo\r")
        terminal.pump(3)
        used, began = cpu_s(terminal.pid), time.monotonic()
        sent = bytes_in(terminal, 5)
        share = (cpu_s(terminal.pid) - used) / (time.monotonic() - began)
        tail = tail_bytes(range(RATE)) * (time.monotonic() - began)
        keys = echoes(terminal, 5, 0.08)
        terminal.wait_for(f"{int(RATE * FLOOD_S)} turns", timeout_s=10)
        terminal.pump(3)
        idle = bytes_in(terminal, 3)
        state = tmp_path / "state"
        recorded = (
            sqlite3.connect(state / "journal.sqlite")
            .execute('SELECT count(*) FROM event WHERE CAST(body AS TEXT) LIKE \'{"t":"segment"%\'')
            .fetchone()[0]
        )
    with capfd.disabled():
        print(
            f"\n{size[0]}x{size[1]} under {RATE} lines/s: {sent / tail:.1f} times the bytes of"
            f" tail -f (at most {LIMITS[size]}), {share:.1%} of a core in the app (at most 6 %),"
            f" a key is answered in {percentile(keys, 0.5):.0f} ms, p95"
            f" {percentile(keys, 0.95):.0f} ms (at most 50) of {len(keys)} keys;"
            f" {recorded} of {int(RATE * FLOOD_S)} lines are in the record;"
            f" idle afterwards {idle} bytes in 3 s"
        )


def record(folder: Path, rows: int) -> None:
    """Write a session of so many lines into a journal."""
    journal = Journal(Paths.of(str(folder / "config"), str(folder / "state")))
    began = time.time() - rows - 60
    for event in opening(1000.0, began):
        journal.append(event)
    for number in range(rows):
        journal.append(line_of(number, 1001.0 + number, began + number))
        if number % 10_000 == 0:
            journal.flush()
    journal.append(
        SessionEnded(
            session=SESSION,
            at=1002.0 + rows,
            wall=began + rows,
            cleanup=CleanupResult.DONE,
            took_ms=1,
        )
    )
    journal.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rows", [100, 100_000, 1_000_000])
def test_a_session_of_the_record(
    rows: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """How long it takes to open, what it holds in memory, and what keys cost in it."""
    record(tmp_path, rows)
    size = (120, 40)
    with bench_app(tmp_path, size) as terminal:
        terminal.wait_for("Profiles", timeout_s=20)
        terminal.send("2")
        terminal.pump(1)
        terminal.send("H")
        terminal.wait_for("past sessions")
        terminal.pump(1)
        before, began = memory_mb(terminal.pid), time.monotonic()
        terminal.send("\r")
        while f"{rows} turns" not in terminal.text():
            terminal.pump(0.05)
        opened_s = time.monotonic() - began
        terminal.pump(1 + rows / 50_000)
        memory = memory_mb(terminal.pid) - before
        costs = {
            name: press(terminal, key, 7)
            for name, key in (("PageUp", "\x1b[5~"), ("PageDown", "\x1b[6~"), ("End", "\x1b[F"))
        }
        home = press(terminal, "g", 1)
    keys = "  ".join(
        f"{name} {cost.median_ms:.0f} ms (worst {cost.worst_ms:.0f}), {cost.bytes_each:,.0f} B"
        for name, cost in costs.items()
    )
    with capfd.disabled():
        print(
            f"\n{rows:>9} rows from the record: open after {opened_s:.1f} s"
            f" ({rows / opened_s:,.0f} rows/s), memory +{memory:.0f} MB"
            f" (at most +60 at 100,000, +150 at 1,000,000)\n"
            f"          {keys}  (at most 15 ms and 12 kB)  g {home.median_ms:.0f} ms"
        )


def page(terminal: Terminal, key: str) -> float:
    """Press a key that shows another page; gives after how long it was there, milliseconds."""
    mark, began = terminal.mark(), time.monotonic()
    terminal.send(key)
    while len(terminal.bytes_since(mark)) < PAGE_BYTES:
        assert time.monotonic() < began + 10, terminal.text()
        terminal.pump(0.002)
    took_ms = (time.monotonic() - began) * 1000
    terminal.pump(0.1)
    return took_ms


@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", ["m", "j"])
def test_keys_while_a_session_is_exported(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """How long a line takes to be there while a million others are written to a file."""
    rows = 1_000_000
    record(tmp_path, rows)
    with bench_app(tmp_path, (120, 40)) as terminal:
        terminal.wait_for("Profiles", timeout_s=20)
        terminal.send("2")
        terminal.pump(1)
        terminal.send("H")
        terminal.wait_for("past sessions")
        terminal.send("\r")
        terminal.wait_for(f"{rows} turns", timeout_s=120)
        terminal.send("e")
        terminal.pump(1 + rows / 50_000)
        began = time.monotonic()
        terminal.send(form)
        keys: list[float] = []
        while b"wrote" not in terminal.bytes_since(max(0, terminal.mark() - 20_000)):
            keys.append(page(terminal, ("\x1b[5~", "\x1b[6~")[len(keys) % 2]))
        took_s = time.monotonic() - began
    with capfd.disabled():
        print(
            f"\n{rows:>9} rows written in {took_s:.0f} s; {len(keys)} keys meanwhile: p50"
            f" {percentile(keys, 0.5):.0f} ms, p95 {percentile(keys, 0.95):.0f} ms, worst"
            f" {max(keys):.0f} ms (at most 50)"
        )
