"""The dashboard in a pseudo-terminal, for benchmarks: what keys cost, in time and in bytes."""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.terminal import Terminal

REPOSITORY = Path(__file__).parents[2]
APP = Path(__file__).with_name("bench_app.py")
_BURST_GAP_S = 0.02
_SETTLED_S = 0.3


class KeyCost(NamedTuple):
    """What one kind of key costs."""

    median_ms: float
    worst_ms: float
    bytes_each: float


def bench_app(folder: Path, size: tuple[int, int], rate: float = 0, seconds: float = 0) -> Terminal:
    """Start the dashboard on an engine that says so many lines a second."""
    return Terminal(
        [sys.executable, APP, folder, str(rate), str(seconds)],
        columns=size[0],
        rows=size[1],
        env={"PYTHONPATH": str(REPOSITORY)},
    )


def cpu_s(pid: int) -> float:
    """Give the processor time that a process has used, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Give the memory that a process holds, megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def bytes_in(terminal: Terminal, seconds: float) -> int:
    """Count what the program sends in some seconds."""
    mark = terminal.mark()
    terminal.pump(seconds)
    return len(terminal.bytes_since(mark))


def press(terminal: Terminal, key: str, times: int) -> KeyCost:
    """Press a key some times, each when all is drawn, and see when its drawing was complete."""
    took_ms: list[float] = []
    sent = 0
    for _ in range(times):
        mark, first = terminal.mark(), len(terminal.chunks)
        began = time.monotonic()
        offset = began - terminal.started_s
        terminal.send(key)
        terminal.pump(_SETTLED_S)
        chunks = terminal.chunks[first:]
        last = offset
        for chunk in chunks:
            if last > offset and chunk.at_s - last > _BURST_GAP_S:
                break
            last = chunk.at_s
        took_ms.append((last - offset) * 1000)
        sent += len(terminal.bytes_since(mark))
    return KeyCost(statistics.median(took_ms), max(took_ms), sent / times)


def echoes(terminal: Terminal, seconds: float, every_s: float) -> list[float]:
    """Type a letter again and again and see when it is there, milliseconds."""
    took_ms: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        mark, began = terminal.mark(), time.monotonic()
        terminal.send("Q")
        _pump_until_seen(terminal, b"Q", mark)
        took_ms.append((time.monotonic() - began) * 1000)
        terminal.send("\x7f")
        terminal.pump(every_s)
    return took_ms


def shown_after_ms(terminal: Terminal, key: str, text: bytes) -> float:
    """Press a key and see when some text of what it opens is there, milliseconds."""
    mark, began = terminal.mark(), time.monotonic()
    terminal.send(key)
    _pump_until_seen(terminal, text, mark)
    return (time.monotonic() - began) * 1000


def _pump_until_seen(terminal: Terminal, text: bytes, mark: int) -> None:
    deadline = time.monotonic() + 5
    while text not in terminal.bytes_since(mark):
        assert time.monotonic() < deadline, terminal.text()
        terminal.pump(0.002)


def percentile(values: list[float], share: float) -> float:
    """Give the value below which so many of them are."""
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]
