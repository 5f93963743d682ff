"""The connections of workers: `/agent`, one websocket each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from aiohttp import web
from google.protobuf.message import DecodeError
from livekit.protocol import agent

from lktui.sandbox.access import Access, AccessError
from lktui.sandbox.identity import SERVER_INFO
from lktui.sandbox.sockets import Socket
from lktui.sandbox.workers import MAX_WORKERS, Worker, Workers

_log = logging.getLogger(__name__)

_REGISTER_S = 10.0


class WorkerSocket:
    """Lets workers register, and handles what they say.

    Args:
        access: Checks their tokens.
        workers: Where they are kept.
        on_new_name: Called when the first worker of a name has registered.
    """

    def __init__(self, access: Access, workers: Workers, on_new_name: Callable[[], None]) -> None:
        self._access, self._workers, self._on_new_name = access, workers, on_new_name

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one worker from its beginning to its end."""
        try:
            header = request.headers.get("Authorization")
            token = request.query.get("access_token")
            self._access.grants(header, token, time.time()).require_agent()
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        if len(self._workers) >= MAX_WORKERS:
            return web.Response(status=503, text=f"more than {MAX_WORKERS} workers")
        if not web.WebSocketResponse().can_prepare(request).ok:
            return web.Response(status=404)
        socket = Socket("the connection of a worker")
        response = await socket.open(request)
        try:
            await self._serve(socket)
        except DecodeError as error:
            await socket.refuse(f"a malformed message: {error}")
        except TimeoutError:
            await socket.refuse("did not register in time")
        finally:
            await socket.finish()
        return response

    async def _serve(self, socket: Socket) -> None:
        messages = socket.messages()
        async with asyncio.timeout(_REGISTER_S):
            registration = await anext(messages, None)
        if registration is None:
            return
        asked = agent.WorkerMessage.FromString(registration)
        if not asked.HasField("register"):
            await socket.refuse("it must register first")
            return
        if asked.register.type != agent.JT_ROOM:
            await socket.refuse("unimplemented: workers for anything but rooms")
            return
        worker = Worker(socket, asked.register)
        registered = agent.RegisterWorkerResponse(worker_id=worker.id, server_info=SERVER_INFO)
        worker.send(agent.ServerMessage(register=registered))
        if self._workers.add(worker):
            self._on_new_name()
        try:
            async for message in messages:
                _handle(worker, agent.WorkerMessage.FromString(message))
        finally:
            self._workers.discard(worker)


def _handle(worker: Worker, message: agent.WorkerMessage) -> None:
    kind = message.WhichOneof("message")
    match kind:
        case "availability":
            worker.answered(message.availability)
        case "update_worker":
            worker.updated(message.update_worker)
        case "update_job":
            worker.job_updated(message.update_job)
        case "ping":
            now_ms = int(time.time() * 1000)
            pong = agent.WorkerPong(last_timestamp=message.ping.timestamp, timestamp=now_ms)
            worker.send(agent.ServerMessage(pong=pong))
        case _:
            _log.info("worker %s sent %s: unimplemented", worker.id, kind)
