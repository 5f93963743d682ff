"""One worker: registers under an agent's name, takes jobs, comes back to a server it has lost.

Jobs are tasks of their own: one that fails is logged and reported, and touches nothing else. They
outlive the worker's connection, as they outlive the server with LiveKit's own workers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from http import HTTPStatus

import aiohttp
from livekit.protocol import agent as proto

from lktui.clock import Clock
from lktui.core.sanitize import clean, clean_detail
from lktui.sandbox.agents import worker_wire as wire
from lktui.sandbox.agents.demo_agents import Behaviour, DemoAgent, Tries
from lktui.sandbox.agents.job import CrashedError
from lktui.sandbox.agents.server import Server
from lktui.sandbox.agents.stage import StageError

MAX_JOBS = 100
MAX_FRAME_BYTES = 4 << 20
REGISTER_LIMIT_S = 10.0
STATUS_S = 5.0
HEARTBEAT_S = 10.0
"""Seconds between two pings of the connection; one without an answer ends it."""
ASSIGN_LIMIT_S = 10.0
"""A job that was accepted and is not assigned by then went to nobody."""
_WAITS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Waits between attempts to connect; the last one is repeated."""
_log = logging.getLogger(__name__)

DoJob = Callable[[DemoAgent, Behaviour, str, str, Clock], Coroutine[None, None, None]]


class RefusedError(Exception):
    """The server does not accept key or secret: trying again changes nothing."""


class Worker:
    """The worker of one demo agent.

    Args:
        agent: Whose jobs it takes.
        server: Where it registers.
        clock: Tells the time.
        do_job: Does one job; cancelled, it leaves the room before it ends.
    """

    def __init__(self, agent: DemoAgent, server: Server, clock: Clock, do_job: DoJob) -> None:
        self._agent, self._server, self._clock, self._do_job = agent, server, clock, do_job
        self._tries = Tries()
        self._accepted: dict[str, Behaviour] = {}
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.registered = asyncio.Event()
        """Set while the server knows the worker."""

    async def run(self) -> None:
        """Work until cancelled; then every agent leaves its room.

        Raises:
            RefusedError: The server does not accept the credentials.
        """
        failures = 0
        try:
            async with aiohttp.ClientSession() as http:
                while True:
                    try:
                        await self._connected(http)
                    except (aiohttp.ClientError, OSError, TimeoutError, wire.WireError) as error:
                        _log.info("%s: %s", self._agent.name, clean_detail(str(error)))
                    # One that had worked is tried again at once.
                    failures = 0 if self.registered.is_set() else failures + 1
                    self.registered.clear()
                    await self._clock.sleep(_WAITS_S[min(failures, len(_WAITS_S) - 1)])
        finally:
            await self._end_jobs()

    async def _connected(self, http: aiohttp.ClientSession) -> None:
        """Register and work until the connection ends."""
        headers = {"Authorization": f"Bearer {self._server.worker_token()}"}
        try:
            async with asyncio.timeout(REGISTER_LIMIT_S):
                socket = await http.ws_connect(
                    self._server.worker_url,
                    headers=headers,
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=MAX_FRAME_BYTES,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise RefusedError(f"{self._server.url} does not accept the key") from error
            raise
        async with socket:
            await self._register(socket)
            sending = asyncio.get_running_loop().create_task(self._send(socket))
            try:
                async for frame in socket:
                    if frame.type is aiohttp.WSMsgType.BINARY:
                        self._handle(wire.decode(frame.data))
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _register(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_bytes(wire.register(self._agent))
        frame = await socket.receive(timeout=REGISTER_LIMIT_S)
        if frame.type is not aiohttp.WSMsgType.BINARY:
            raise wire.WireError(f"no answer to the registration but {frame.type.name}")
        answer = wire.decode(frame.data)
        if answer.WhichOneof("message") != "register":
            raise wire.WireError("the first message is no answer to the registration")
        _log.info("%s: registered as %s", self._agent.name, clean(answer.register.worker_id))
        self._outbox = asyncio.Queue()
        if self._jobs:
            self._outbox.put_nowait(wire.still_running(list(self._jobs)))
        self.registered.set()

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send what there is to say, and how many jobs there are every now and then."""
        while True:
            try:
                async with asyncio.timeout(STATUS_S):
                    body = await self._outbox.get()
            except TimeoutError:
                body = wire.status(len(self._jobs))
            await socket.send_bytes(body)

    # --- what the server asks -----------------------------------------------------------------

    def _handle(self, message: proto.ServerMessage) -> None:
        match message.WhichOneof("message"):
            case "availability":
                self._offered(message.availability.job)
            case "assignment":
                self._assigned(message.assignment)
            case "termination":
                self._terminated(message.termination.job_id)
            case other:
                _log.debug("%s: %s is passed over", self._agent.name, other)

    def _offered(self, job: proto.Job) -> None:
        if len(self._jobs) + len(self._accepted) >= MAX_JOBS:
            self._outbox.put_nowait(wire.decline(job.id, for_all=False))
            return
        behaviour = self._agent.behaviour(self._tries.count(job.room.name))
        if behaviour is Behaviour.DECLINE:
            self._outbox.put_nowait(wire.decline(job.id, for_all=True))
            return
        self._accepted[job.id] = behaviour
        loop = asyncio.get_running_loop()
        loop.call_later(ASSIGN_LIMIT_S, self._accepted.pop, job.id, None)
        self._outbox.put_nowait(wire.accept(job.id, self._agent))

    def _assigned(self, assignment: proto.JobAssignment) -> None:
        job = assignment.job
        behaviour = self._accepted.pop(job.id, None)
        if behaviour is None:
            _log.info("%s: %s was not accepted; not done", self._agent.name, job.id)
            return
        url = assignment.url or self._server.url
        doing = self._do_job(self._agent, behaviour, url, assignment.token, self._clock)
        task = asyncio.get_running_loop().create_task(doing)
        self._jobs[job.id] = task
        task.add_done_callback(partial(self._ended, job.id, job.room.name, behaviour))

    def _terminated(self, job: str) -> None:
        self._accepted.pop(job, None)
        if (task := self._jobs.get(job)) is not None:
            task.cancel()

    def _ended(self, job: str, room: str, behaviour: Behaviour, task: asyncio.Task[None]) -> None:
        """Report a job's end; nothing that happens in it gets out."""
        del self._jobs[job]
        failure = None if task.cancelled() else task.exception()
        error = ""
        if failure is not None:
            error = clean_detail(str(failure)) or type(failure).__name__
            # A crash that is meant needs no trace.
            trace = None if isinstance(failure, (CrashedError, StageError)) else failure
            _log.info("%s: %s failed: %s", self._agent.name, job, error, exc_info=trace)
        elif behaviour is Behaviour.TALK:
            self._tries.forget(room)
        self._outbox.put_nowait(wire.job_ended(job, error))

    async def _end_jobs(self) -> None:
        tasks = list(self._jobs.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
