"""What a long conversation costs: figures of this machine, printed and not asserted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.theme import Theme

from lktui.core.events import Role, SegmentUpdated, SessionId
from lktui.core.transcript import Transcript
from lktui.widgets.transcript_rows import Manner
from lktui.widgets.transcript_view import TranscriptView

pytestmark = pytest.mark.bench

THEME = Path(__file__).parents[2] / "themes" / "dark.toml"
TEXTS = [
    "Of course. Could you give me the order number, please?",
    "I could not reach the delivery calendar. Shall I try again, or connect you to a colleague?",
    "Yes.",
    "はい、大丈夫です。 This is support; I have your order in front of me.",
]


def fill(transcript: Transcript, rows: int) -> None:
    for row in range(len(transcript), rows):
        transcript.apply(
            SegmentUpdated(
                at=float(row),
                session=SessionId("s"),
                key=f"agent-AJ_x8Kq2LmN4cTz:SG_{row:08}",
                identity="agent-AJ_x8Kq2LmN4cTz",
                speaker="checkout",
                role=Role.AGENT if row % 2 else Role.USER,
                text=TEXTS[row % len(TEXTS)],
                final=True,
                opened_at=float(row),
                first_text_at=row + 0.5,
            )
        )


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
