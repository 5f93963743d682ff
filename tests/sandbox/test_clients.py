"""LiveKit's own SDK and API client on the sandbox; what both servers do is in tests/contract."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit import api, rtc

from lktui.sandbox.faults import CutSignal, DelayCall, DropCall, RefuseCall, SendText
from tests.support.person import CHAT, Person, token
from tests.support.sandbox import Sandbox
from tests.support.waiting import PATIENCE_S, until


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(sandbox.url, sandbox.key, sandbox.secret) as client:
        yield client


@pytest.fixture
def room() -> str:
    return f"room-{secrets.token_hex(4)}"


async def test_two_can_talk(sandbox: Sandbox, room: str) -> None:
    async with (
        Person(sandbox, token(sandbox, room, "ann")) as ann,
        Person(sandbox, token(sandbox, room, "bob")) as bob,
    ):
        await ann.me.send_text("hello", topic=CHAT)
        assert (await bob.sees("text", "ann")).body == "hello"


async def test_a_text_of_a_megabyte_arrives_whole(sandbox: Sandbox, room: str) -> None:
    text = secrets.token_hex(500_000)
    async with (
        Person(sandbox, token(sandbox, room, "ann")) as ann,
        Person(sandbox, token(sandbox, room, "bob")) as bob,
    ):
        await ann.me.send_text(text, topic=CHAT)
        assert (await bob.sees("text", "ann")).body == text


async def test_a_track_is_taken_though_nobody_will_hear_it(sandbox: Sandbox, room: str) -> None:
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        source = rtc.AudioSource(24_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        published = await ann.me.publish_track(track)
        await asyncio.wait_for(published.wait_for_subscription(), PATIENCE_S)
        await source.aclose()


async def test_a_cut_signal_connection_is_resumed(sandbox: Sandbox, room: str) -> None:
    async with (
        Person(sandbox, token(sandbox, room, "ann")) as ann,
        Person(sandbox, token(sandbox, room, "bob")) as bob,
    ):
        await asyncio.to_thread(sandbox.control.ask, CutSignal(room=room, identity="ann"))
        await ann.sees("reconnected")
        await ann.me.send_text("still here", topic=CHAT)
        assert (await bob.sees("text", "ann")).body == "still here"
        assert not bob.all_of("left")


async def test_hostile_bytes_reach_the_client_as_they_are(sandbox: Sandbox, room: str) -> None:
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        hostile = SendText(room=room, content=b"\x1b]0;x\x07[/b]", sender="ghost")
        await asyncio.to_thread(sandbox.control.ask, hostile)
        assert (await ann.sees("text", "ghost")).body == "\x1b]0;x\x07[/b]"


async def test_a_refused_call_is_not_done(
    sandbox: Sandbox, client: api.LiveKitAPI, room: str
) -> None:
    refusal = RefuseCall(method="CreateRoom", code="resource_exhausted", message="later")
    await asyncio.to_thread(sandbox.control.ask, refusal)
    with pytest.raises(api.TwirpError) as refused:
        await client.room.create_room(api.CreateRoomRequest(name=room))
    assert (refused.value.code, refused.value.status) == ("resource_exhausted", 429)
    listed = await client.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert not listed.rooms


async def test_a_delayed_call_is_done_late(
    sandbox: Sandbox, client: api.LiveKitAPI, room: str
) -> None:
    await asyncio.to_thread(sandbox.control.ask, DelayCall(method="CreateRoom", delay_s=0.3))
    began = time.monotonic()
    await client.room.create_room(api.CreateRoomRequest(name=room))
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("done", [True, False])
async def test_a_dropped_call_is_done_or_not_as_was_asked(
    sandbox: Sandbox,
    client: api.LiveKitAPI,
    room: str,
    done: bool,  # noqa: FBT001 - a case
) -> None:
    await asyncio.to_thread(sandbox.control.ask, DropCall(method="CreateRoom", done=done))
    with pytest.raises(aiohttp.ClientError):
        await client.room.create_room(api.CreateRoomRequest(name=room))
    listed = await client.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert bool(listed.rooms) is done


async def test_rooms_that_were_deleted_leave_nothing_behind(
    sandbox: Sandbox, client: api.LiveKitAPI, room: str
) -> None:
    async def open_and_delete(number: int) -> None:
        name = f"{room}-{number}"
        async with Person(sandbox, token(sandbox, name, "ann")) as ann:
            await client.room.delete_room(api.DeleteRoomRequest(room=name))
            await ann.sees("disconnected")

    await open_and_delete(0)
    before = await asyncio.to_thread(sandbox.control.state)
    for number in range(1, 11):
        await open_and_delete(number)

    def is_clean() -> bool:
        now = sandbox.control.state()
        return not now.participants and not now.connections and now.tasks <= before.tasks

    assert await asyncio.to_thread(until, is_clean)
    after = await asyncio.to_thread(sandbox.control.state)
    assert after.objects - before.objects < 500
