"""The demo agents' process: `python -m lktui.sandbox.agents [--caller]`.

For trying and testing only. It reads LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, prints
one line of JSON on stdout once all workers are registered, and nothing after it; logs go to
stderr. It ends at the end of its input, however its parent dies, and at SIGTERM or SIGINT: within
2 s, with its agents out of their rooms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
import time
import warnings
from typing import NoReturn

from lktui.clock import SystemClock
from lktui.core.sanitize import without_tokens
from lktui.sandbox.agents.caller import Caller
from lktui.sandbox.agents.demo_agents import DEMO_AGENTS
from lktui.sandbox.agents.job import do_job
from lktui.sandbox.agents.server import Server, UnsetError
from lktui.sandbox.agents.worker import Worker
from lktui.tasks import Tasks

BANNER = "demo agents for lktui: for trying and testing only"
END_LIMIT_S = 1.7
HUNG_S = 2.0
_EXIT_REFUSED, _EXIT_USAGE, _EXIT_HUNG = 1, 2, 70
_log = logging.getLogger(__name__)


class _CutTokens(logging.Formatter):
    """The SDK quotes whole tokens in its messages; none may reach the log."""

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


async def _run(server: Server, *, calls: bool) -> int:
    """Work until told to stop; the exit code."""
    clock, loop = SystemClock(), asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_watch_input, args=(loop, stop), daemon=True).start()
    tasks = Tasks("the demo agents")
    workers = [Worker(agent, server, clock, do_job) for agent in DEMO_AGENTS]
    working = [tasks.start(worker.run()) for worker in workers]
    tasks.start(_speak_up(workers, server, clock, calls=calls))
    stopping = loop.create_task(stop.wait())
    await asyncio.wait([*working, stopping], return_when=asyncio.FIRST_COMPLETED)
    try:
        async with asyncio.timeout(END_LIMIT_S):
            await tasks.cancel()
    except TimeoutError:
        _log.warning("not every agent has left in time")
    return 0 if stopping.done() else _EXIT_REFUSED


async def _speak_up(
    workers: list[Worker], server: Server, clock: SystemClock, *, calls: bool
) -> None:
    """Say that all are registered, and then let the caller call."""
    for worker in workers:
        await worker.registered.wait()
    line = {"registered": [agent.name for agent in DEMO_AGENTS]}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    if calls:
        await Caller(server, clock).run()


def _watch_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop at the end of the input; a loop that hangs then is ended from here."""
    while os.read(0, 1024):
        pass
    loop.call_soon_threadsafe(stop.set)
    time.sleep(HUNG_S)
    os._exit(_EXIT_HUNG)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_CutTokens("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    # PyJWT warns about secrets shorter than 32 bytes; the dev server's is `secret`.
    warnings.filterwarnings("ignore", module="jwt")


def main() -> NoReturn:
    """Run the demo agents; the process ends without the interpreter's own exit."""
    parser = argparse.ArgumentParser(prog="lktui.sandbox.agents", description=BANNER)
    parser.add_argument(
        "--caller", action="store_true", help="also run a scripted call in the room demo-call"
    )
    arguments = parser.parse_args()
    _log_to_stderr()
    _log.info(BANNER)
    try:
        code = asyncio.run(_run(Server.of_environment(os.environ), calls=arguments.caller))
    except UnsetError as error:
        _log.error("%s", error)
        code = _EXIT_USAGE
    logging.shutdown()
    # The SDK aborts at interpreter exit in 13 of 200 runs (facts/livekit.md section 6).
    os._exit(code)


if __name__ == "__main__":
    main()
