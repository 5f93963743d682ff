"""The signal connections of clients: `/rtc/v1`, one websocket each."""

from __future__ import annotations

import asyncio
import logging
import time

import msgspec
from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import models, room, rtc

from lktui.sandbox.access import Access, AccessError, Grants, Video
from lktui.sandbox.directory import MAX_PARTICIPANTS, Directory, LimitError
from lktui.sandbox.identity import SERVER_INFO
from lktui.sandbox.join_request import read_join_request
from lktui.sandbox.participants import Participant
from lktui.sandbox.requests import Requests
from lktui.sandbox.rooms import Room
from lktui.sandbox.sdp import SdpError
from lktui.sandbox.sockets import Socket

_log = logging.getLogger(__name__)

# The real server's; 0 would make the SDK abort (facts/livekit.md section 7).
_PING_INTERVAL_S = 5
_PING_TIMEOUT_S = 15
_TOKEN_S = 600.0
_TOKEN_RENEWED_S = 300.0
_TRAILER = b"\0"
_MAX_NAME = 256


class Signalling:
    """Lets clients in, and handles what they ask.

    Args:
        access: Checks their tokens.
        directory: The rooms.
        requests: What clients can ask once they are in.
    """

    def __init__(self, access: Access, directory: Directory, requests: Requests) -> None:
        self._access, self._directory, self._requests = access, directory, requests

    async def validate(self, request: web.Request) -> web.Response:
        """Say what is wrong with a request to join: the SDK asks when its websocket is refused."""
        try:
            self._check(request)
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        return web.Response(text="success")

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one signal connection from its beginning to its end."""
        try:
            grants, asked = self._check(request)
            found = self._room(grants)
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        if not web.WebSocketResponse().can_prepare(request).ok:
            return web.Response(status=404)
        socket = Socket(f"the signal connection of a client in {found.info.sid}")
        response = await socket.open(request)
        try:
            if found.is_closed:  # while the websocket was opened
                found = self._room(grants)
            participant = self._enter(found, grants, asked, socket)
            if participant is not None:
                await self._serve(found, participant, asked, socket)
        except AccessError as error:
            await socket.refuse(error.message)
        finally:
            await socket.finish()
        return response

    def sweep_token(self, participant: Participant) -> None:
        """Give a participant a new token when its last one has grown old."""
        now = asyncio.get_running_loop().time()
        if now - participant.token_renewed > _TOKEN_RENEWED_S:
            self.renew_token(participant)

    def renew_token(self, participant: Participant) -> None:
        """Give a participant a token that says what it is now, with which the SDK reconnects."""
        participant.token_renewed = asyncio.get_running_loop().time()
        grants = msgspec.structs.replace(
            participant.grants,
            name=participant.info.name,
            metadata=participant.info.metadata,
            attributes=dict(participant.info.attributes),
        )
        token = self._access.sign(grants, _TOKEN_S)
        participant.signal(rtc.SignalResponse(refresh_token=token))

    def _check(self, request: web.Request) -> tuple[Grants, rtc.JoinRequest]:
        header = request.headers.get("Authorization")
        grants = self._access.grants(header, request.query.get("access_token"), time.time())
        name = grants.require_join()
        for text in (name, grants.identity):
            if len(text) > _MAX_NAME:
                raise AccessError(f"name length exceeds limits: max length {_MAX_NAME}", 400)
        asked = read_join_request(request.query.get("join_request"))
        return _extended(grants, asked), asked

    def _room(self, grants: Grants) -> Room:
        try:
            found = self._directory.get_or_create(_wanted_room(grants))
        except LimitError as error:
            raise AccessError(f"resource exhausted: {error}", 503) from error
        if len(found.participants) >= MAX_PARTICIPANTS:
            raise AccessError(f"more than {MAX_PARTICIPANTS} participants", 503)
        if found.is_full and grants.identity not in found.participants:
            raise AccessError("room has exceeded its max participants", 500)
        return found

    def _enter(
        self, found: Room, grants: Grants, asked: rtc.JoinRequest, socket: Socket
    ) -> Participant | None:
        """Let a client in, anew or again; None where it cannot go on where it was."""
        present = found.participants.get(grants.identity)
        if asked.reconnect:
            if present is None or (asked.participant_sid not in {"", present.info.sid}):
                _send(socket, rtc.SignalResponse(leave=_start_anew()))
                return None
            _resume(found, present, socket)
            return present
        if present is not None:
            found.remove(present, models.DUPLICATE_IDENTITY)
        participant = Participant(found, grants, socket, asked.client_info.client_protocol)
        joined = found.join(participant)
        joined.server_info.CopyFrom(SERVER_INFO)
        joined.server_version = SERVER_INFO.version
        joined.ping_interval, joined.ping_timeout = _PING_INTERVAL_S, _PING_TIMEOUT_S
        joined.fast_publish, joined.sif_trailer = True, _TRAILER
        participant.signal(rtc.SignalResponse(join=joined))
        self.renew_token(participant)
        return participant

    async def _serve(
        self, found: Room, participant: Participant, asked: rtc.JoinRequest, socket: Socket
    ) -> None:
        try:
            for request in _asked_at_once(asked):
                self._requests.handle(found, participant, request)
            async for message in socket.messages():
                request = rtc.SignalRequest.FromString(message)
                self._requests.handle(found, participant, request)
        except (DecodeError, SdpError) as error:
            await socket.refuse(f"a malformed request: {error}")
            if not participant.is_active:
                found.remove(participant, models.JOIN_FAILURE)
        finally:
            if participant.link is socket:
                participant.link = None
                participant.unlinked = asyncio.get_running_loop().time()


def _asked_at_once(asked: rtc.JoinRequest) -> list[rtc.SignalRequest]:
    """Give the requests that come with the one to join."""
    requests = [rtc.SignalRequest(add_track=track) for track in asked.add_track_requests]
    if asked.HasField("publisher_offer"):
        requests.append(rtc.SignalRequest(offer=asked.publisher_offer))
    return requests


def _extended(grants: Grants, asked: rtc.JoinRequest) -> Grants:
    """Add what the client says of itself, if its token lets it."""
    if not asked.metadata and not asked.participant_attributes:
        return grants
    if not (grants.video or Video()).can_update_own_metadata:
        raise AccessError("permissions denied")
    named = {key: value for key, value in asked.participant_attributes.items() if value}
    return msgspec.structs.replace(
        grants,
        metadata=asked.metadata or grants.metadata,
        attributes={**grants.attributes, **named},
    )


def _wanted_room(grants: Grants) -> room.CreateRoomRequest:
    """Read the room's options from a token; they count only if the join creates the room."""
    wanted = room.CreateRoomRequest(name=grants.require_join())
    if grants.room_config is None:
        return wanted
    options = room.RoomConfiguration()
    try:
        json_format.ParseDict(grants.room_config, options, ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise AccessError(f"invalid room configuration: {error}", 400) from error
    wanted.empty_timeout = options.empty_timeout
    wanted.departure_timeout = options.departure_timeout
    wanted.max_participants = options.max_participants
    wanted.metadata = options.metadata
    wanted.agents.extend(options.agents)
    return wanted


def _resume(found: Room, participant: Participant, socket: Socket) -> None:
    if participant.link is not None:
        participant.link.close()
    participant.link, participant.unlinked = socket, None
    again = rtc.ReconnectResponse(server_info=SERVER_INFO)
    participant.signal(rtc.SignalResponse(reconnect=again))
    found.resumed(participant)


def _start_anew() -> rtc.LeaveRequest:
    return rtc.LeaveRequest(reason=models.STATE_MISMATCH, action=rtc.LeaveRequest.RECONNECT)


def _send(socket: Socket, message: rtc.SignalResponse) -> None:
    socket.send(message.SerializeToString())
    socket.close()
