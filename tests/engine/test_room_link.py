"""Sending over a room connection: the time limit does not run while our own link is down."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from livekit import rtc

from lktui.core.events import SessionId
from lktui.core.problems import PortError, ProblemCode
from lktui.engine.call_log import CallLog
from lktui.engine.room_link import SEND_LIMIT_S, RtcRoomLink
from lktui.engine.room_listener import RoomListener
from lktui.tasks import Tasks
from tests.support.clock import LoopClock


@dataclass
class LocalParticipant:
    """Takes texts for the SDK, each after a while; None is never."""

    takes_s: float | None = 0.01
    begun_at: list[float] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    async def send_text(self, text: str, *, topic: str) -> None:
        """Take a text."""
        del topic
        self.begun_at.append(LoopClock().monotonic())
        if self.takes_s is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(self.takes_s)
            self.sent.append(text)


@dataclass
class Room:
    """As much of the SDK's room as sending needs."""

    local_participant: LocalParticipant


def connected(me: LocalParticipant, monkeypatch: pytest.MonkeyPatch) -> RtcRoomLink:
    """Make a link that is connected."""
    clock = LoopClock()

    def ignore(_event: object) -> None:
        pass

    listener = RoomListener(SessionId("s"), ignore, clock, Tasks("test"), ignore)
    link = RtcRoomLink(listener, "fake.example", CallLog("p", ignore, clock), clock)
    monkeypatch.setattr(link, "_room", Room(me))
    link._on_reconnected()
    return link


async def test_a_send_that_hangs_is_given_up_after_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = connected(LocalParticipant(takes_s=None), monkeypatch)
    began = LoopClock().monotonic()
    with pytest.raises(PortError) as caught:
        await link.send_chat("hello")
    assert caught.value.problem.code is ProblemCode.NOT_SENT
    assert LoopClock().monotonic() - began == pytest.approx(SEND_LIMIT_S, abs=0.1)


async def test_a_send_begins_when_the_link_is_back_however_long_that_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    me = LocalParticipant()
    link, began = connected(me, monkeypatch), LoopClock().monotonic()
    link._on_reconnecting()
    asyncio.get_running_loop().call_later(3 * SEND_LIMIT_S, link._on_reconnected)
    await link.send_chat("hello")
    assert me.sent == ["hello"]
    assert me.begun_at == [pytest.approx(began + 3 * SEND_LIMIT_S)]


async def test_a_gap_in_the_middle_of_a_send_does_not_use_up_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    me = LocalParticipant(takes_s=2 * SEND_LIMIT_S)
    link = connected(me, monkeypatch)
    later = asyncio.get_running_loop().call_later
    later(1.0, link._on_reconnecting)
    later(2 * SEND_LIMIT_S - 1.0, link._on_reconnected)
    await link.send_chat("hello")
    assert me.sent == ["hello"]
    assert len(me.begun_at) == 1


async def test_what_waits_for_the_link_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    link = connected(LocalParticipant(takes_s=None), monkeypatch)
    link._on_reconnecting()
    asyncio.get_running_loop().call_later(
        60.0, lambda: link._on_disconnected(rtc.DisconnectReason.UNKNOWN_REASON)
    )
    with pytest.raises(PortError):
        await link.send_chat("hello")
