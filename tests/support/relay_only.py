"""Stands before a livekit-server and has its clients use TURN only, as a strict firewall would."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Self

import aiohttp
from aiohttp import web
from livekit.protocol import models, rtc

_HOP_BY_HOP = frozenset({"host", "connection", "upgrade", "transfer-encoding", "content-length"})


class RelayOnly:
    """Passes everything on but the way that media take; a context manager that always ends it.

    Args:
        to_port: The server's, at 127.0.0.1.
    """

    def __init__(self, to_port: int) -> None:
        self._there = f"http://127.0.0.1:{to_port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._client = aiohttp.ClientSession(self._there)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._client.close()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP and not name.lower().startswith("sec-websocket")
        }
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._signal(request, headers)
        content = await request.read()
        async with self._client.request(
            request.method, request.raw_path, headers=headers, data=content
        ) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={"Content-Type": answer.headers.get("Content-Type", "text/plain")},
            )

    async def _signal(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        here = web.WebSocketResponse()
        async with self._client.ws_connect(request.raw_path, headers=headers) as there:
            await here.prepare(request)
            ways = (
                asyncio.ensure_future(_copied(here, there.send_bytes, _same)),
                asyncio.ensure_future(_copied(there, here.send_bytes, _by_relay)),
            )
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        return here


async def _copied(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    send: Callable[[bytes], Awaitable[None]],
    altered: Callable[[bytes], bytes],
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.BINARY:
            await send(altered(message.data))


def _same(content: bytes) -> bytes:
    return content


def _by_relay(content: bytes) -> bytes:
    answer = rtc.SignalResponse.FromString(content)
    if answer.WhichOneof("message") != "join":
        return content
    answer.join.client_configuration.force_relay = models.ClientConfigSetting.ENABLED
    return answer.SerializeToString()
