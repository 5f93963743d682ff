"""Many dispatches at once, each into a room of its own, looked at until their fate is settled."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from livekit import api

from tests.support.server import Server
from tests.support.waiting import PATIENCE_S

_EVERY_S = 0.2


class Sample(NamedTuple):
    """What the API said of one room at one moment."""

    at_s: float
    """Since the dispatch was made."""
    jobs: tuple[api.Job, ...]
    agents: Mapping[str, Mapping[str, str]]
    """Attributes by identity."""


class Timeline(NamedTuple):
    """What became of one dispatch."""

    samples: tuple[Sample, ...]

    @property
    def job(self) -> api.Job | None:
        """The job as it was listed last; None if nobody has taken it."""
        jobs = self.samples[-1].jobs
        assert len(jobs) <= 1
        return jobs[0] if jobs else None

    @property
    def agents(self) -> set[str]:
        """Who is there at the end."""
        return set(self.samples[-1].agents)

    @property
    def agents_ever(self) -> set[str]:
        """Who has ever been there."""
        return {identity for sample in self.samples for identity in sample.agents}

    @property
    def came_at_s(self) -> float:
        """When an agent was first there."""
        return next(sample.at_s for sample in self.samples if sample.agents)

    @property
    def states(self) -> set[str]:
        """Every `lk.agent.state` that was seen."""
        attributes = (one for sample in self.samples for one in sample.agents.values())
        return {one["lk.agent.state"] for one in attributes if "lk.agent.state" in one}


async def timelines(
    server: Server,
    modes: Mapping[str, Callable[[Timeline], bool]],
    agent_name: str,
    prefix: str,
    *,
    for_s: float,
) -> dict[str, Timeline]:
    """Dispatch one worker's agent in several modes at once.

    Args:
        server: Where.
        modes: What the dispatches' metadata ask for, also the last part of the rooms' names, each
            with what has to have happened there.
        agent_name: The worker.
        prefix: The first part of the rooms' names; the rooms are deleted afterwards.
        for_s: How long each room is looked at, and longer while that has not happened.

    Returns:
        Timelines by mode.
    """
    async with api.LiveKitAPI(server.url, server.key, server.secret) as client:

        async def one(mode: str, is_settled: Callable[[Timeline], bool]) -> Timeline:
            room = f"{prefix}-{mode}"
            metadata = json.dumps({"mode": mode})
            await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=60))
            made_at = time.monotonic()
            dispatch = await client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(room=room, agent_name=agent_name, metadata=metadata)
            )
            samples = [await _sample(client, room, made_at)]
            while (at_s := samples[-1].at_s) < for_s or (
                at_s < for_s + PATIENCE_S and not is_settled(Timeline(tuple(samples)))
            ):
                await asyncio.sleep(_EVERY_S)
                samples.append(await _sample(client, room, made_at))
            await client.agent_dispatch.delete_dispatch(dispatch.id, room)
            await client.room.delete_room(api.DeleteRoomRequest(room=room))
            return Timeline(tuple(samples))

        found = await asyncio.gather(*(one(*mode) for mode in modes.items()))
    return dict(zip(modes, found, strict=True))


async def _sample(client: api.LiveKitAPI, room: str, made_at: float) -> Sample:
    listed = await client.agent_dispatch.list_dispatch(room)
    there = await client.room.list_participants(api.ListParticipantsRequest(room=room))
    return Sample(
        time.monotonic() - made_at,
        tuple(job for dispatch in listed for job in dispatch.state.jobs),
        {
            one.identity: dict(one.attributes)
            for one in there.participants
            if one.kind == api.ParticipantInfo.Kind.AGENT
        },
    )
