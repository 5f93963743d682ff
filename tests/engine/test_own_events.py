"""A room connection is not woken by what happens in other rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest_asyncio
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient, FfiHandle
from livekit.rtc._proto.ffi_pb2 import FfiEvent

from lktui.engine.own_events import hear_own_room_only

OWN, OTHER = 7, 8


class _Handle:
    """Stands for the native connection."""

    handle = OWN


@pytest_asyncio.fixture
async def room() -> AsyncIterator[rtc.Room]:
    """Stand as the SDK's `connect` leaves it."""
    queue = FfiClient.instance.queue
    connected = rtc.Room()
    connected._ffi_handle = cast("FfiHandle", _Handle())
    connected._ffi_queue = queue.subscribe(asyncio.get_running_loop())
    hear_own_room_only(connected)
    yield connected
    queue.unsubscribe(connected._ffi_queue)


def _of_room(handle: int) -> FfiEvent:
    event = FfiEvent()
    event.room_event.room_handle = handle
    return event


async def _heard(room: rtc.Room, *events: FfiEvent) -> list[FfiEvent]:
    for event in events:
        FfiClient.instance.queue.put(event)
    await asyncio.sleep(0)
    return [room._ffi_queue.get_nowait() for _ in range(room._ffi_queue.qsize())]


async def test_only_the_own_room_is_heard_of(room: rtc.Room) -> None:
    own, other = _of_room(OWN), _of_room(OTHER)
    assert await _heard(room, own, other, own) == [own, own]


async def test_what_streams_are_read_by_themselves_wakes_no_room(room: rtc.Room) -> None:
    text, sound = FfiEvent(), FfiEvent()
    text.text_stream_reader_event.reader_handle = 1
    sound.audio_stream_event.stream_handle = 1
    assert await _heard(room, text, sound) == []


async def test_answers_to_requests_and_calls_still_come(room: rtc.Room) -> None:
    answer, call = FfiEvent(), FfiEvent()
    answer.publish_track.async_id = 3
    call.rpc_method_invocation.method = "ping"
    assert await _heard(room, answer, call) == [answer, call]


async def test_other_subscriptions_stay_as_they_are(room: rtc.Room) -> None:
    queue = FfiClient.instance.queue.subscribe(asyncio.get_running_loop())
    try:
        await _heard(room, _of_room(OTHER))
        assert queue.qsize() == 1
    finally:
        FfiClient.instance.queue.unsubscribe(queue)
