"""One participant: what it is, its signal connection and its data connection."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Protocol

import msgspec
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from lktui.sandbox.access import Grants, Video
from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.packets import Sender, stamp
from lktui.sandbox.peer import Peer

_log = logging.getLogger(__name__)

_BACKLOG = 1000


class SignalLink(Protocol):
    """A signal connection, as far as a participant needs it."""

    def send(self, message: bytes) -> None:
        """Send a serialised SignalResponse, some time soon."""
        ...

    def close(self) -> None:
        """End it when all has been sent."""
        ...

    def cut(self) -> None:
        """End it at once, without a word."""
        ...


class Home(Protocol):
    """A room, as far as its participants need it."""

    def became_active(self, participant: Participant) -> None:
        """Note that a participant's data connection is open."""
        ...

    def relay(
        self, packet: models.DataPacket, *, reliable: bool, source: Participant | None
    ) -> None:
        """Pass a packet on."""
        ...

    def remove(
        self,
        participant: Participant,
        reason: models.DisconnectReason,
        *,
        tell: bool = True,
    ) -> None:
        """Put a participant out; `tell` says it to the participant itself."""
        ...


class Participant:
    """Somebody in a room, from the join to the leave.

    Args:
        home: The room.
        grants: What the token says.
        link: The signal connection.
        client_protocol: What the client's SDK speaks among clients.
    """

    def __init__(
        self, home: Home, grants: Grants, link: SignalLink, client_protocol: int = 0
    ) -> None:
        self._home = home
        self.grants = grants
        self.info = _described(grants, client_protocol)
        self.link: SignalLink | None = link
        self.peer: Peer | None = None
        self.gone = asyncio.Event()
        now = asyncio.get_running_loop().time()
        self.joined = now
        self.unlinked: float | None = None
        """Since when there has been no signal connection, on the loop's clock."""
        self.token_renewed = now
        self._backlog: deque[tuple[bytes, bool]] = deque(maxlen=_BACKLOG)
        self._last_sequence = 0

    @property
    def identity(self) -> str:
        """Its name, one of a kind in the room."""
        return self.info.identity

    @property
    def is_active(self) -> bool:
        """Whether its data connection is or has been open."""
        return self.info.state == models.ParticipantInfo.ACTIVE

    @property
    def is_hidden(self) -> bool:
        """Whether nobody is told of it."""
        return self.info.permission.hidden

    @property
    def is_dependent(self) -> bool:
        """Whether it neither holds the room open nor is counted: agents, and who may be one."""
        video = self.grants.video or Video()
        helper_kinds = (models.ParticipantInfo.AGENT, models.ParticipantInfo.EGRESS)
        return self.info.kind in helper_kinds or video.agent or video.recorder

    def signal(self, message: rtc.SignalResponse) -> None:
        """Tell the client something; without a signal connection it is lost."""
        if self.link is not None:
            self.link.send(message.SerializeToString())

    def answer_offer(self, offer: rtc.SessionDescription) -> None:
        """Answer a session description.

        Raises:
            SdpError: It cannot be used.
        """
        if self.peer is None:
            return
        answer = self.peer.answer(offer.sdp)
        described = rtc.SessionDescription(type="answer", sdp=answer, id=offer.id)
        self.signal(rtc.SignalResponse(answer=described))

    def opened(self) -> None:
        """Note that the data connection is open, and send what has come for it so far."""
        if self.gone.is_set() or self.is_active:
            return
        self.info.state = models.ParticipantInfo.ACTIVE
        while self._backlog:
            data, reliable = self._backlog.popleft()
            self.deliver(data, reliable=reliable)
        self._home.became_active(self)

    def received(self, data: bytes, reliable: bool) -> None:  # noqa: FBT001 - a peer's callback
        """Take a packet from the client, and pass it on if the client may send any."""
        if self.gone.is_set() or not self.info.permission.can_publish_data:
            return
        try:
            packet = models.DataPacket.FromString(data)
        except DecodeError as error:
            _log.warning("%s sent a malformed data packet and is out: %s", self.info.sid, error)
            self._home.remove(self, models.STATE_MISMATCH)
            return
        if reliable and packet.sequence:
            # After a resume the SDK sends again what it does not know to have arrived.
            if packet.sequence <= self._last_sequence:
                return
            self._last_sequence = packet.sequence
        kind = models.DataPacket.RELIABLE if reliable else models.DataPacket.LOSSY
        if stamp(packet, self._sender(), kind):
            self._home.relay(packet, reliable=reliable, source=self)

    def deliver(self, data: bytes, *, reliable: bool) -> None:
        """Send a serialised packet; one that comes before the connection is open waits for it."""
        if self.peer is not None and self.is_active:
            self.peer.send(data, reliable=reliable)
        elif reliable:
            self._backlog.append((data, reliable))

    def change(self, name: str, metadata: str, attributes: dict[str, str]) -> None:
        """Take over what is not empty; an attribute that is set to nothing is deleted."""
        if name:
            self.info.name = name
        if metadata:
            self.info.metadata = metadata
        for key, value in attributes.items():
            if value:
                self.info.attributes[key] = value
            else:
                self.info.attributes.pop(key, None)

    def permit(self, permission: models.ParticipantPermission) -> None:
        """Let it do this and nothing else from now on."""
        self.info.permission.CopyFrom(permission)
        video = msgspec.structs.replace(
            self.grants.video or Video(),
            can_subscribe=permission.can_subscribe,
            can_publish=permission.can_publish,
            can_publish_data=permission.can_publish_data,
            can_update_own_metadata=permission.can_update_metadata,
            hidden=permission.hidden,
        )
        self.grants = msgspec.structs.replace(self.grants, video=video)

    def snapshot(self) -> models.ParticipantInfo:
        """Copy what is known, under a version that is newer than all before."""
        self.info.version += 1
        copy = models.ParticipantInfo()
        copy.CopyFrom(self.info)
        return copy

    def _sender(self) -> Sender:
        return Sender(
            identity=self.identity,
            sid=self.info.sid,
            hidden=self.is_hidden,
            is_agent=self.info.kind == models.ParticipantInfo.AGENT,
        )


def _described(grants: Grants, client_protocol: int) -> models.ParticipantInfo:
    video = grants.video or Video()
    may_publish = video.can_publish is not False
    may_publish_data = may_publish if video.can_publish_data is None else video.can_publish_data
    kind = grants.kind.upper()
    is_known = kind in models.ParticipantInfo.Kind.keys()  # noqa: SIM118 - no dict
    return models.ParticipantInfo(
        sid=new_id(Prefix.PARTICIPANT),
        identity=grants.identity,
        name=grants.name,
        metadata=grants.metadata,
        attributes=grants.attributes,
        state=models.ParticipantInfo.JOINED,
        joined_at=int(time.time()),
        joined_at_ms=int(time.time() * 1000),
        kind=kind if is_known else models.ParticipantInfo.STANDARD,
        client_protocol=client_protocol,
        permission=models.ParticipantPermission(
            can_subscribe=video.can_subscribe is not False,
            can_publish=may_publish,
            can_publish_data=may_publish_data,
            can_update_metadata=video.can_update_own_metadata is True,
            hidden=video.hidden,
            recorder=video.recorder,
            agent=video.agent,
        ),
    )
