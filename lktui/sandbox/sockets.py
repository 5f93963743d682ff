"""A websocket whose messages are sent in order without anybody waiting for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from aiohttp import WSCloseCode, WSMsgType, web

_log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 4 << 20
_OUTBOX = 10_000
_CLOSE_S = 1.0


class Socket:
    """The server's side of a websocket; one that does not read what it is sent is closed.

    Args:
        name: For the log.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._websocket = web.WebSocketResponse(
            max_msg_size=MAX_MESSAGE_BYTES, timeout=_CLOSE_S, compress=False
        )
        self._outbox: asyncio.Queue[bytes | None] = asyncio.Queue(_OUTBOX)
        self._writer: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    async def open(self, request: web.Request) -> web.WebSocketResponse:
        """Answer the request for a websocket."""
        await self._websocket.prepare(request)
        self._transport = request.transport
        self._writer = asyncio.get_running_loop().create_task(self._write())
        return self._websocket

    def send(self, message: bytes) -> None:
        """Send a message, some time soon; after the end it is lost."""
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            _log.warning("%s does not read, its connection is cut", self._name)
            self.cut()

    def close(self) -> None:
        """End the connection when all has been sent."""
        try:
            self._outbox.put_nowait(None)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """End the connection at once, without a word."""
        if self._writer is not None:
            self._writer.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def messages(self) -> AsyncIterator[bytes]:
        """Give what the client sends until the connection ends."""
        async for message in self._websocket:
            if message.type is WSMsgType.BINARY:
                yield message.data
            elif message.type is WSMsgType.ERROR:
                _log.info("%s: %s", self._name, self._websocket.exception())

    async def refuse(self, why: str) -> None:
        """End the connection since what came over it makes no sense."""
        _log.warning("%s is cut off: %s", self._name, why)
        await self._websocket.close(code=WSCloseCode.INVALID_TEXT, message=why.encode()[:120])

    async def finish(self) -> None:
        """Release everything, at the end of the request."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        with contextlib.suppress(ConnectionError):
            await self._websocket.close()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while (message := await self._outbox.get()) is not None:
                await self._websocket.send_bytes(message)
            await self._websocket.close()
