"""Start-up, readiness and idling: ratios of one interleaved run, printed and not asserted."""

from __future__ import annotations

import asyncio
import compileall
import contextlib
import fcntl
import os
import pty
import secrets
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

import lktui
from lktui.commands.headless import Headless
from lktui.core.commands import EndSession, StartSession
from lktui.core.events import SessionId
from lktui.core.profile import Profile
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.agents_worker import AgentsWorker
from tests.support.livekit_server import LiveKitServer
from tests.support.server import profile_at
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

ROUNDS = 24
IDLE_S = 10.0
SETTLE_S = 1.5
"""Nothing is drawn for so long: the engine is up, or was none."""
PACKAGE = Path(lktui.__file__).parent
MINIMAL = Path(__file__).with_name("minimal_app.py")
RAW = ("-m", "tests.bench.raw_sdk")
CHECKOUT = Path(__file__).parents[2]
APP = [str(Path(sys.executable).with_name("lktui"))]
"""The installed command, as people start it."""


def environment() -> Mapping[str, str]:
    """Bytecode is written: without it every start is several times slower."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def first_paint_ms(argv: list[str], text: bytes, leave: bytes) -> float:
    """Measure from the start of the process to the first bytes of its screen.

    The bytes are read and not shown: an emulator beside the program takes a core of the two. The
    program then ends in order, so that no engine of it works beside the next one.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    began = time.monotonic()
    env = {**environment(), "TERM": "xterm-256color"}
    with subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=env
    ) as program:
        os.close(theirs)
        received = b""
        while text not in received:
            received += os.read(ours, 65536)
        paint = time.monotonic() - began
        while select.select([ours], [], [], SETTLE_S)[0]:
            os.read(ours, 65536)
        os.write(ours, leave)
        while program.poll() is None:
            if select.select([ours], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):  # the program has closed its end
                    os.read(ours, 65536)
    os.close(ours)
    return paint * 1000


def described(name: str, figures: list[float], unit: str = "ms") -> str:
    middle = statistics.median(figures)
    return f"{name:<34} median {middle:8.1f} {unit}  {min(figures):.1f} to {max(figures):.1f}"


def test_first_paint_against_a_minimal_app() -> None:
    compileall.compile_dir(PACKAGE, quiet=2)
    minimal, ours = [], []
    for _ in range(ROUNDS):
        minimal.append(first_paint_ms([sys.executable, str(MINIMAL)], b"minimal app", b"\x11"))
        ours.append(first_paint_ms(APP, b"1 Profiles", b"q"))
    ratio = statistics.median(ours) / statistics.median(minimal)
    print(f"\n{described('first paint, minimal app', minimal)}")
    print(described("first paint, lktui", ours))
    print(f"first paint, ratio {ratio:.2f} (wanted: at most 1.25)")


def test_bytes_until_settled_and_when_idle() -> None:
    for columns, rows in ((80, 24), (120, 40)):
        with Terminal(APP, columns=columns, rows=rows, env=environment()) as terminal:
            terminal.wait_for("1 Profiles", timeout_s=20)
            terminal.pump(3)
            settled = len(terminal.received)
            mark = terminal.mark()
            terminal.pump(IDLE_S)
            idle = len(terminal.bytes_since(mark))
        print(
            f"\n{columns}x{rows}: {settled / 1000:.1f} kB until settled"
            f" (wanted: 40 at 120x40), {idle} bytes in {IDLE_S:.0f} s of idling (wanted: 0)"
        )


async def ready_ms(engine: Headless, profile: Profile) -> float:
    session = SessionId(secrets.token_hex(6))
    loop = asyncio.get_running_loop()
    began = loop.time()
    engine.send(StartSession(session=session, profile=profile))

    def ready(_state: object) -> bool:
        state = engine.state.sessions.get(session)
        return state is not None and state.ready

    assert await engine.until(ready, 20)
    took = (loop.time() - began) * 1000
    engine.send(EndSession(session=session))
    assert await engine.until(lambda _state: engine.state.sessions[session].over, 20)
    return took


async def test_ready_against_the_raw_sdk(
    livekit_server: LiveKitServer, echo_worker: AgentsWorker, tmp_path: Path
) -> None:
    profile = profile_at(livekit_server, echo_worker.name)
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    raw_ms, our_ms = [], []
    arguments = [livekit_server.url, livekit_server.key, livekit_server.secret, echo_worker.name]
    raw = await asyncio.create_subprocess_exec(
        sys.executable,
        *RAW,
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        cwd=CHECKOUT,
    )
    assert raw.stdin is not None
    assert raw.stdout is not None
    async with Headless(Invocation(paths=paths, env=dict(os.environ))) as engine:
        for number in range(ROUNDS + 2):
            raw.stdin.write(b"go\n")
            await raw.stdin.drain()
            theirs = float(await raw.stdout.readline())
            ours = await ready_ms(engine, profile)
            if number >= 2:  # the first ones warm server, worker and SDK
                raw_ms.append(theirs)
                our_ms.append(ours)
    raw.stdin.close()
    await raw.wait()
    ratio = statistics.median(our_ms) / statistics.median(raw_ms)
    print(f"\n{described('start to ready, raw SDK', raw_ms)}")
    print(described("start to ready, lktui's engine", our_ms))
    print(f"start to ready, ratio {ratio:.2f} (wanted: at most 1.10)")
