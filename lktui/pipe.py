"""One end of the socketpair between a screen and its engine: frames in, frames out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from lktui.core.wire import FrameError, FrameReader

_T = TypeVar("_T")


class FrameProtocol(asyncio.Protocol, Generic[_T]):
    """Cuts what arrives into messages; all that one read brought is handed over in one turn.

    Args:
        reader: Makes messages of bytes.
        on_message: Called for each message.
        on_lost: Called once, with the error or None at end of file: the sign of death of the peer.
    """

    def __init__(
        self,
        reader: FrameReader[_T],
        on_message: Callable[[_T], None],
        on_lost: Callable[[Exception | None], None],
    ) -> None:
        self._reader, self._on_message, self._on_lost = reader, on_message, on_lost
        self._transport: asyncio.Transport | None = None
        self._fault: Exception | None = None
        self.writable = asyncio.Event()
        """Cleared while the peer does not read."""
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio's own contract
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand over every whole message."""
        try:
            for message in self._reader.feed(data):
                self._on_message(message)
        except FrameError as error:
            self._fault = error
            if self._transport is not None:
                self._transport.abort()

    def send(self, frame: bytes) -> None:
        """Write a frame; a link that is over takes nothing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def close(self) -> None:
        """Write out what is buffered, then close."""
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """Note that the peer is slow."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """Note that the peer reads again."""
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner."""
        self.writable.set()
        self._on_lost(self._fault or exc)
