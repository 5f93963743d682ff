"""One room: who is in it, who is told what, and when it is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import msgspec
from aiortc import RTCCertificate
from livekit.protocol import agent_dispatch, models, room, rtc

from lktui.sandbox.delays import Delays
from lktui.sandbox.ice import UdpPort
from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.participants import Participant
from lktui.sandbox.peer import Peer
from lktui.sandbox.presence import Batch, News, next_tick
from lktui.sandbox.room_count import RoomCount
from lktui.tasks import Tasks

_EMPTY_S = 300
_DEPARTURE_S = 20
# Sooner, and the SDK logs a data channel that was closed unexpectedly (facts/livekit.md section 7).
_HANG_UP_S = 2.0


class Surroundings(msgspec.Struct, frozen=True):
    """What all rooms share."""

    delays: Delays
    port: UdpPort
    certificate: RTCCertificate
    tasks: Tasks
    on_agent_left: Callable[[str], None]
    """Called with the id of the job whose agent has left its room."""
    on_claims_changed: Callable[[Participant], None]
    """Called when what a participant's token says of it has changed."""


class Room:
    """A room, from its creation to its end.

    Args:
        request: Name and options; 0 and "" are the defaults.
        around: What it shares with the other rooms.
    """

    def __init__(self, request: room.CreateRoomRequest, around: Surroundings) -> None:
        self._around = around
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self.info = models.Room(
            sid=new_id(Prefix.ROOM),
            name=request.name,
            empty_timeout=request.empty_timeout or _EMPTY_S,
            departure_timeout=request.departure_timeout or _DEPARTURE_S,
            max_participants=request.max_participants,
            metadata=request.metadata,
            creation_time=int(time.time()),
            creation_time_ms=int(time.time() * 1000),
        )
        self.is_closed = False
        self.participants: dict[str, Participant] = {}
        self.dispatches: dict[str, agent_dispatch.AgentDispatch] = {}
        self.jobs: dict[str, str] = {}
        """The agents' identities, and the jobs that they do here."""
        self._batch = Batch()
        self._batch_timer: asyncio.TimerHandle | None = None
        self._count = RoomCount(self._started, around.delays.room_count_s)
        self._count_timer: asyncio.TimerHandle | None = None
        self._has_been_joined = False
        self._last_left_s = 0

    @property
    def name(self) -> str:
        """What it is called."""
        return self.info.name

    @property
    def is_full(self) -> bool:
        """Whether nobody may join who is counted."""
        return 0 < self.info.max_participants <= self._people()

    def join(self, participant: Participant) -> rtc.JoinResponse:
        """Let somebody in, and give what the newcomer is told first."""
        others = [one.info for one in self._seen() if one is not participant]
        self.participants[participant.identity] = participant
        self._has_been_joined |= not participant.is_dependent
        participant.peer = Peer(
            self._around.port,
            self._around.certificate,
            on_data=participant.received,
            on_open=participant.opened,
        )
        self._count_soon()
        self._announce(participant)
        return rtc.JoinResponse(
            room=self.info, participant=participant.info, other_participants=others
        )

    def resumed(self, participant: Participant) -> None:
        """Bring a participant up to date whose signal connection was lost for a while."""
        everybody = rtc.ParticipantUpdate(participants=[one.info for one in self._seen()])
        participant.signal(rtc.SignalResponse(update=everybody))
        participant.signal(rtc.SignalResponse(room_update=rtc.RoomUpdate(room=self.info)))

    def became_active(self, participant: Participant) -> None:
        """Tell the others, with the next batch, that a data connection is open."""
        self._announce(participant)

    def changed(self, participant: Participant) -> None:
        """Tell everybody at once that a participant's name, data or permissions have changed."""
        news = News(info=participant.snapshot())
        self._count_soon()
        self._around.on_claims_changed(participant)
        if participant.is_hidden:
            self._tell([news], [participant])
        else:
            self._tell(self._batch.add(news, urgent=True), self.participants.values())

    def relay(
        self, packet: models.DataPacket, *, reliable: bool, source: Participant | None
    ) -> None:
        """Pass a packet on to those whom it names, or to everybody but its source."""
        wanted = set(packet.destination_identities)
        sids = set(packet.user.destination_sids) if packet.HasField("user") else set()
        data = b""
        for participant in self.participants.values():
            if participant is source:
                continue
            if (wanted or sids) and not (
                participant.identity in wanted or participant.info.sid in sids
            ):
                continue
            data = data or packet.SerializeToString()
            participant.deliver(data, reliable=reliable)

    def remove(
        self,
        participant: Participant,
        reason: models.DisconnectReason,
        *,
        tell: bool = True,
    ) -> None:
        """Put a participant out, once.

        Args:
            participant: Whom.
            reason: What it and the others are told.
            tell: Whether the participant itself is told; not if it said so itself.
        """
        if participant.gone.is_set():
            return
        participant.gone.set()
        if self.participants.get(participant.identity) is participant:
            del self.participants[participant.identity]
        participant.info.state = models.ParticipantInfo.DISCONNECTED
        participant.info.disconnect_reason = reason
        self._last_left_s = int(time.time())
        if tell:
            leave = rtc.LeaveRequest(reason=reason, action=rtc.LeaveRequest.DISCONNECT)
            participant.signal(rtc.SignalResponse(leave=leave))
        if participant.link is not None:
            participant.link.close()
            participant.link = None
        self._around.tasks.start(_hang_up(participant))
        if not self.is_closed:
            self._count_soon()
            self._announce(participant, replaced=reason == models.DUPLICATE_IDENTITY)
        if job := self.jobs.pop(participant.identity, None):
            self._around.on_agent_left(job)

    def set_metadata(self, metadata: str) -> None:
        """Change the room's data, and tell everybody at once."""
        self.info.metadata = metadata
        self._publish_count()
        self._tell_room()

    def idle_out(self, now_s: int) -> bool:
        """Tell whether the room has been without people for longer than it may be.

        Args:
            now_s: Whole seconds since the epoch: the real server counts no finer.
        """
        if self._people():
            return False
        if self._has_been_joined and self._last_left_s:
            return now_s - self._last_left_s >= self.info.departure_timeout
        return now_s - self.info.creation_time >= self.info.empty_timeout

    def close(self, reason: models.DisconnectReason) -> None:
        """End the room with everybody in it."""
        self.is_closed = True
        for timer in (self._batch_timer, self._count_timer):
            if timer is not None:
                timer.cancel()
        self._batch_timer = self._count_timer = None
        for participant in list(self.participants.values()):
            self.remove(participant, reason)

    def _people(self) -> int:
        return sum(not one.is_dependent for one in self.participants.values())

    def _seen(self) -> Iterable[Participant]:
        return (one for one in self.participants.values() if not one.is_hidden)

    def _announce(self, participant: Participant, *, replaced: bool = False) -> None:
        if participant.is_hidden:
            return
        news = News(info=participant.snapshot(), replaced=replaced)
        others = [one for one in self.participants.values() if one is not participant]
        self._tell(self._batch.add(news, urgent=False), others)
        if len(self._batch) and self._batch_timer is None:
            period = self._around.delays.presence_s
            due = next_tick(self._started, self._loop.time(), period)
            self._batch_timer = self._loop.call_at(due, self._tell_batch)

    def _tell_batch(self) -> None:
        self._batch_timer = None
        self._tell(self._batch.take(), self.participants.values())

    def _tell(self, news: list[News], whom: Iterable[Participant]) -> None:
        told = [one.info for one in news if not one.replaced]
        if not told:
            return
        update = rtc.ParticipantUpdate(participants=told)
        message = rtc.SignalResponse(update=update).SerializeToString()
        for participant in whom:
            if participant.link is not None:
                participant.link.send(message)

    def _count_soon(self) -> None:
        if self._count_timer is None:
            due = self._count.due(self._loop.time())
            self._count_timer = self._loop.call_at(due, self._count_now)

    def _count_now(self) -> None:
        self._count_timer = None
        if self._publish_count():
            self._tell_room()

    def _publish_count(self) -> bool:
        is_new = self._count.publish(self._loop.time(), self._people())
        self.info.num_participants = self._count.value
        return is_new

    def _tell_room(self) -> None:
        update = rtc.RoomUpdate(room=self.info)
        message = rtc.SignalResponse(room_update=update).SerializeToString()
        for participant in self.participants.values():
            if participant.link is not None:
                participant.link.send(message)


async def _hang_up(participant: Participant) -> None:
    """Close the data connection, later than the client does it."""
    if participant.peer is not None:
        await participant.peer.closed_by_client(_HANG_UP_S)
        await participant.peer.close()
