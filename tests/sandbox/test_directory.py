from __future__ import annotations

import asyncio
import time

import pytest
from livekit.protocol import models

from lktui.sandbox import directory
from lktui.sandbox.access import Video
from lktui.sandbox.delays import Delays
from lktui.sandbox.directory import LimitError, is_dead
from tests.support.fakes.sandbox_world import Visitor, World

DELAYS = Delays()


async def test_a_live_room_is_returned_as_it_is(world: World) -> None:
    room = world.room(empty_timeout=60)
    assert world.room(empty_timeout=1) is room
    assert room.info.empty_timeout == 60


async def test_a_name_that_was_deleted_is_a_new_room(world: World) -> None:
    room = world.room()
    world.directory.close(room, models.ROOM_DELETED)
    assert world.room().info.sid != room.info.sid


async def test_a_deleted_room_puts_everybody_out(world: World) -> None:
    room = world.room()
    visitor = Visitor(room, "visitor")
    world.directory.close(room, models.ROOM_DELETED)
    assert visitor.link.signals[-1].leave.reason == models.ROOM_DELETED
    await asyncio.sleep(10)
    assert len(world.port) == 0
    assert len(world.tasks) == 0


async def test_there_is_a_limit_to_rooms(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MAX_ROOMS", 2)
    world.room("one")
    world.room("two")
    with pytest.raises(LimitError):
        world.room("three")
    world.room("two")


async def test_a_room_that_nobody_joins_is_idle_after_its_empty_timeout(world: World) -> None:
    room = world.room(empty_timeout=60)
    now = int(time.time())
    Visitor(room, "agent", kind="agent")
    assert not room.idle_out(now + 58)
    assert room.idle_out(now + 61)


async def test_a_room_that_was_left_is_idle_after_its_departure_timeout(world: World) -> None:
    room = world.room(departure_timeout=4)
    user = Visitor(room, "user").participant
    now = int(time.time())
    assert not room.idle_out(now + 1000)
    room.remove(user, models.CLIENT_INITIATED)
    assert not room.idle_out(now + 3)
    assert room.idle_out(now + 5)


async def test_a_hidden_one_holds_a_room_unless_it_is_a_helper(world: World) -> None:
    later = int(time.time()) + 1000
    held, left = world.room("held"), world.room("left")
    Visitor(held, "watcher", video=Video(hidden=True))
    Visitor(left, "watcher", video=Video(hidden=True, agent=True))
    assert not held.idle_out(later)
    assert left.idle_out(later)


async def test_who_loses_all_connections_is_dead_after_22_seconds(world: World) -> None:
    participant = Visitor(world.room(), "user").participant
    now = asyncio.get_running_loop().time()
    participant.unlinked = now
    assert not is_dead(participant, DELAYS, now + 22, now)
    assert is_dead(participant, DELAYS, now + 23, now)


async def test_a_frozen_one_is_dead_as_late_but_never_before_it_could_have_been_heard(
    world: World,
) -> None:
    participant = Visitor(world.room(), "user").participant
    now = asyncio.get_running_loop().time()
    assert not is_dead(participant, Delays(0.1), now + 5, now)
    assert is_dead(participant, Delays(0.1), now + 7, now)
    assert not is_dead(participant, DELAYS, now + 22, now)


async def test_a_server_that_was_frozen_holds_its_own_silence_against_nobody(
    world: World,
) -> None:
    participant = Visitor(world.room(), "user").participant
    now = asyncio.get_running_loop().time()
    assert not is_dead(participant, DELAYS, now + 100, awake_since=now + 99)


async def test_the_dead_are_put_out_with_a_word_to_the_others(world: World) -> None:
    room = world.room()
    dead = Visitor(room, "dead").participant
    dead.unlinked = asyncio.get_running_loop().time()
    world.tasks.start(world.directory.sweep_for_ever())
    await asyncio.sleep(21)
    assert "dead" in room.participants
    await asyncio.sleep(3)
    assert dead.info.disconnect_reason == models.CONNECTION_TIMEOUT
