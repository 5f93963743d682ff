"""Frames between the app and its engine: 4 bytes of length, then msgpack. Bytes only, no I/O.

Up go lists of events: one batch is one frame, one fold and one change on the screen. Down go
single commands. A frame that does not decode means that both ends are out of step: the link is
over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from lktui.core.commands import AnyCommand

if TYPE_CHECKING:
    from lktui.core.events import AnyEvent

PROTOCOL = 2
MAX_FRAME_BYTES = 16 << 20
_HEAD_BYTES = 4
_T = TypeVar("_T")

_encoder = msgspec.msgpack.Encoder()


class FrameError(Exception):
    """The bytes are no frame of ours; nothing after them can be trusted."""


def frame_events(events: list[AnyEvent]) -> bytes:
    """Make one frame of a batch of events."""
    return _frame(events)


def frame_command(command: AnyCommand) -> bytes:
    """Make one frame of a command."""
    return _frame(command)


def _frame(message: object) -> bytes:
    out = bytearray(_HEAD_BYTES)
    _encoder.encode_into(message, out, _HEAD_BYTES)
    size = len(out) - _HEAD_BYTES
    if size > MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {size} bytes")
    out[:_HEAD_BYTES] = size.to_bytes(_HEAD_BYTES, "big")
    return bytes(out)


class FrameReader(Generic[_T]):
    """Cuts a stream of bytes into messages."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[_T]) -> None:
        self._decoder = decoder
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[_T]:
        """Take what a read brought and give the messages that are whole now.

        Raises:
            FrameError: The bytes are no frame of ours.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEAD_BYTES:
            body = start + _HEAD_BYTES
            size = int.from_bytes(self._buffer[start:body], "big")
            if size > MAX_FRAME_BYTES:
                raise FrameError(f"a frame of {size} bytes")
            if len(self._buffer) < body + size:
                break
            try:
                message = self._decoder.decode(bytes(self._buffer[body : body + size]))
            except msgspec.MsgspecError as error:
                raise FrameError(str(error)) from error
            start = body + size
            yield message
        del self._buffer[:start]


def event_reader() -> FrameReader[list[AnyEvent]]:
    """Make the reader of the app's end."""
    from lktui.core.events import AnyEvent  # noqa: PLC0415 - all of them, not at first paint

    return FrameReader(msgspec.msgpack.Decoder(list[AnyEvent]))


def command_reader() -> FrameReader[AnyCommand]:
    """Make the reader of the engine's end."""
    return FrameReader(msgspec.msgpack.Decoder(AnyCommand))
