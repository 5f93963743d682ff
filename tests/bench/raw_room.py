"""One room and its agent with the raw SDK: what both measures of it are made of.

A measuring program is started with URL, key, secret and agent's name as arguments. It runs one
round for each line that it reads, so that its rounds alternate with the product's, and prints how
many milliseconds that one took.
"""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
import warnings
from collections.abc import Awaitable, Callable

warnings.simplefilter("ignore")

from livekit import api, rtc  # noqa: E402 - after the filter: PyJWT warns of short secrets
from livekit.protocol.agent_pb import agent_session as pb  # noqa: E402

TOPIC = "lk.agent.session"
_PONG_S = 0.05
URL, KEY, SECRET, AGENT = sys.argv[1:5]


class RawRoom:
    """A room in which a tester waits for its agent.

    Args:
        client: Of the server.
        metadata: For the agent.
    """

    def __init__(self, client: api.LiveKitAPI, metadata: str = "") -> None:
        self.client, self.name = client, f"raw-{uuid.uuid4().hex[:8]}"
        self.joined: asyncio.Queue[str] = asyncio.Queue()
        """Identities of agents, as they come."""
        self._metadata = metadata
        self._room = rtc.Room()
        self._pongs: set[str] = set()
        self._pong = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()
        self._room.on("participant_connected", self._on_joined)
        self._room.register_byte_stream_handler(TOPIC, self._opened)
        for topic in ("lk.chat", "lk.transcription"):
            self._room.register_text_stream_handler(topic, lambda _reader, _who: None)

    def _on_joined(self, other: rtc.RemoteParticipant) -> None:
        if other.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self.joined.put_nowait(other.identity)

    def _opened(self, reader: rtc.ByteStreamReader, who: str) -> None:
        task = asyncio.get_running_loop().create_task(self._read(reader, who))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.ByteStreamReader, who: str) -> None:
        message = pb.AgentSessionMessage()
        message.ParseFromString(b"".join([chunk async for chunk in reader]))
        if message.WhichOneof("message") == "response":
            self._pongs.add(who)
            self._pong.set()

    async def make(self) -> None:
        """Create it on the server."""
        await self.client.room.create_room(
            api.CreateRoomRequest(name=self.name, empty_timeout=60, departure_timeout=20)
        )

    async def join(self) -> None:
        """Go in; an agent that was there first has joined too."""
        grants = api.VideoGrants(room_join=True, room=self.name)
        token = api.AccessToken(KEY, SECRET).with_identity("tester").with_grants(grants).to_jwt()
        await self._room.connect(URL, token)
        for other in self._room.remote_participants.values():
            self._on_joined(other)

    async def dispatch(self) -> str:
        """Ask for the agent; the dispatch's id."""
        request = api.CreateAgentDispatchRequest(
            agent_name=AGENT, room=self.name, metadata=self._metadata
        )
        return (await self.client.agent_dispatch.create_dispatch(request)).id

    async def answered(self, agent: str) -> None:
        """Ping an agent until it answers."""
        while agent not in self._pongs:
            self._pong.clear()
            request = pb.SessionRequest(request_id=uuid.uuid4().hex)
            request.ping.SetInParent()
            await self._room.local_participant.send_bytes(
                pb.AgentSessionMessage(request=request).SerializeToString(),
                name=request.request_id,
                topic=TOPIC,
                destination_identities=[agent],
            )
            try:
                async with asyncio.timeout(_PONG_S):
                    await self._pong.wait()
            except TimeoutError:
                continue

    async def clean(self, dispatch_id: str) -> None:
        """Remove what was made."""
        await self.client.agent_dispatch.delete_dispatch(dispatch_id, self.name)
        await self._room.disconnect()
        await self.client.room.delete_room(api.DeleteRoomRequest(room=self.name))


async def serve(measure: Callable[[api.LiveKitAPI, str], Awaitable[float]]) -> None:
    """Measure once for each line on stdin, and print milliseconds."""
    client = api.LiveKitAPI(URL, KEY, SECRET, failover=False)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(f"{await measure(client, line.strip()):.1f}\n")
        sys.stdout.flush()
    os._exit(0)  # the SDK may abort at interpreter exit
