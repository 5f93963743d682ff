"""The fastest safe order with the raw SDK: what profile start to ready is measured against.

Create the room, dispatch beside the connect, wait for the agent's participant, ping until it
answers; then clean up. Prints one line a round: milliseconds from the create to the pong.
Reads `go` lines from stdin, so that its rounds alternate with the product's.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
import warnings

warnings.simplefilter("ignore")

from livekit import api, rtc  # noqa: E402 - after the filter: PyJWT warns of short secrets
from livekit.protocol.agent_pb import agent_session as pb  # noqa: E402

TOPIC = "lk.agent.session"
URL, KEY, SECRET, AGENT = sys.argv[1:5]


class Round:
    """One room, one agent."""

    def __init__(self, client: api.LiveKitAPI) -> None:
        self._client = client
        self._name = f"raw-{uuid.uuid4().hex[:8]}"
        self._room = rtc.Room()
        self._agent: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pong = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()
        self._room.on("participant_connected", self._joined)
        self._room.register_byte_stream_handler(TOPIC, self._opened)
        for topic in ("lk.chat", "lk.transcription"):
            self._room.register_text_stream_handler(topic, lambda _reader, _who: None)

    def _joined(self, other: rtc.RemoteParticipant) -> None:
        if other.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT and not self._agent.done():
            self._agent.set_result(other.identity)

    def _opened(self, reader: rtc.ByteStreamReader, _who: str) -> None:
        task = asyncio.get_running_loop().create_task(self._read(reader))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.ByteStreamReader) -> None:
        message = pb.AgentSessionMessage()
        message.ParseFromString(b"".join([chunk async for chunk in reader]))
        if message.WhichOneof("message") == "response":
            self._pong.set()

    async def run(self) -> float:
        """Open, wait for the pong, clean up; milliseconds."""
        began = time.perf_counter()
        await self._client.room.create_room(
            api.CreateRoomRequest(name=self._name, empty_timeout=60, departure_timeout=20)
        )
        grants = api.VideoGrants(room_join=True, room=self._name)
        token = api.AccessToken(KEY, SECRET).with_identity("tester").with_grants(grants).to_jwt()
        request = api.CreateAgentDispatchRequest(agent_name=AGENT, room=self._name)
        dispatch, _ = await asyncio.gather(
            self._client.agent_dispatch.create_dispatch(request),
            self._room.connect(URL, token),
        )
        for other in self._room.remote_participants.values():
            self._joined(other)
        agent = await self._agent
        while not self._pong.is_set():
            await self._ping(agent)
        took = (time.perf_counter() - began) * 1000
        await self._client.agent_dispatch.delete_dispatch(dispatch.id, self._name)
        await self._room.disconnect()
        await self._client.room.delete_room(api.DeleteRoomRequest(room=self._name))
        return took

    async def _ping(self, agent: str) -> None:
        request = pb.SessionRequest(request_id=uuid.uuid4().hex)
        request.ping.SetInParent()
        await self._room.local_participant.send_bytes(
            pb.AgentSessionMessage(request=request).SerializeToString(),
            name=request.request_id,
            topic=TOPIC,
            destination_identities=[agent],
        )
        try:
            async with asyncio.timeout(0.05):
                await self._pong.wait()
        except TimeoutError:
            return


async def main() -> None:
    """Run one round for each line on stdin."""
    client = api.LiveKitAPI(URL, KEY, SECRET, failover=False)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        sys.stdout.write(f"{await Round(client).run():.1f}\n")
        sys.stdout.flush()
    os._exit(0)  # the SDK may abort at interpreter exit


asyncio.run(main())
