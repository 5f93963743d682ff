"""Rooms: what is made, listed, closed and counted."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import api

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.person import HIDDEN, Person, token
from tests.support.server import Server
from tests.support.waiting import eventually

_COUNTED_S = 5.0
"""The count of participants is refreshed so often."""
_MISSING = "never-there"


async def listed(client: api.LiveKitAPI, room: str) -> list[api.Room]:
    """Read the entry of one room: a list of one, or none."""
    return list((await client.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms)


async def closed(client: api.LiveKitAPI, room: str) -> None:
    """Wait until the server does not list a room any more."""
    await eventually(lambda: listed(client, room), lambda found: not found)


async def counted(client: api.LiveKitAPI, room: str, people: int) -> None:
    """Wait until a room is said to have so many participants."""
    await eventually(
        lambda: listed(client, room),
        lambda found: [one.num_participants for one in found] == [people],
    )


async def test_a_room_is_made_with_its_defaults(client: api.LiveKitAPI, room: str) -> None:
    made = await client.room.create_room(api.CreateRoomRequest(name=room, metadata="mine"))
    assert made.sid.startswith("RM_")
    assert (made.name, made.metadata, made.num_participants) == (room, "mine", 0)
    assert (made.empty_timeout, made.departure_timeout) == (300, 20)
    assert abs(made.creation_time - time.time()) < 60
    (found,) = await listed(client, room)
    assert (found.sid, found.metadata) == (made.sid, "mine")


async def test_a_live_room_is_returned_unchanged_by_a_second_create(
    client: api.LiveKitAPI, room: str
) -> None:
    first = await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=60))
    again = api.CreateRoomRequest(name=room, empty_timeout=30, metadata="other")
    second = await client.room.create_room(again)
    assert (second.sid, second.empty_timeout, second.metadata) == (first.sid, 60, "")


async def test_a_list_by_name_holds_these_rooms_only(client: api.LiveKitAPI, room: str) -> None:
    for name in (f"{room}-a", f"{room}-b"):
        await client.room.create_room(api.CreateRoomRequest(name=name))
    names = [f"{room}-a", _MISSING]
    answer = await client.room.list_rooms(api.ListRoomsRequest(names=names))
    assert [one.name for one in answer.rooms] == [f"{room}-a"]
    everything = (await client.room.list_rooms(api.ListRoomsRequest())).rooms
    assert {f"{room}-a", f"{room}-b"} <= {one.name for one in everything}


async def test_a_room_that_is_made_anew_is_another_one(client: api.LiveKitAPI, room: str) -> None:
    first = await client.room.create_room(api.CreateRoomRequest(name=room, metadata="old"))
    await client.room.delete_room(api.DeleteRoomRequest(room=room))
    assert await listed(client, room) == []
    second = await client.room.create_room(api.CreateRoomRequest(name=room))
    assert (second.sid != first.sid, second.metadata) == (True, "")


async def test_what_is_not_there_is_not_found(client: api.LiveKitAPI, room: str) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room))
    calls = [
        client.room.delete_room(api.DeleteRoomRequest(room=_MISSING)),
        client.room.remove_participant(api.RoomParticipantIdentity(room=room, identity="x")),
        client.room.remove_participant(api.RoomParticipantIdentity(room=_MISSING, identity="x")),
        client.room.get_participant(api.RoomParticipantIdentity(room=room, identity="x")),
    ]
    for call in calls:
        with pytest.raises(api.ServerError) as refused:
            await call
        assert (refused.value.status, refused.value.code) == (404, "not_found")


async def test_a_missing_room_has_no_participants(client: api.LiveKitAPI) -> None:
    answer = await client.room.list_participants(api.ListParticipantsRequest(room=_MISSING))
    assert list(answer.participants) == []


async def test_a_participant_is_listed_at_once_hidden_or_not(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    question = api.ListParticipantsRequest(room=room)
    async with (
        Person(server, token(server, room, "seen")),
        Person(server, token(server, room, "unseen", grants=HIDDEN)),
    ):
        found = (await client.room.list_participants(question)).participants
        assert {one.identity: one.permission.hidden for one in found} == {
            "seen": False,
            "unseen": True,
        }
        assert {one.name for one in found} == {"seen", "unseen"}
        assert all(one.kind == api.ParticipantInfo.Kind.STANDARD for one in found)
    # A leave is on its way when the client has left.
    await eventually(
        lambda: client.room.list_participants(question), lambda answer: not answer.participants
    )


async def test_a_room_that_nobody_has_made_is_made_by_who_joins(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async with Person(server, token(server, room, "first")) as first:
        (made,) = await listed(client, room)
        assert (await first.room.sid, first.room.name) == (made.sid, room)
        assert first.me.identity == "first"


@SLOW_ON_THE_REAL_ONE
async def test_a_room_that_nobody_joins_closes(client: api.LiveKitAPI, room: str) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=2))
    await closed(client, room)


@SLOW_ON_THE_REAL_ONE
async def test_a_room_that_all_have_left_closes(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room, departure_timeout=2))
    async with Person(server, token(server, room, "last")):
        assert await listed(client, room)
    await closed(client, room)


@SLOW_ON_THE_REAL_ONE
async def test_agents_and_who_joins_as_one_are_not_counted(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async with (
        Person(server, token(server, room, "person")),
        Person(server, token(server, room, "hidden", grants=HIDDEN)),
        Person(
            server, token(server, room, "watcher", grants=api.VideoGrants(hidden=True, agent=True))
        ),
        Person(
            server, token(server, room, "agent", is_agent=True, grants=api.VideoGrants(agent=True))
        ),
    ):
        await asyncio.sleep(_COUNTED_S * server.delays)  # until all that are counted are
        await counted(client, room, 2)
    await counted(client, room, 0)
