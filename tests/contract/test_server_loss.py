"""What a client is told of a server that dies, comes back, or stands still."""

from __future__ import annotations

import asyncio

import pytest
from livekit import api, rtc

from tests.support.person import CHAT, MAY_SAY_ITS_STATE, Person, token
from tests.support.server import Server

_NOTICES_S = 10.0
"""A cut connection is noticed at once, one without an answer after some 14 s."""
_RECONNECTS_S = 30.0
"""The client's own: so long it may need to be back once the server is."""
_GIVES_UP_S = 40.0
"""The client's own, on any server: so long it tries at most."""
_LONG_STALL_S = 18.0
"""The client's own: after some 14 s without an answer it takes its connection for lost."""
_STALL_S = 2.0
"""Too short for the client to take its connection for lost."""


async def test_a_client_is_back_once_its_server_is_and_finds_its_room_made_anew(
    own_server: Server, room: str
) -> None:
    async with Person(own_server, token(own_server, room, "person")) as person:
        sid = await person.room.sid
        own_server.kill()
        await person.sees("reconnecting", within_s=_NOTICES_S)
        await asyncio.to_thread(own_server.restart)
        await person.sees("reconnected", within_s=_RECONNECTS_S)
        assert person.all_of("disconnected") == []
        async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
            (found,) = (await client.room.list_rooms(api.ListRoomsRequest())).rooms
        assert (found.name, found.sid != sid) == (room, True)
        async with Person(own_server, token(own_server, room, "other")) as other:
            await other.me.send_text("welcome back", topic=CHAT)
            assert (await person.sees("text", "other")).body == "welcome back"


async def test_a_client_brings_its_attributes_into_the_restarted_room(
    own_server: Server, room: str
) -> None:
    joining = token(own_server, room, "agent", is_agent=True, grants=MAY_SAY_ITS_STATE)
    async with Person(own_server, joining) as agent:
        await agent.me.set_attributes({"lk.agent.state": "listening"})
        await asyncio.to_thread(own_server.restart)
        await agent.sees("reconnected", within_s=_RECONNECTS_S)
        whom = api.RoomParticipantIdentity(room=room, identity="agent")
        async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
            found = await client.room.get_participant(whom)
        assert dict(found.attributes) == {"lk.agent.state": "listening"}
        assert found.kind == api.ParticipantInfo.Kind.AGENT


async def test_all_others_leave_for_no_reason_when_the_server_dies(
    own_server: Server, room: str
) -> None:
    async with (
        Person(own_server, token(own_server, room, "first")),
        Person(own_server, token(own_server, room, "second")) as second,
    ):
        own_server.kill()
        left = await second.sees("left", "first")
        assert left.detail in ("", "UNKNOWN_REASON")
        assert second.all_of("reconnecting")[0].at_s < left.at_s


@pytest.mark.full
async def test_a_client_gives_up_a_server_that_stays_away(own_server: Server, room: str) -> None:
    async with Person(own_server, token(own_server, room, "person")) as person:
        own_server.kill()
        gone = await person.sees("disconnected", within_s=_GIVES_UP_S)
        assert gone.detail == "UNKNOWN_REASON"
        assert person.all_of("reconnected") == []
        with pytest.raises(rtc.StreamError):
            await person.me.send_text("too late", topic=CHAT)


async def test_a_stalled_server_delivers_afterwards_and_nobody_notices(
    own_server: Server, room: str
) -> None:
    async with (
        Person(own_server, token(own_server, room, "one")) as one,
        Person(own_server, token(own_server, room, "two")) as two,
    ):
        await one.me.send_text("before", topic=CHAT)
        await two.sees("text")
        own_server.freeze()
        sending = asyncio.ensure_future(one.me.send_text("meanwhile", topic=CHAT))
        await asyncio.sleep(_STALL_S)  # the stall is the case
        assert len(two.all_of("text")) == 1
        own_server.thaw()
        await sending
        await two.until(lambda: len(two.all_of("text")) == 2, what="second text")
        assert two.all_of("text")[1].body == "meanwhile"
        for person in (one, two):
            assert person.all_of("reconnecting") == person.all_of("disconnected") == []


@pytest.mark.full
async def test_a_server_that_stands_still_for_long_is_lost_and_found(
    own_server: Server, room: str
) -> None:
    async with (
        Person(own_server, token(own_server, room, "one")) as one,
        Person(own_server, token(own_server, room, "two")) as two,
    ):
        own_server.freeze()
        await one.sees("reconnecting", within_s=_LONG_STALL_S)
        own_server.thaw()
        await one.sees("reconnected", within_s=_RECONNECTS_S)
        assert one.all_of("disconnected") == two.all_of("disconnected") == []


async def test_a_frozen_server_answers_no_question_until_it_is_thawed(
    own_server: Server, room: str
) -> None:
    async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
        own_server.freeze()
        asking = asyncio.ensure_future(client.room.create_room(api.CreateRoomRequest(name=room)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(asking)
        own_server.thaw()
        assert (await asking).name == room


async def test_a_restarted_server_has_forgotten_rooms_and_dispatches(
    own_server: Server, room: str
) -> None:
    request = api.CreateAgentDispatchRequest(room=room, agent_name="unknown")
    async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
        await client.agent_dispatch.create_dispatch(request)
        await asyncio.to_thread(own_server.restart)
        assert list((await client.room.list_rooms(api.ListRoomsRequest())).rooms) == []
