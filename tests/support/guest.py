"""Somebody else in a room: LiveKit's own SDK, in a process of its own.

A process, since the SDK can abort at the end of one (facts/livekit.md section 6), and not inside
the program under test. Run as a program it joins, says so, and sends each line of its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from livekit import api, rtc

from tests.support.server import Server

_CHECKOUT = Path(__file__).parents[2]
_JOINED = b"joined\n"


class Guest:
    """A participant who types; a context manager that always ends it."""

    def __init__(self, server: Server, room: str, *, name: str) -> None:
        """Join the room.

        Args:
            server: Where the room is.
            room: Its name.
            name: What the guest is called; also its identity, which is all that is known of it
                until the server has announced it.
        """
        grants = api.VideoGrants(room_join=True, room=room)
        token = api.AccessToken(server.key, server.secret).with_identity(name).with_name(name)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, server.url, token.with_grants(grants).to_jwt()],
            cwd=_CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if self._pipe(self._process.stdout).readline() != _JOINED:
            _, said = self._process.communicate()
            raise RuntimeError(f"the guest did not join: {said.decode()[-1000:]}")

    def say(self, text: str) -> None:
        """Type a text as it is, control characters and all."""
        inbox = self._pipe(self._process.stdin)
        inbox.write(json.dumps(text).encode() + b"\n")
        inbox.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe


async def _main(url: str, token: str) -> None:
    room = rtc.Room()
    await room.connect(url, token)
    sys.stdout.buffer.write(_JOINED)
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await room.local_participant.send_text(json.loads(line), topic="lk.chat")
    await room.disconnect()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
