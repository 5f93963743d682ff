"""The demo's stage: a process that holds server, agents and folders, and takes them down again.

`lktui demo` starts it, and it ends at the end of its input: however the demo ends, the kernel
closes that pipe. It lets the engine clean up first, which goes on for a while without the app.
It prints one line of JSON (`Opened`) once all is up, and nothing after it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lktui.commands.demo_children import Child, ChildEndedError, all_up
from lktui.commands.demo_profiles import KEEPS, demo_profiles
from lktui.core.problems import PortError
from lktui.core.sanitize import clean_detail
from lktui.store.files import make_private_folder
from lktui.store.owners import engine_at_work
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore

SANDBOX = "sandbox"
START_LIMIT_S = 20.0
ENGINE_LIMIT_S = 25.0
"""The engine works its queue for 20 s after the app has gone."""
_LOOK_S = 0.1
_STDOUT, _STDERR = 1, 2
_REMOVALS = 50
_KEY = "devkey"
_SECRET_BYTES = 32
_FIRST_PORT, _LAST_PORT, _PORT_TRIES = 20_000, 32_000, 100
_PYTHON = (sys.executable, "-P", "-m")


class Opened(msgspec.Struct, frozen=True):
    """The stage's only line."""

    failed: str = ""
    """Why it did not open, sanitised; empty if it did."""


class Stage:
    """The server, the agents and what they leave on disk.

    Args:
        paths: The demo's own folders.
        server: `sandbox`, or the path of a livekit-server.
        calls: Whether a scripted caller talks in a room of its own, and a run leaves a room.
    """

    def __init__(self, paths: Paths, server: str, *, calls: bool) -> None:
        self._paths, self._server, self._calls = paths, server, calls
        self._log = paths.state_dir / "demo.log"
        self._children: list[Child] = []
        self._standing_in: list[asyncio.Task[None]] = []
        self._keeper: Child | None = None
        """The run that leaves a room."""

    async def open(self) -> None:
        """Start everything, side by side.

        Raises:
            ChildEndedError: One of the processes ended, or said nothing in time.
            OSError: A program cannot be started.
            PortError: Folders or profiles cannot be written.
        """
        for folder in (self._paths.state_dir.parent, self._paths.state_dir):
            make_private_folder(folder)
        _log_to(self._log)
        port, secret = _free_port(), secrets.token_urlsafe(_SECRET_BYTES)
        url = f"ws://127.0.0.1:{port}"
        # The person's own variables would change what a real server does.
        own = {name: text for name, text in os.environ.items() if not name.startswith("LIVEKIT_")}
        env = {
            **own,
            "LIVEKIT_URL": url,
            "LIVEKIT_API_KEY": _KEY,
            "LIVEKIT_API_SECRET": secret,
        }
        store = ProfileStore(self._paths, {})
        for profile in demo_profiles(url, _KEY, secret):
            store.add(profile)
        agents = [*_PYTHON, "lktui.sandbox.agents", *(["--caller"] if self._calls else [])]
        self._children = [
            self._server_child(port, secret, env),
            Child("the demo agents", agents, env, self._log),
        ]
        async with asyncio.timeout(START_LIMIT_S):
            for child in self._children:
                await child.start()
            await all_up(self._children)
        for child in self._children:
            self._standing_in.append(asyncio.get_running_loop().create_task(child.stand_in()))
        if self._calls:
            flags = ["--config-dir", str(self._paths.config_dir)]
            flags += ["--state-dir", str(self._paths.state_dir)]
            argv = [*_PYTHON, "lktui", *flags, "probe", KEEPS, "--keep"]
            self._keeper = Child("a run", argv, env, self._log, speaks=False)
            await self._keeper.start()
            self._keeper.step_back()

    def _server_child(self, port: int, secret: str, env: Mapping[str, str]) -> Child:
        if self._server == SANDBOX:
            argv = [*_PYTHON, "lktui.sandbox", "--port", str(port)]
            return Child("the sandbox", argv, env, self._log)
        rtc = f"{{tcp_port: {port + 1}, udp_port: {port + 2}}}"
        keys = f"{{{_KEY}: {secret}}}"
        config = f"{{port: {port}, bind_addresses: [127.0.0.1], rtc: {rtc}, keys: {keys}}}"
        # By the environment: a command line can be read by everybody on the machine.
        argv = [*_PYTHON, "lktui.commands.demo_guard", self._server, "--node-ip", "127.0.0.1"]
        env = {**env, "LIVEKIT_CONFIG": config}
        return Child("the server", argv, env, self._log, speaks=False)

    async def close(self) -> None:
        """Let the engine end, and take everything down."""
        for task in self._standing_in:
            task.cancel()
        if self._keeper is not None:
            await self._keeper.end(by_signal=True)
        with contextlib.suppress(TimeoutError):  # it hangs; its watchdog ends it
            async with asyncio.timeout(ENGINE_LIMIT_S):
                # No event tells that a lock is free, and it is not ours to wait for in the kernel.
                while engine_at_work(self._paths.owners_dir):  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_S)
        for child in reversed(self._children):
            await child.end()


def _log_to(log: Path) -> None:
    """Let what is unforeseen be told in the log."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, _STDERR)
    os.close(descriptor)


def _free_port() -> int:
    """Give a port whose two neighbours are free too; a livekit-server takes three.

    They lie below the range of outgoing connections: agents knock before the server listens, and
    a client that is given the very port that it knocks at talks to itself.
    """
    for _ in range(_PORT_TRIES):
        port = _FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT)
        kinds = (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
        if all(_is_free(port + n, kind) for n, kind in enumerate(kinds)):
            return port
    raise OSError("there are no three free ports in a row")


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def _end_of_input() -> None:
    """Wait until whoever started us is gone, or we are told to end."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    reading, waiting = loop.create_task(reader.read()), loop.create_task(ended.wait())
    await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in (reading, waiting):
        task.cancel()
    transport.close()


async def _run(stage: Stage) -> str:
    """Open, wait for the end, close; why it did not open."""
    loop = asyncio.get_running_loop()
    ending, opening = loop.create_task(_end_of_input()), loop.create_task(stage.open())
    failed = ""
    try:
        await asyncio.wait({ending, opening}, return_when=asyncio.FIRST_COMPLETED)
        if opening.done():
            failed = _why_not(opening)
            with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
                os.write(_STDOUT, msgspec.json.encode(Opened(failed)) + b"\n")
            await ending
    finally:
        opening.cancel()
        await asyncio.wait({opening})
        await stage.close()
    return failed


def _why_not(opening: asyncio.Task[None]) -> str:
    try:
        opening.result()
    except (ChildEndedError, OSError, PortError, TimeoutError) as error:
        return clean_detail(str(error)) or "it took longer than expected"
    return ""


def main() -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="lktui.commands.demo_stage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", default=SANDBOX)
    parser.add_argument("--calls", action="store_true")
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    # The terminal may go before us; what is left must still be taken down.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stage = Stage(demo_paths(given.folder), given.server, calls=given.calls)
    try:
        failed = asyncio.run(_run(stage))
    finally:
        if not given.keep:
            _remove(given.folder)
    return 1 if failed else 0


def _remove(folder: Path) -> None:
    """Remove the demo's folder, again if somebody who is about to end has written meanwhile."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_LOOK_S)


def demo_paths(folder: Path) -> Paths:
    """Give the demo's folders within the one that is removed at its end."""
    return Paths.of(str(folder / "config"), str(folder / "state"))


if __name__ == "__main__":
    sys.exit(main())
