"""A safe retry with the raw SDK: what `r` to ready is measured against.

Joins a room, dispatches an agent that behaves as the line read says (only the first job does, the
next one is a session), and then does the steps of a safe retry: look at both lists, delete, wait
until the old agent is not listed, create, wait until the new one answers a ping.
"""

from __future__ import annotations

import asyncio
import json
import time

from livekit import api

from tests.bench.raw_room import RawRoom, serve

LIST_TRUE_S = 5.6
LOOK_S = 0.05


async def retry(client: api.LiveKitAPI, mode: str) -> float:
    """Bring the state about, retry, clean up; milliseconds of the retry."""
    room = RawRoom(client, json.dumps({"mode": mode, "once": True}))
    await room.make()
    await room.join()
    await room.dispatch()
    if mode == "session":
        await room.answered(await room.joined.get())
    await asyncio.sleep(LIST_TRUE_S)
    began = time.perf_counter()
    dispatch_id = await _safely(room)
    took = (time.perf_counter() - began) * 1000
    await room.clean(dispatch_id)
    return took


async def _safely(room: RawRoom) -> str:
    dispatches = room.client.agent_dispatch
    listed, _ = await asyncio.gather(dispatches.list_dispatch(room.name), _there(room))
    ours = [item for item in listed if item.agent_name]
    old = {f"agent-{job.id}" for item in ours for job in item.state.jobs}
    for item in ours:
        await dispatches.delete_dispatch(item.id, room.name)
    while old and old & await _there(room):  # noqa: ASYNC110 - the server is asked
        await asyncio.sleep(LOOK_S)
    dispatch_id = await room.dispatch()
    while (agent := await room.joined.get()) in old:
        pass
    await room.answered(agent)
    return dispatch_id


async def _there(room: RawRoom) -> set[str]:
    request = api.ListParticipantsRequest(room=room.name)
    return {
        one.identity for one in (await room.client.room.list_participants(request)).participants
    }


asyncio.run(serve(retry))
