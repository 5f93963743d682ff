"""An agent that its worker cannot end any more: it connects late and stays until it is put out.

A process of its own, which outlives its job as one on a machine that has lost its worker would.
"""

from __future__ import annotations

import asyncio
import sys

from livekit import rtc


async def connect_late(url: str, token: str, after_s: float) -> None:
    """Connect after so many seconds and stay until the server ends it."""
    await asyncio.sleep(after_s)
    room, ended = rtc.Room(), asyncio.Event()
    room.on("disconnected", lambda _reason: ended.set())
    await room.connect(url, token)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(connect_late(sys.argv[1], sys.argv[2], float(sys.argv[3])))
