"""Who is seen to come, change and go, and when: presence is told late, and in batches."""

from __future__ import annotations

import asyncio
import base64
import time

import aiohttp
from livekit import api, rtc
from livekit.protocol import models
from livekit.protocol import rtc as rtc_proto

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.guest import Guest
from tests.support.person import CHAT, HIDDEN, MAY_SAY_ITS_STATE, Person, token
from tests.support.server import Server
from tests.support.waiting import PATIENCE_S

_HELD_BACK_S = 3.0
"""An event of somebody without a track waits so long at most."""
_DEAD_S = 22.4
"""So long a participant stays whose process has died."""
_AT_ONCE_S = 2.0
"""Less than what is held back, on any machine."""
_LOOKS = 300


async def test_one_who_joins_sees_at_once_who_is_there(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "first")),
        Person(server, token(server, room, "second")) as second,
    ):
        assert second.others == {"first"}


@SLOW_ON_THE_REAL_ONE
async def test_one_who_says_nothing_is_seen_to_come_and_go_late(server: Server, room: str) -> None:
    async with Person(server, token(server, room, "first")) as first:
        async with Person(server, token(server, room, "second")):
            await first.sees("joined", "second")
            assert first.others == {"second"}
        left = await first.sees("left", "second")
        assert left.detail == "CLIENT_INITIATED"
        assert first.others == set()


async def test_the_list_tells_a_stay_by_the_id_that_who_stays_knows(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    """Of two who have the same token this is what tells them apart."""
    sids = set()
    for _ in range(2):
        async with Person(server, token(server, room, "same")) as person:
            listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
            mine = person.room.local_participant.sid
            assert mine in {one.sid for one in listed.participants if one.identity == "same"}
            sids.add(mine)
    assert len(sids) == 2


async def test_the_list_tells_whose_connection_stands_and_who_is_still_connecting(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    """One who is put out while connecting joins again: what cleans up relies on the difference."""

    async def states() -> dict[str, models.ParticipantInfo.State]:
        listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        return {one.identity: one.state for one in listed.participants}

    request = rtc_proto.JoinRequest(client_info=models.ClientInfo(protocol=16))
    packed = rtc_proto.WrappedJoinRequest(join_request=request.SerializeToString())
    words = base64.urlsafe_b64encode(packed.SerializeToString()).decode()
    signalling = f"{server.url}/rtc/v1?join_request={words}"
    coming = {"Authorization": f"Bearer {token(server, room, 'coming', is_agent=True)}"}
    async with (
        Person(server, token(server, room, "there")),
        aiohttp.ClientSession() as session,
        session.ws_connect(signalling, headers=coming) as socket,
    ):
        await socket.receive_bytes()
        active = models.ParticipantInfo.State.ACTIVE
        listed = await states()
        for _ in range(_LOOKS):
            if listed["there"] == active:
                break
            await asyncio.sleep(0.1)
            listed = await states()
        assert listed["there"] == active
        assert listed.keys() == {"there", "coming"}
        assert listed["coming"] in {
            models.ParticipantInfo.State.JOINING,
            models.ParticipantInfo.State.JOINED,
        }


async def test_an_attribute_shows_its_owner_at_once(server: Server, room: str) -> None:
    joining = token(server, room, "agent", is_agent=True, grants=MAY_SAY_ITS_STATE)
    async with (
        Person(server, token(server, room, "first")) as first,
        Person(server, joining) as agent,
    ):
        await agent.me.set_attributes({"lk.agent.state": "listening"})
        set_at = time.monotonic()
        joined = await first.sees("joined", "agent")
        assert joined.at_s - set_at < _AT_ONCE_S
        seen = first.room.remote_participants["agent"]
        await first.until(
            lambda: seen.attributes == {"lk.agent.state": "listening"},
            within_s=_AT_ONCE_S,
            what="state of the agent",
        )
        assert seen.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        await agent.me.set_attributes({"lk.agent.state": "speaking"})
        await first.until(
            lambda: seen.attributes == {"lk.agent.state": "speaking"},
            within_s=_AT_ONCE_S,
            what="new state of the agent",
        )


async def test_attributes_of_one_who_may_not_set_them_are_not_told(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async with (
        Person(server, token(server, room, "first")) as first,
        Person(server, token(server, room, "second")) as second,
    ):
        await second.me.set_attributes({"mood": "good"})
        await second.me.send_text("done", topic=CHAT)
        await first.sees("text", "second")
        assert first.all_of("attributes") == []
        whom = api.RoomParticipantIdentity(room=room, identity="second")
        assert dict((await client.room.get_participant(whom)).attributes) == {}


async def test_the_same_identity_again_puts_the_first_out(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "twin")) as first,
        Person(server, token(server, room, "twin")) as second,
    ):
        put_out = await first.sees("disconnected")
        assert put_out.detail == "DUPLICATE_IDENTITY"
        assert second.all_of("disconnected") == []
        assert second.room.isconnected()


async def test_one_who_is_removed_is_told_why(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    whom = api.RoomParticipantIdentity(room=room, identity="second")
    async with (
        Person(server, token(server, room, "first")) as first,
        Person(server, token(server, room, "second")) as second,
    ):
        await client.room.remove_participant(whom)
        assert (await second.sees("disconnected")).detail == "PARTICIPANT_REMOVED"
        left = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        assert [one.identity for one in left.participants] == ["first"]
        if "second" in first.others:
            assert (await first.sees("left", "second")).detail == ("PARTICIPANT_REMOVED")


async def test_who_is_in_a_room_that_is_deleted_is_told_at_once(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async with Person(server, token(server, room, "first")) as first:
        await client.room.delete_room(api.DeleteRoomRequest(room=room))
        deleted_at = time.monotonic()
        told = await first.sees("disconnected")
        assert told.detail == "ROOM_DELETED"
        assert told.at_s - deleted_at < _AT_ONCE_S


async def test_a_token_leads_into_its_own_room(server: Server, room: str) -> None:
    async with Person(server, token(server, f"{room}-other", "person")) as person:
        assert person.room.name == f"{room}-other"


@SLOW_ON_THE_REAL_ONE
async def test_a_hidden_one_is_not_seen_by_others(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "first")) as first,
        Person(server, token(server, room, "hidden", grants=HIDDEN)) as hidden,
        Person(server, token(server, room, "second")) as second,
    ):
        await first.sees("joined", "second")
        assert (first.others, second.others) == ({"second"}, {"first"})
        assert hidden.others >= {"first"}


@SLOW_ON_THE_REAL_ONE
async def test_a_dead_one_stays_until_the_server_gives_it_up(
    server: Server, client: api.LiveKitAPI, room: str
) -> None:
    async with Person(server, token(server, room, "first")) as first:
        with await asyncio.to_thread(Guest, server, room, name="dead"):
            await first.sees("joined", "dead")
            died_at = time.monotonic()  # at once
        listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
        assert {one.identity for one in listed.participants} == {"first", "dead"}
        left = await first.sees("left", "dead", within_s=_DEAD_S + PATIENCE_S)
        assert left.detail == "CONNECTION_TIMEOUT"
        assert left.at_s - died_at > 0.9 * _DEAD_S * server.delays
