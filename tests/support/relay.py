"""Stands before a server of this machine: speaks TLS for it, or changes what it answers."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from typing import Self

_CHUNK_BYTES = 1 << 16
_DATE = re.compile(rb"(?im)^(date: )([^\r\n]*)")


def _same(content: bytes) -> bytes:
    return content


def with_clock(off_s: float) -> Callable[[bytes], bytes]:
    """Make the answers of a server whose clock is off; positive: it is ahead."""

    def altered(content: bytes) -> bytes:
        return _DATE.sub(lambda found: found[1] + _later(found[2], off_s), content)

    return altered


def _later(date: bytes, off_s: float) -> bytes:
    moment = parsedate_to_datetime(date.decode()).timestamp() + off_s
    return formatdate(moment, usegmt=True).encode()


class Relay:
    """Passes bytes on to a port of 127.0.0.1 and back; a context manager that always ends it."""

    def __init__(
        self,
        to_port: int,
        *,
        tls: ssl.SSLContext | None = None,
        answers: Callable[[bytes], bytes] = _same,
    ) -> None:
        """Choose what it does.

        Args:
            to_port: Whom it stands for.
            tls: Speaks TLS with this; None: as the server does.
            answers: Changes each piece that comes back.
        """
        self._to_port, self._tls, self._answers = to_port, tls, answers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self._tls)

    async def _close(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._pass_on(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copied(reader, there_writer, _same))
                both.create_task(_copied(there_reader, writer, self._answers))
        finally:
            there_writer.close()
            writer.close()


async def _copied(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, altered: Callable[[bytes], bytes]
) -> None:
    try:
        while content := await reader.read(_CHUNK_BYTES):
            writer.write(altered(content))
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
    except ConnectionError:
        writer.close()
