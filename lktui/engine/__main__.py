"""The engine process: `python -P -m lktui.engine FD --config-dir=… --state-dir=…`.

fd 2 is the log file already, stdin is /dev/null. It runs in a session of its own, so that a
hang-up of the terminal does not reach it: at end of file on the socket it ends its sessions,
works the queue for at most 20 s, and exits.
"""

from __future__ import annotations

import gc

if __name__ == "__main__":
    gc.disable()  # while it imports: all of that stays, and looking through it takes a tenth

import argparse
import asyncio
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from typing import NoReturn

import msgspec

from lktui import __version__
from lktui.clock import SystemClock
from lktui.core.commands import AnyCommand, DispatchInto, Shutdown, StartSession
from lktui.core.events import AnyEvent, Bye, EngineFaulted, Hello
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.core.wire import PROTOCOL, command_reader, frame_events
from lktui.engine.engine import Engine
from lktui.engine.gateway import LiveKitGateway
from lktui.engine.masked_log import MaskedFormatter
from lktui.engine.opening import refused
from lktui.engine.outbox import Outbox
from lktui.engine.recorder import Recorder
from lktui.pipe import FrameProtocol
from lktui.store.journal import Journal
from lktui.store.keep_settings import read_keep
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore
from lktui.store.pruning import Keep

ORPHAN_GRACE_S = 20.0
TERM_GRACE_S = 8.0
AGAIN_S = 2.0
"""Between two tries to open a record that could not be opened."""
_HUNG_S = 5.0
_EXIT_HUNG = 70


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        MaskedFormatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("livekit").setLevel(max(logging.INFO, logging.root.level))
    # They write down the addresses that they ask, and a token_url may hold a secret.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    logging.captureWarnings(capture=True)


def _watch_dog(descriptor: int) -> None:
    """End an engine whose loop hangs: it never sees the end of file, but this thread does."""
    poll = select.poll()
    # POLLRDHUP is Linux's own; elsewhere a hang-up is told by POLLHUP alone.
    poll.register(descriptor, getattr(select, "POLLRDHUP", select.POLLHUP))
    poll.poll()
    time.sleep(ORPHAN_GRACE_S + _HUNG_S)
    os._exit(_EXIT_HUNG)


class _Process:
    """The socket, the outbox and the engine of this process."""

    def __init__(self, descriptor: int, paths: Paths, *, record: bool) -> None:
        self._descriptor, self._paths, self._record = descriptor, paths, record
        self._clock = SystemClock()
        self._grace: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._engine: Engine | None = None
        self._refusal: Problem | None = None
        self._pipe = FrameProtocol(command_reader(), self._take, self._lost)
        self._outbox = Outbox(self._send, self._pipe.writable)

    async def run(self) -> int:
        """Work until told to stop; how many cleanup items are left."""
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        loop.add_signal_handler(signal.SIGTERM, self._stop, TERM_GRACE_S)
        dog = threading.Thread(target=_watch_dog, args=(os.dup(self._descriptor),), daemon=True)
        dog.start()
        sock = socket.socket(fileno=self._descriptor)
        sock.setblocking(False)
        await loop.create_connection(lambda: self._pipe, sock=sock)
        pump = loop.create_task(self._outbox.pump())
        left = await self._work_when_possible()
        self._outbox.put(self._stamped_bye(left))
        self._outbox.flush()
        pump.cancel()
        self._pipe.close()
        await asyncio.sleep(0.01)  # the transport writes out what is buffered
        return left

    async def _work_when_possible(self) -> int:
        """Work; while the record cannot be opened, say why and try again."""
        while not self._grace.done():
            try:
                return await self._work(await self._opened())
            except PortError as error:
                self._refuse(error.problem)
            await asyncio.wait([self._grace], timeout=AGAIN_S)
        return 0

    async def _work(self, journal: Journal) -> int:
        recorder = Recorder(journal, self._outbox.put, self._clock)
        store = ProfileStore(self._paths, os.environ)
        gateway = LiveKitGateway(store, os.environ, self._clock, recorder.emit)
        log_file = str(self._paths.log_file)
        engine = Engine(journal, gateway, recorder, self._clock, log_file, keep=self._keep())
        try:
            engine.start()
        except PortError:
            journal.let_go()
            raise
        recorder.emit(
            Hello(
                protocol=PROTOCOL,
                build=__version__,
                pid=os.getpid(),
                installation=journal.installation,
            )
        )
        self._engine, self._refusal = engine, None
        left = await engine.shutdown(await self._grace)
        journal.close()
        return left

    async def _opened(self) -> Journal:
        """Open the record; again only beside the loop, since a lock is waited for 5 s.

        Raises:
            PortError: It cannot be opened, or we are to end before it was.
        """
        if self._refusal is None:
            return self._open()
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        either: set[asyncio.Future[Journal] | asyncio.Future[float]] = {opening, self._grace}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            return opening.result()
        raise PortError(self._refusal)

    def _open(self) -> Journal:
        if not self._paths.state_dir.is_dir():
            # Whoever started us has made it; what was taken away since must not come back.
            shown = clean(str(self._paths.state_dir))
            why = "it was removed"
            raise PortError(problem(ProblemCode.STATE_UNUSABLE, subject=shown, path=shown, why=why))
        return Journal(self._paths, keeps_text=self._record)

    def _keep(self) -> Keep:
        """Read how much of the record is kept; while that cannot be read, nothing leaves it."""
        try:
            return read_keep(self._paths)
        except PortError as error:
            logging.getLogger(__name__).warning("nothing is pruned: %s", error.problem.line)
            return Keep(days=0, megabytes=0)

    def _refuse(self, found: Problem) -> None:
        """Say once why nothing can be done: without a journal nothing may be made."""
        if found == self._refusal:
            return
        self._refusal = found
        now, wall = self._clock.monotonic(), self._clock.wall()
        logging.getLogger(__name__).error("the engine cannot work: %s", found.line)
        self._outbox.put(EngineFaulted(at=now, wall=wall, problem=found))
        hello = Hello(
            at=now,
            wall=wall,
            protocol=PROTOCOL,
            build=__version__,
            pid=os.getpid(),
            installation="",
        )
        self._outbox.put(hello)

    def _take(self, command: AnyCommand) -> None:
        if isinstance(command, Shutdown):
            self._stop(command.grace_s)
        elif self._engine is not None:
            self._engine.handle(command)
        elif isinstance(command, StartSession | DispatchInto) and self._refusal is not None:
            now, wall = self._clock.monotonic(), self._clock.wall()
            for event in refused(command.session, command.profile, self._refusal):
                self._outbox.put(msgspec.structs.replace(event, at=now, wall=wall))

    def _lost(self, _error: Exception | None) -> None:
        self._stop(ORPHAN_GRACE_S)

    def _stop(self, grace_s: float) -> None:
        if not self._grace.done():
            self._grace.set_result(grace_s)

    def _send(self, events: list[AnyEvent]) -> None:
        self._pipe.send(frame_events(events))

    def _stamped_bye(self, left: int) -> Bye:
        return Bye(at=self._clock.monotonic(), wall=self._clock.wall(), pending=left)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lktui.engine")
    parser.add_argument("descriptor", type=int)
    parser.add_argument("--config-dir", required=True)
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--log-level", default="info")
    parser.add_argument("--no-record", action="store_true")
    return parser.parse_args()


async def _main(arguments: argparse.Namespace) -> None:
    paths = Paths.of(arguments.config_dir, arguments.state_dir)
    await _Process(arguments.descriptor, paths, record=not arguments.no_record).run()


def main() -> NoReturn:
    """Run the engine; it ends without the interpreter's own exit."""
    gc.freeze()
    gc.enable()
    arguments = _arguments()
    _log_to_stderr(arguments.log_level)
    status = 0
    try:
        asyncio.run(_main(arguments))
    except Exception:
        logging.getLogger(__name__).exception("the engine broke")
        status = 1
    sys.stderr.flush()
    # The SDK aborts at interpreter exit in 13 of 200 runs (facts/livekit.md section 6).
    os._exit(status)


if __name__ == "__main__":
    main()
