"""The sandbox's process: listens, says where, and ends with whoever started it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
import threading
import warnings
from collections.abc import Sequence

import jwt

from lktui import __version__
from lktui.sandbox.access import Access
from lktui.sandbox.delays import Delays
from lktui.sandbox.ice import HOST
from lktui.sandbox.identity import BANNER
from lktui.sandbox.server import Sandbox

_log = logging.getLogger("lktui.sandbox")

_STDIN = 0
_KEY = "devkey"
_SECRET_VARIABLE = "LIVEKIT_API_SECRET"  # noqa: S105 - the name of one
_SECRET_BYTES = 32
_MAX_SCALE = 100.0


async def serve(port: int, delays: Delays, secret: str) -> int:
    """Serve until the end of our input or until a signal.

    Args:
        port: To listen on; 0 is any.
        delays: How late the server is.
        secret: Of the key `devkey`.

    Returns:
        The exit code.
    """
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end.set)
    sandbox = Sandbox(Access(_KEY, secret), delays)
    try:
        number = await sandbox.start(port)
    except OSError as error:
        _log.error("cannot listen on port %d: %s", port, error.strerror)
        await sandbox.close()
        return 1
    try:
        ready = {
            "url": f"ws://{HOST}:{number}",
            "key": _KEY,
            "secret": secret,
            "version": __version__,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        _watch_input(loop, end)
        await end.wait()
    finally:
        await sandbox.close()
    return 0


def _watch_input(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    """Set the event at the end of our input, when whoever started us is gone.

    In a thread, since no event loop watches a file or /dev/null.
    """

    def read() -> None:
        with contextlib.suppress(OSError):  # there is none, which is the same
            while os.read(_STDIN, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(end.set)

    threading.Thread(target=read, name="input", daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m lktui.sandbox", description=BANNER)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any)")
    parser.add_argument(
        "--delays",
        type=float,
        default=1.0,
        metavar="X",
        help="scale of all imitated delays; 1 is as late as the real server (default: 1)",
    )
    given = parser.parse_args(arguments)
    if not 0 <= given.delays <= _MAX_SCALE:
        parser.error(f"--delays must be between 0 and {_MAX_SCALE:.0f}")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # One's own secret may be as short as the development server's.
    warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)
    _log.info(BANNER)
    secret = os.environ.get(_SECRET_VARIABLE) or secrets.token_urlsafe(_SECRET_BYTES)
    return asyncio.run(serve(given.port, Delays(given.delays), secret))


if __name__ == "__main__":
    sys.exit(main())
