"""A safe retry with the raw SDK: what `r` to ready is measured against.

Joins a room, dispatches an agent, and for each line on stdin that is another `MODE`, brings about
that state and then does the steps of a safe retry: look at both lists, delete, wait until the old
agent is not listed, create, wait until the new one answers a ping. Prints milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
import warnings

warnings.simplefilter("ignore")

from livekit import api, rtc  # noqa: E402 - after the filter: PyJWT warns of short secrets
from livekit.protocol.agent_pb import agent_session as pb  # noqa: E402

TOPIC = "lk.agent.session"
LIST_TRUE_S = 5.6
LOOK_S = 0.05
URL, KEY, SECRET, AGENT = sys.argv[1:5]


class Round:
    """One room; its first job behaves as the mode says, the next one is a session."""

    def __init__(self, client: api.LiveKitAPI, mode: str) -> None:
        self._client, self._mode = client, mode
        self._name = f"raw-{uuid.uuid4().hex[:8]}"
        self._metadata = json.dumps({"mode": mode, "once": True})
        self._room = rtc.Room()
        self._joined: asyncio.Queue[str] = asyncio.Queue()
        self._pongs: set[str] = set()
        self._pong = asyncio.Event()
        self._reading: set[asyncio.Task[None]] = set()
        self._room.on("participant_connected", self._on_joined)
        self._room.register_byte_stream_handler(TOPIC, self._opened)
        for topic in ("lk.chat", "lk.transcription"):
            self._room.register_text_stream_handler(topic, lambda _reader, _who: None)

    def _on_joined(self, other: rtc.RemoteParticipant) -> None:
        if other.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT:
            self._joined.put_nowait(other.identity)

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

    async def run(self) -> float:
        """Bring the state about, retry, clean up; milliseconds of the retry."""
        await self._client.room.create_room(
            api.CreateRoomRequest(name=self._name, empty_timeout=60, departure_timeout=20)
        )
        grants = api.VideoGrants(room_join=True, room=self._name)
        token = api.AccessToken(KEY, SECRET).with_identity("tester").with_grants(grants).to_jwt()
        await self._room.connect(URL, token)
        await self._create()
        if self._mode == "session":
            await self._answered(await self._joined.get())
        await asyncio.sleep(LIST_TRUE_S)
        began = time.perf_counter()
        dispatch_id = await self._retry()
        took = (time.perf_counter() - began) * 1000
        await self._client.agent_dispatch.delete_dispatch(dispatch_id, self._name)
        await self._room.disconnect()
        await self._client.room.delete_room(api.DeleteRoomRequest(room=self._name))
        return took

    async def _create(self) -> str:
        request = api.CreateAgentDispatchRequest(
            agent_name=AGENT, room=self._name, metadata=self._metadata
        )
        return (await self._client.agent_dispatch.create_dispatch(request)).id

    async def _there(self) -> set[str]:
        request = api.ListParticipantsRequest(room=self._name)
        return {
            p.identity for p in (await self._client.room.list_participants(request)).participants
        }

    async def _retry(self) -> str:
        listed, _ = await asyncio.gather(
            self._client.agent_dispatch.list_dispatch(self._name), self._there()
        )
        ours = [item for item in listed if item.agent_name]
        old = {f"agent-{job.id}" for item in ours for job in item.state.jobs}
        for item in ours:
            await self._client.agent_dispatch.delete_dispatch(item.id, self._name)
        while old and old & await self._there():  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(LOOK_S)
        dispatch_id = await self._create()
        while (agent := await self._joined.get()) in old:
            pass
        await self._answered(agent)
        return dispatch_id

    async def _answered(self, agent: str) -> None:
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
                async with asyncio.timeout(0.05):
                    await self._pong.wait()
            except TimeoutError:
                continue


async def main() -> None:
    """Run one round for each line on stdin, which is its mode."""
    client = api.LiveKitAPI(URL, KEY, SECRET, failover=False)
    loop = asyncio.get_running_loop()
    while mode := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        sys.stdout.write(f"{await Round(client, mode).run():.1f}\n")
        sys.stdout.flush()
    os._exit(0)  # the SDK may abort at interpreter exit


asyncio.run(main())
