"""The fastest safe order with the raw SDK: what profile start to ready is measured against.

Create the room, dispatch beside the connect, wait for the agent's participant, ping until it
answers; then clean up.
"""

from __future__ import annotations

import asyncio
import time

from livekit import api

from tests.bench.raw_room import RawRoom, serve


async def start(client: api.LiveKitAPI, _line: str) -> float:
    """Open, wait for the pong, clean up; milliseconds from the create to the pong."""
    room = RawRoom(client)
    began = time.perf_counter()
    await room.make()
    dispatch_id, _ = await asyncio.gather(room.dispatch(), room.join())
    await room.answered(await room.joined.get())
    took = (time.perf_counter() - began) * 1000
    await room.clean(dispatch_id)
    return took


asyncio.run(serve(start))
