from __future__ import annotations

import asyncio
from typing import cast

from livekit.protocol import models

from lktui.sandbox.access import Video
from lktui.sandbox.participants import Participant
from lktui.sandbox.peer import Peer
from tests.support.fakes.sandbox_world import Visitor, World

HIDDEN = Video(room="hall", hidden=True)
HELPER = Video(room="hall", agent=True)


def said(identity: str = "", *, to: tuple[str, ...] = ()) -> models.DataPacket:
    user = models.UserPacket(payload=b"hello", participant_identity=identity)
    return models.DataPacket(user=user, destination_identities=to)


def listen(participant: Participant, heard: list[str]) -> None:
    """Note who is sent what: in virtual time there is no data connection."""

    class Ear:
        def send(self, _data: bytes, *, reliable: bool) -> None:
            heard.append(f"{participant.identity} {reliable}")

    participant.peer = cast("Peer", Ear())


async def test_a_silent_one_is_told_of_up_to_three_seconds_late(world: World) -> None:
    room = world.room()
    first = Visitor(room, "first")
    await asyncio.sleep(4)
    Visitor(room, "second")
    await asyncio.sleep(1.9)
    assert not first.knows("second")
    await asyncio.sleep(0.2)
    assert first.knows("second")


async def test_who_comes_is_told_at_once_who_is_there(world: World) -> None:
    room = world.room()
    Visitor(room, "first")
    assert [one.identity for one in Visitor(room, "second").joined.other_participants] == ["first"]


async def test_a_change_of_attributes_is_told_at_once_to_everybody(world: World) -> None:
    room = world.room()
    first, second = Visitor(room, "first"), Visitor(room, "second")
    second.participant.change("", "", {"lk.agent.state": "listening"})
    room.changed(second.participant)
    for one in (first, second):
        told = one.link.told_of("second")[-1]
        assert dict(told.attributes) == {"lk.agent.state": "listening"}
    assert world.renewed == ["second"]


async def test_of_who_came_and_went_within_a_batch_only_the_leave_is_told(world: World) -> None:
    room = world.room()
    first, second = Visitor(room, "first"), Visitor(room, "second")
    room.remove(second.participant, models.CLIENT_INITIATED, tell=False)
    await asyncio.sleep(3.1)
    (told,) = first.link.told_of("second")
    assert told.state == models.ParticipantInfo.DISCONNECTED
    assert told.disconnect_reason == models.CLIENT_INITIATED


async def test_of_a_hidden_one_nobody_is_told(world: World) -> None:
    room = world.room()
    first, watcher = Visitor(room, "first"), Visitor(room, "watcher", video=HIDDEN)
    room.changed(watcher.participant)
    room.remove(watcher.participant, models.CLIENT_INITIATED)
    await asyncio.sleep(4)
    assert not first.knows("watcher")
    assert watcher.knows("watcher")


async def test_who_is_put_out_is_told_why(world: World) -> None:
    room = world.room()
    visitor = Visitor(room, "visitor")
    room.remove(visitor.participant, models.PARTICIPANT_REMOVED)
    assert visitor.link.signals[-1].leave.reason == models.PARTICIPANT_REMOVED
    assert visitor.link.is_closed
    assert not room.participants


async def test_a_replaced_session_is_not_told_of(world: World) -> None:
    room = world.room()
    first, old = Visitor(room, "first"), Visitor(room, "twice")
    await asyncio.sleep(3.1)
    told = len(first.link.told_of("twice"))
    room.remove(old.participant, models.DUPLICATE_IDENTITY)
    Visitor(room, "twice")
    await asyncio.sleep(3.1)
    sids = {one.sid for one in first.link.told_of("twice")[told:]}
    assert old.participant.info.sid not in sids


async def test_agents_and_helpers_are_not_counted_and_hidden_ones_are(world: World) -> None:
    room = world.room()
    Visitor(room, "user")
    Visitor(room, "watcher", video=HIDDEN)
    Visitor(room, "helper", video=HELPER)
    Visitor(room, "agent", kind="agent")
    assert room.info.num_participants == 0
    await asyncio.sleep(5.1)
    assert room.info.num_participants == 2


async def test_a_packet_goes_to_all_but_its_source_and_only_to_whom_it_names(
    world: World,
) -> None:
    room = world.room()
    heard: list[str] = []
    for identity in ("ann", "bob", "eve"):
        listen(Visitor(room, identity).participant, heard)
    room.relay(said(), reliable=True, source=room.participants["ann"])
    assert heard == ["bob True", "eve True"]
    heard.clear()
    room.relay(said(to=("eve", "nobody")), reliable=False, source=None)
    assert heard == ["eve False"]


async def test_who_may_send_nothing_sends_in_vain(world: World) -> None:
    room = world.room()
    mute = Visitor(room, "mute", video=Video(room="hall", can_publish_data=False)).participant
    mute.received(b"\xff\xff", True)
    assert "mute" in room.participants


async def test_who_sends_rubbish_is_put_out(world: World) -> None:
    room = world.room()
    Visitor(room, "rude").participant.received(b"\xff\xff", True)
    assert not room.participants
