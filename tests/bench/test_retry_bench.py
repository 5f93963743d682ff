"""From the key `r` to a ready agent, against the raw SDK doing the same safe steps."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from lktui.commands.headless import Headless
from lktui.core.commands import EndSession, Retry, StartSession
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import SessionId
from lktui.core.profile import Profile
from lktui.core.session import SessionState
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.agents_worker import AgentsWorker
from tests.support.livekit_server import LiveKitServer
from tests.support.server import profile_at

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

ROUNDS = 8
RAW = ("-m", "tests.bench.raw_retry")
CHECKOUT = Path(__file__).parents[2]
BEFORE = {"no job": "reject_next", "hung job": "hang", "healthy, replaced": "session"}
"""What the first dispatch comes to, and the worker's mode for it."""


async def retry_ms(engine: Headless, profile: Profile, mode: str) -> float:
    """Measure from the command that `r` sends to the first pong of the new agent."""
    session, loop = SessionId(secrets.token_hex(6)), asyncio.get_running_loop()
    engine.send(StartSession(session=session, profile=profile))

    def state() -> SessionState | None:
        return engine.state.sessions.get(session)

    def dispatched(_state: object) -> bool:
        now = state()
        return now is not None and now.timings.dispatch is not None

    def ready(_state: object) -> bool:
        now = state()
        return now is not None and now.ready and len(now.attempts) == attempts

    attempts = 1
    assert await engine.until(dispatched, 20)
    if mode == "session":
        assert await engine.until(ready, 20)
    await asyncio.sleep(LIST_TRUE_S + 0.1)
    attempts = 2
    began = loop.time()
    engine.send(Retry(session=session, replace_live=True))
    assert await engine.until(ready, 20)
    took = (loop.time() - began) * 1000
    engine.send(EndSession(session=session))
    assert await engine.until(lambda _state: engine.state.sessions[session].over, 20)
    return took


@pytest.mark.parametrize("before", BEFORE)
async def test_retry_to_ready_against_the_raw_sdk(
    livekit_server: LiveKitServer, echo_worker: AgentsWorker, tmp_path: Path, before: str
) -> None:
    mode = BEFORE[before]
    profile = profile_at(
        livekit_server,
        echo_worker.name,
        join_timeout=60,
        metadata=json.dumps({"mode": mode, "once": True}),
    )
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    arguments = [livekit_server.url, livekit_server.key, livekit_server.secret, echo_worker.name]
    raw = await asyncio.create_subprocess_exec(
        sys.executable,
        *RAW,
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert raw.stdin is not None
    assert raw.stdout is not None
    raw_ms, our_ms = [], []
    async with Headless(Invocation(paths=paths, env=dict(os.environ))) as engine:
        for number in range(ROUNDS + 1):
            raw.stdin.write(f"{mode}\n".encode())
            await raw.stdin.drain()
            theirs = float(await raw.stdout.readline())
            ours = await retry_ms(engine, profile, mode)
            if number:  # the first one warms server, worker and SDK
                raw_ms.append(theirs)
                our_ms.append(ours)
    raw.stdin.close()
    await raw.wait()
    ratio = statistics.median(our_ms) / statistics.median(raw_ms)
    for who, figures in (("raw SDK", raw_ms), ("lktui's engine", our_ms)):
        middle = statistics.median(figures)
        print(
            f"\nretry to ready, {before}, {who}: median {middle:.0f} ms"
            f" ({min(figures):.0f} to {max(figures):.0f})"
        )
    print(f"retry to ready, {before}, ratio {ratio:.2f} (wanted: at most 1.10)")
