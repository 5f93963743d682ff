"""An engine for benchmarks: one conversation, then so many lines a second, all of them recorded.

Started as the engine's process is: `bench_engine.py FD RATE SECONDS --state-dir=…`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket

from lktui.clock import SystemClock
from lktui.core.commands import AnyCommand, Say, Shutdown
from lktui.core.events import AnyEvent, Bye, Hello
from lktui.core.wire import PROTOCOL, command_reader, frame_events
from lktui.engine.outbox import Outbox
from lktui.engine.recorder import Recorder
from lktui.pipe import FrameProtocol
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from tests.bench.long_talk import SESSION, line_of, opening

STEP_S = 0.01


class BenchEngine:
    """Talks as soon as somebody says something."""

    def __init__(self, descriptor: int, rate: float, seconds: float, paths: Paths) -> None:
        self._descriptor, self._rate, self._seconds = descriptor, rate, seconds
        self._pipe = FrameProtocol(command_reader(), self._take, lambda _error: self._stop.set())
        self._outbox = Outbox(self._send, self._pipe.writable)
        self._journal = Journal(paths)
        self._recorder = Recorder(self._journal, self._outbox.put, SystemClock())
        self._stop, self._asked = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        """Work until the app goes."""
        loop = asyncio.get_running_loop()
        sock = socket.socket(fileno=self._descriptor)
        sock.setblocking(False)
        await loop.create_connection(lambda: self._pipe, sock=sock)
        tasks = [loop.create_task(self._outbox.pump()), loop.create_task(self._recorder.commit())]
        hello = Hello(protocol=PROTOCOL, build="bench", pid=os.getpid(), installation="k7qd")
        self._recorder.emit(hello)
        if self._rate:
            for event in opening(SystemClock().monotonic(), SystemClock().wall()):
                self._recorder.emit(event)
            tasks.append(loop.create_task(self._talk()))
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        self._journal.close()
        self._outbox.put(Bye(pending=0))
        self._outbox.flush()
        await asyncio.sleep(STEP_S)

    async def _talk(self) -> None:
        await self._asked.wait()
        began, number = SystemClock().monotonic(), 0
        while (passed := SystemClock().monotonic() - began) < self._seconds:
            while number < passed * self._rate:
                self._recorder.emit(line_of(number, SystemClock().monotonic()))
                number += 1
            await asyncio.sleep(STEP_S)

    def _take(self, command: AnyCommand) -> None:
        if isinstance(command, Shutdown):
            self._stop.set()
        elif isinstance(command, Say) and command.session == SESSION:
            self._asked.set()

    def _send(self, events: list[AnyEvent]) -> None:
        self._pipe.send(frame_events(events))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("descriptor", type=int)
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--state-dir", required=True)
    asked, _ = parser.parse_known_args()
    paths = Paths.of("", asked.state_dir)

    async def work() -> None:
        await BenchEngine(asked.descriptor, asked.rate, asked.seconds, paths).run()

    asyncio.run(work())


if __name__ == "__main__":
    main()
