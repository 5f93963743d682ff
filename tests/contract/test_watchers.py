"""Hidden participants: what each grant lets them see, ask and keep open."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from livekit import api

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.person import CHAT, MAY_SAY_ITS_STATE, SESSION, TRANSCRIPTION, Person, token
from tests.support.server import Server

_CLOSES_S = 5.0
"""A room that may close after a second is closed within this time."""


class Watcher(NamedTuple):
    """One row of the table of hidden watchers."""

    name: str
    agent: bool
    """It has the grant `agent`."""
    asks: bool
    """It may publish data: what it sends reaches others."""
    holds: bool
    """The room stays open for it."""

    @property
    def grants(self) -> api.VideoGrants:
        """What its token grants beside joining."""
        return api.VideoGrants(
            hidden=True,
            agent=self.agent,
            can_publish=False,
            can_subscribe=False,
            can_publish_data=self.asks,
        )


WATCHERS = [
    Watcher("silent agent", agent=True, asks=False, holds=False),
    Watcher("silent", agent=False, asks=False, holds=True),
    Watcher("asking agent", agent=True, asks=True, holds=False),
    Watcher("asking", agent=False, asks=True, holds=True),
]
"""facts/livekit.md section 4."""


@pytest.mark.parametrize("watcher", WATCHERS, ids=lambda row: row.name)
async def test_a_watcher_reads_all_and_is_heard_as_its_grants_say(
    server: Server, room: str, watcher: Watcher
) -> None:
    async with (
        Person(
            server, token(server, room, "agent", is_agent=True, grants=MAY_SAY_ITS_STATE)
        ) as agent,
        Person(server, token(server, room, "watcher", grants=watcher.grants)) as hidden,
    ):
        await agent.me.send_text("typed", topic=CHAT)
        await agent.me.send_text("said", topic=TRANSCRIPTION)
        await agent.me.send_bytes(b"event", name="e", topic=SESSION)
        await agent.me.set_attributes({"lk.agent.state": "listening"})
        await hidden.until(lambda: len(hidden.all_of("text")) == 2, what="two texts of the agent")
        assert {one.body for one in hidden.all_of("text")} == {"typed", "said"}
        assert (await hidden.sees("bytes")).body == b"event".hex()
        await hidden.sees("attributes", "agent")

        await hidden.me.send_bytes(
            b"request", name="r", topic=SESSION, destination_identities=["agent"]
        )
        await hidden.me.send_text("to all", topic=CHAT)
        if watcher.asks:
            # Nobody is told who a hidden sender is.
            assert (await agent.sees("bytes", "")).body == b"request".hex()
            assert (await agent.sees("text", "")).body == "to all"
        # Nothing comes: what another sends after it is there, so it would be there too.
        async with Person(server, token(server, room, "other")) as other:
            await other.me.send_text("last", topic=CHAT)
            await agent.sees("text", "other")
        assert len(agent.all_of("text", "")) == int(watcher.asks)
        assert len(agent.all_of("bytes", "")) == int(watcher.asks)
        assert agent.all_of("joined", "watcher") == []


@SLOW_ON_THE_REAL_ONE
async def test_a_room_closes_under_who_does_not_hold_it(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async def told(name: str, staying: str) -> list[str]:
        await client.room.create_room(api.CreateRoomRequest(name=name, departure_timeout=1))
        async with Person(server, staying) as stays:
            async with Person(server, token(server, name, "last")):
                pass
            await asyncio.sleep(_CLOSES_S)
            return [one.detail for one in stays.all_of("disconnected")]

    rooms = {row: f"{room} {row.name}" for row in WATCHERS}
    agents = f"{room} of an agent"
    found = await asyncio.gather(
        *(told(name, token(server, name, "s", grants=row.grants)) for row, name in rooms.items()),
        told(agents, token(server, agents, "s", is_agent=True, grants=api.VideoGrants(agent=True))),
    )
    assert found == [[] if row.holds else ["ROOM_CLOSED"] for row in WATCHERS] + [["ROOM_CLOSED"]]
