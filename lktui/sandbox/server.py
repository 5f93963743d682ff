"""The server: everything wired together behind one port."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from http import HTTPStatus
from pathlib import Path

import msgspec
from aiohttp import web
from aiortc import RTCCertificate
from livekit.protocol import room

from lktui.sandbox.access import Access, AccessError
from lktui.sandbox.delays import Delays
from lktui.sandbox.directory import Directory
from lktui.sandbox.dispatch import Dispatcher
from lktui.sandbox.dispatch_service import DispatchService
from lktui.sandbox.fault_desk import DroppedError, FaultDesk
from lktui.sandbox.faults import AnyFault, State
from lktui.sandbox.ice import HOST, UdpPort
from lktui.sandbox.participants import Participant
from lktui.sandbox.requests import Requests
from lktui.sandbox.room_service import RoomService
from lktui.sandbox.rooms import Room, Surroundings
from lktui.sandbox.signalling import Signalling
from lktui.sandbox.twirp import Twirp, TwirpError
from lktui.sandbox.worker_socket import WorkerSocket
from lktui.sandbox.workers import Workers
from lktui.tasks import Tasks

_MAX_BODY_BYTES = 8 << 20
# A join request is in the address of the request, with an offer of several kilobytes in it.
_MAX_LINE_BYTES = 256 << 10
_END_S = 0.1


class Sandbox:
    """One server.

    Args:
        access: Its key and secret.
        delays: How late it is.
    """

    def __init__(self, access: Access, delays: Delays) -> None:
        self._access = access
        self._tasks = Tasks("the server")
        self._workers = Workers(access)
        self._dispatcher = Dispatcher(self._workers, delays, self._tasks)
        self._port = UdpPort()
        around = Surroundings(
            delays=delays,
            port=self._port,
            certificate=RTCCertificate.generateCertificate(),
            tasks=self._tasks,
            on_agent_left=self._dispatcher.agent_left,
            on_claims_changed=self._renew_token,
        )
        self._directory = Directory(
            around,
            on_created=self._created,
            sweep_token=self._sweep_token,
        )
        self._signalling = Signalling(access, self._directory, Requests(self._tasks))
        self._faults = FaultDesk(self._directory)
        self._twirp = Twirp(
            access,
            {
                "RoomService": RoomService(self._directory, delays).methods(),
                "AgentDispatchService": DispatchService(
                    self._directory, self._dispatcher, delays
                ).methods(),
            },
            before=self._faults.before,
            after=self._faults.after,
        )
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Listen.

        Args:
            port: On loopback; 0 is any.

        Returns:
            The port.

        Raises:
            OSError: The port cannot be had.
        """
        runner = web.AppRunner(
            self._application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_END_S,
            max_line_size=_MAX_LINE_BYTES,
            max_field_size=_MAX_LINE_BYTES,
        )
        await runner.setup()
        self._runner = runner
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        self._tasks.start(self._directory.sweep_for_ever())
        number: int = runner.addresses[0][1]
        return number

    async def close(self) -> None:
        """End everything; clients see that the connection is lost."""
        await self._tasks.cancel()
        self._port.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=_MAX_BODY_BYTES)
        workers = WorkerSocket(self._access, self._workers, self._dispatcher.census.forget)
        application.add_routes(
            [
                web.get("/", _alive),
                web.get("/rtc/v1", self._signalling.connect),
                web.get("/rtc/v1/validate", self._signalling.validate),
                web.get("/rtc", _old_protocol),
                web.get("/rtc/validate", _old_protocol),
                web.get("/agent", workers.connect),
                web.post("/twirp/livekit.{service}/{method}", self._call),
                web.post("/sandbox/faults", self._fault),
                web.get("/sandbox/state", self._state),
            ]
        )
        return application

    def _created(self, made: Room, request: room.CreateRoomRequest) -> None:
        self._dispatcher.create_all(made, request.agents)

    def _renew_token(self, participant: Participant) -> None:
        self._signalling.renew_token(participant)

    def _sweep_token(self, participant: Participant) -> None:
        self._signalling.sweep_token(participant)

    async def _call(self, request: web.Request) -> web.Response:
        try:
            return await self._twirp.serve(request)
        except DroppedError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

    async def _fault(self, request: web.Request) -> web.Response:
        try:
            self._admit(request)
            self._faults.ask(msgspec.json.decode(await request.read(), type=AnyFault))
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        except TwirpError as error:
            return web.Response(status=error.status, text=error.message)
        except msgspec.DecodeError as error:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=str(error))
        return web.Response(text="{}")

    async def _state(self, request: web.Request) -> web.Response:
        try:
            self._admit(request)
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        gc.collect()
        rooms = self._directory.rooms.values()
        state = State(
            rooms=len(rooms),
            participants=sum(len(one.participants) for one in rooms),
            workers=len(self._workers),
            connections=len(self._port),
            tasks=len(asyncio.all_tasks()),
            objects=len(gc.get_objects()),
            rss_bytes=_rss_bytes(),
        )
        return web.Response(body=msgspec.json.encode(state), content_type="application/json")

    def _admit(self, request: web.Request) -> None:
        header = request.headers.get("Authorization")
        self._access.grants(header, None, time.time()).require_create()


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="OK")


async def _old_protocol(_request: web.Request) -> web.Response:
    text = "unimplemented: the sandbox speaks the signal protocol of /rtc/v1 only"
    return web.Response(status=HTTPStatus.NOT_IMPLEMENTED, text=text)


def _rss_bytes() -> int:
    """Read the size of the process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
