"""Where faults on request are taken in, kept and carried out."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import deque
from collections.abc import Callable

import msgspec
from livekit.protocol import models

from lktui.sandbox.directory import Directory
from lktui.sandbox.faults import (
    AnyFault,
    CutSignal,
    DelayCall,
    Die,
    DropCall,
    Freeze,
    RefuseCall,
    SendText,
)
from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.rooms import Room
from lktui.sandbox.twirp import TwirpError

_log = logging.getLogger(__name__)

# So that the request for it is answered before.
_SOON_S = 0.05
_MAX_WAITING = 1000
_CHUNK_BYTES = 15_000
ANY = "*"

CallFault = RefuseCall | DelayCall | DropCall


class DroppedError(Exception):
    """The connection of the call is to be cut."""


class CallFaults:
    """The faults that wait for their calls; pure."""

    def __init__(self) -> None:
        self._waiting: deque[CallFault] = deque(maxlen=_MAX_WAITING)

    def add(self, fault: CallFault) -> None:
        """Keep a fault for its next calls."""
        self._waiting.append(fault)

    def take(self, method: str, *, after: bool = False) -> list[CallFault]:
        """Give what is to happen to this call, and count it.

        Args:
            method: Which is called.
            after: Whether the call has already been done.
        """
        kept: deque[CallFault] = deque(maxlen=_MAX_WAITING)
        taken = []
        for fault in self._waiting:
            is_after = isinstance(fault, DropCall) and fault.done
            if fault.method not in {method, ANY} or is_after is not after:
                kept.append(fault)
                continue
            taken.append(fault)
            if fault.times > 1:
                kept.append(msgspec.structs.replace(fault, times=fault.times - 1))
        self._waiting = kept
        return taken


class FaultDesk:
    """Carries faults out.

    Args:
        directory: The rooms.
        die: Ends the process at once.
    """

    def __init__(self, directory: Directory, die: Callable[[], None] = lambda: os._exit(1)) -> None:
        self._directory, self._die = directory, die
        self._calls = CallFaults()

    def ask(self, fault: AnyFault) -> None:
        """Take a fault in.

        Raises:
            TwirpError: What it is about is not there.
        """
        _log.info("asked for %r", type(fault).__name__)
        match fault:
            case RefuseCall() | DelayCall() | DropCall():
                self._calls.add(fault)
            case CutSignal():
                self._cut(fault)
            case Freeze():
                # Blocks the loop, which is what is asked for.
                asyncio.get_running_loop().call_later(_SOON_S, time.sleep, fault.duration_s)
            case Die():
                asyncio.get_running_loop().call_later(_SOON_S, self._die)
            case SendText():
                room = self._room(fault.room)
                for packet in text_packets(fault):
                    room.relay(packet, reliable=True, source=None)

    async def before(self, method: str) -> None:
        """Let happen to a call what is to happen before it is done.

        Raises:
            TwirpError: It is refused.
            DroppedError: It is lost.
        """
        for fault in self._calls.take(method):
            match fault:
                case DelayCall():
                    await asyncio.sleep(fault.delay_s)
                case RefuseCall():
                    raise TwirpError(fault.code, fault.message)
                case DropCall():
                    raise DroppedError(method)

    async def after(self, method: str) -> None:
        """Let happen to a call what is to happen after it was done.

        Raises:
            DroppedError: Its answer is lost.
        """
        for _ in self._calls.take(method, after=True):
            raise DroppedError(method)

    def _cut(self, fault: CutSignal) -> None:
        participant = self._room(fault.room).participants.get(fault.identity)
        if participant is None:
            raise TwirpError("not_found", "participant does not exist")
        if participant.link is not None:
            participant.link.cut()

    def _room(self, name: str) -> Room:
        room = self._directory.rooms.get(name)
        if room is None:
            raise TwirpError("not_found", "requested room does not exist")
        return room


def text_packets(fault: SendText) -> list[models.DataPacket]:
    """Make the packets of a text stream: header, chunks, trailer."""
    stream = new_id(Prefix.STREAM)
    header = models.DataStream.Header(
        stream_id=stream,
        timestamp=int(time.time() * 1000),
        topic=fault.topic,
        mime_type="text/plain",
        attributes=fault.attributes,
        text_header=models.DataStream.TextHeader(),
    )
    packets = [models.DataPacket(stream_header=header)]
    for index, start in enumerate(range(0, len(fault.content), _CHUNK_BYTES)):
        piece = fault.content[start : start + _CHUNK_BYTES]
        chunk = models.DataStream.Chunk(stream_id=stream, chunk_index=index, content=piece)
        packets.append(models.DataPacket(stream_chunk=chunk))
    trailer = models.DataStream.Trailer(stream_id=stream)
    packets.append(models.DataPacket(stream_trailer=trailer))
    for packet in packets:
        packet.kind = models.DataPacket.RELIABLE
        packet.participant_identity = fault.sender
    return packets
