"""Dispatches without any worker: what is made, listed and gone."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import api

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.person import Person, token
from tests.support.server import Server

_MISSING = "never-there"
_UNANSWERED_S = 3.0
"""A question about a missing room is given up after so long."""


async def dispatched(
    client: api.LiveKitAPI, room: str, agent_name: str = "unknown"
) -> api.AgentDispatch:
    """Ask for an agent that nobody runs."""
    request = api.CreateAgentDispatchRequest(room=room, agent_name=agent_name, metadata="m")
    return await client.agent_dispatch.create_dispatch(request)


async def names(client: api.LiveKitAPI, room: str) -> list[str]:
    """Read for whom the dispatches of a room are."""
    return sorted(one.agent_name for one in await client.agent_dispatch.list_dispatch(room))


async def test_a_dispatch_is_made_whether_or_not_anybody_takes_it(
    client: api.LiveKitAPI, room: str
) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room))
    made = await dispatched(client, room)
    assert made.id.startswith("AD_")
    assert (made.room, made.agent_name, made.metadata) == (room, "unknown", "m")
    assert list(made.state.jobs) == []
    assert abs(made.state.created_at / 1e9 - time.time()) < 60
    found = await client.agent_dispatch.list_dispatch(room)
    (named,) = (one for one in found if one.agent_name)
    assert (named.id, named.metadata, list(named.state.jobs)) == (made.id, "m", [])
    assert named.state.deleted_at == 0


async def test_a_room_made_without_agents_lists_a_dispatch_without_a_name(
    client: api.LiveKitAPI, room: str
) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room))
    assert await names(client, room) == [""]
    await dispatched(client, room)
    assert await names(client, room) == ["", "unknown"]


async def test_a_room_made_with_agents_lists_these_only(client: api.LiveKitAPI, room: str) -> None:
    agents = [api.RoomAgentDispatch(agent_name="unknown", metadata="m")]
    await client.room.create_room(api.CreateRoomRequest(name=room, agents=agents))
    (found,) = await client.agent_dispatch.list_dispatch(room)
    assert (found.agent_name, found.metadata) == ("unknown", "m")


async def test_a_dispatch_makes_the_room_that_is_missing(client: api.LiveKitAPI, room: str) -> None:
    await dispatched(client, room)
    answer = await client.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert [one.name for one in answer.rooms] == [room]
    assert await names(client, room) == ["", "unknown"]


async def test_every_dispatch_is_one_more(client: api.LiveKitAPI, room: str) -> None:
    first, second = await dispatched(client, room), await dispatched(client, room)
    assert first.id != second.id
    assert await names(client, room) == ["", "unknown", "unknown"]


async def test_a_deleted_dispatch_is_not_found_again(client: api.LiveKitAPI, room: str) -> None:
    made = await dispatched(client, room)
    deleted = await client.agent_dispatch.delete_dispatch(made.id, room)
    assert deleted.id == made.id
    assert await names(client, room) == [""]
    with pytest.raises(api.ServerError) as refused:
        await client.agent_dispatch.delete_dispatch(made.id, room)
    assert (refused.value.status, refused.value.code) == (404, "not_found")


@SLOW_ON_THE_REAL_ONE
async def test_a_missing_room_has_no_answer_to_give(server: Server, client: api.LiveKitAPI) -> None:
    asked_at = time.monotonic()
    answers = await asyncio.gather(
        client.agent_dispatch.list_dispatch(_MISSING),
        client.agent_dispatch.delete_dispatch("AD_none", _MISSING),
        return_exceptions=True,
    )
    assert time.monotonic() - asked_at > 0.9 * _UNANSWERED_S * server.delays
    for refused in answers:
        assert isinstance(refused, api.ServerError)
        assert (refused.status, refused.code) == (503, "unavailable")


async def test_a_dispatch_goes_with_its_room(client: api.LiveKitAPI, room: str) -> None:
    await dispatched(client, room)
    await client.room.delete_room(api.DeleteRoomRequest(room=room))
    await client.room.create_room(api.CreateRoomRequest(name=room))
    assert await names(client, room) == [""]


async def test_a_token_dispatches_where_it_makes_the_room(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    agents = [api.RoomAgentDispatch(agent_name="unknown", metadata="m")]
    config = api.RoomConfiguration(agents=agents, metadata="of the token", departure_timeout=7)
    async with Person(server, token(server, room, "first", config=config)) as first:
        (found,) = await client.agent_dispatch.list_dispatch(room)
        assert (found.agent_name, found.metadata) == ("unknown", "m")
        assert first.room.metadata == "of the token"
        async with Person(server, token(server, room, "second", config=config)):
            assert await names(client, room) == ["unknown"]


async def test_a_token_dispatches_nothing_into_a_room_that_is_there(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room))
    config = api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name="unknown")])
    async with Person(server, token(server, room, "late", config=config)):
        assert await names(client, room) == [""]
