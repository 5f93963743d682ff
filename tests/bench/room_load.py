"""A load on a server, by LiveKit's own SDK in a process of its own; prints figures as JSON.

Usage: room_load.py connect COUNT | talk ROOMS LINES_PER_S SECONDS | tell ROOMS SECONDS |
       churn ROOMS
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
import warnings

import jwt
from livekit import api, rtc

warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)

URL = os.environ["LIVEKIT_URL"]
AT_ONCE = 4
IDLE_S = 4.0


def token(room: str, identity: str) -> str:
    grants = api.VideoGrants(room_join=True, room=room)
    return api.AccessToken().with_identity(identity).with_grants(grants).to_jwt()


async def joined(room: str, identity: str) -> tuple[rtc.Room, float]:
    """Join; gives the connection and how long it took, in seconds."""
    began = time.perf_counter()
    connection = rtc.Room()
    await connection.connect(URL, token(room, identity))
    return connection, time.perf_counter() - began


async def connect(count: int) -> dict[str, float]:
    took = []
    for number in range(count + 2):
        connection, seconds = await joined("connect", "somebody")
        await connection.disconnect()
        if number >= 2:  # the first ones warm server and SDK
            took.append(seconds * 1000)
    return {"median_ms": statistics.median(took), "slowest_ms": max(took)}


class Talker:
    """Somebody who talks in a room."""

    async def join(self, room: str) -> None:
        self._talker, _ = await joined(room, "talker")

    async def talk(self, lines_per_s: float, seconds: float) -> int:
        """Say lines at a steady pace; gives how many."""
        began = time.perf_counter()
        said = 0
        while (now := time.perf_counter() - began) < seconds:
            if said < now * lines_per_s:
                said += 1
                text = str(time.perf_counter())
                await self._talker.local_participant.send_text(text, topic="lk.chat")
            else:
                await asyncio.sleep(said / lines_per_s - now)
        return said

    async def leave(self) -> None:
        await self._talker.disconnect()


class Couple(Talker):
    """Two in a room, of whom one talks and the other one listens."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._reading: set[asyncio.Task[None]] = set()

    async def join(self, room: str) -> None:
        self._listener, _ = await joined(room, "listener")
        self._listener.register_text_stream_handler("lk.chat", self._on_text)
        await super().join(room)

    async def leave(self) -> None:
        await super().leave()
        await self._listener.disconnect()

    def _on_text(self, reader: rtc.TextStreamReader, _identity: str) -> None:
        task = asyncio.create_task(self._read(reader))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        # What is still under way at the end is lost, and shows in the figures.
        with contextlib.suppress(rtc.StreamError):
            sent = float(await reader.read_all())
            self.late.append(time.perf_counter() - sent)


async def talk(rooms: int, lines_per_s: float, seconds: float) -> dict[str, float]:
    couples = [Couple() for _ in range(rooms)]
    began = time.perf_counter()
    for number, couple in enumerate(couples):
        await couple.join(f"talk-{number}")
    connected_s = time.perf_counter() - began
    print(json.dumps({"connected_s": connected_s}), flush=True)
    await asyncio.sleep(IDLE_S)
    cpu = time.process_time()
    said = sum(await asyncio.gather(*(one.talk(lines_per_s / rooms, seconds) for one in couples)))
    await asyncio.sleep(1.0)  # what is still under way
    late = sorted(seconds * 1000 for couple in couples for seconds in couple.late)
    figures = {
        "connected_s": connected_s,
        "said": said,
        "heard": len(late),
        "median_ms": statistics.median(late),
        "p95_ms": late[int(len(late) * 0.95)],
        "client_cpu": (time.process_time() - cpu) / seconds,
    }
    for couple in couples:
        await couple.leave()
    return figures


async def tell(rooms: int, seconds: float) -> dict[str, float]:
    """Say a line a second in each room, where nobody listens but whoever watches.

    They would be on machines of their own: here they take what processor is left. Nor would they
    all talk at the same instant.
    """
    os.nice(19)
    talkers = [Talker() for _ in range(rooms)]
    for number, talker in enumerate(talkers):
        await talker.join(f"talk-{number}")
    print(json.dumps({"connected": rooms}), flush=True)

    async def after(delay_s: float, talker: Talker) -> int:
        await asyncio.sleep(delay_s)
        return await talker.talk(1.0, seconds)

    said = await asyncio.gather(*(after(n / rooms, one) for n, one in enumerate(talkers)))
    for talker in talkers:
        await talker.leave()
    return {"said": sum(said)}


async def churn(rooms: int) -> dict[str, float]:
    """Open rooms, join each and delete it."""
    server = api.LiveKitAPI()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            name = f"churn-{time.monotonic_ns()}-{number}"
            await server.room.create_room(api.CreateRoomRequest(name=name))
            connection, _ = await joined(name, "guest")
            await connection.local_participant.send_text("hello", topic="lk.chat")
            await server.room.delete_room(api.DeleteRoomRequest(room=name))
            await connection.disconnect()

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(rooms)))
    await server.aclose()
    return {"seconds": time.perf_counter() - began}


async def main(verb: str, *arguments: str) -> None:
    match verb:
        case "connect":
            figures = await connect(int(arguments[0]))
        case "talk":
            figures = await talk(int(arguments[0]), float(arguments[1]), float(arguments[2]))
        case "tell":
            figures = await tell(int(arguments[0]), float(arguments[1]))
        case _:
            figures = await churn(int(arguments[0]))
    print(json.dumps(figures), flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
