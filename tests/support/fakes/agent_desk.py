"""A server that knows the worker protocol only: what a test sends, and what workers answered."""

from __future__ import annotations

import asyncio
from typing import Self

from aiohttp import WSMsgType, web
from livekit.protocol import agent as proto
from livekit.protocol import models

from lktui.sandbox.agents.server import Server
from tests.support.waiting import PATIENCE_S


class AgentDesk:
    """One server on a free port; a context manager that ends it."""

    def __init__(self) -> None:
        self.received: list[proto.WorkerMessage] = []
        self.refuses = False
        """Answers 401 to whoever comes."""
        self.url = ""
        self._arrived = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None
        self._runner: web.AppRunner | None = None

    @property
    def server(self) -> Server:
        """What workers need to know of it."""
        return Server(self.url, "devkey", "secret")

    async def send(self, message: proto.ServerMessage | bytes) -> None:
        """Send to the worker that came last."""
        assert self._socket is not None
        body = message if isinstance(message, bytes) else message.SerializeToString()
        await self._socket.send_bytes(body)

    async def offer(self, job: str, room: str = "a room") -> proto.AvailabilityResponse:
        """Offer a job and give the answer."""
        await self.send(proto.ServerMessage(availability=_request(job, room)))
        await self.until("availability", job)
        return next(
            message.availability
            for message in reversed(self.received)
            if message.availability.job_id == job
        )

    async def assign(self, job: str, room: str = "a room") -> None:
        """Give a job to the worker."""
        assignment = proto.JobAssignment(job=_request(job, room).job, token="a token")
        await self.send(proto.ServerMessage(assignment=assignment))

    async def terminate(self, job: str) -> None:
        """End a job."""
        termination = proto.JobTermination(job_id=job)
        await self.send(proto.ServerMessage(termination=termination))

    async def until(self, kind: str, job: str = "", *, count: int = 1) -> None:
        """Wait until so many messages of a kind have come, of a job if one is given."""
        async with asyncio.timeout(PATIENCE_S):
            while sum(_is(message, kind, job) for message in self.received) < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def drop(self) -> None:
        """Cut the connection of the worker that came last."""
        assert self._socket is not None
        await self._socket.close()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/agent", self._on_worker)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _on_worker(self, request: web.Request) -> web.StreamResponse:
        if self.refuses or not request.headers["Authorization"].startswith("Bearer "):
            return web.Response(status=401)
        self._socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is WSMsgType.BINARY:
                message = proto.WorkerMessage.FromString(frame.data)
                if message.WhichOneof("message") == "register":
                    answer = proto.RegisterWorkerResponse(worker_id="AW_1")
                    await self.send(proto.ServerMessage(register=answer))
                self.received.append(message)
                self._arrived.set()
        return socket


def _request(job: str, room: str) -> proto.AvailabilityRequest:
    return proto.AvailabilityRequest(job=proto.Job(id=job, room=models.Room(name=room)))


def _is(message: proto.WorkerMessage, kind: str, job: str) -> bool:
    if message.WhichOneof("message") != kind:
        return False
    return not job or getattr(message, kind).job_id == job
