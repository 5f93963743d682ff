"""LiveKit's RoomService: rooms and who is in them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from livekit.protocol import models, room

from lktui.sandbox.access import Grants
from lktui.sandbox.delays import Delays
from lktui.sandbox.directory import Directory
from lktui.sandbox.participants import Participant
from lktui.sandbox.requests import exceeded
from lktui.sandbox.rooms import Room
from lktui.sandbox.twirp import Answer, TwirpError, call

_MAX_NAME = 256


class RoomService:
    """Answers the calls of the service.

    Args:
        directory: The rooms.
        delays: How late some answers are.
    """

    def __init__(self, directory: Directory, delays: Delays) -> None:
        self._directory, self._delays = directory, delays

    def methods(self) -> Mapping[str, Answer]:
        """Give every method that is implemented, by name."""
        return {
            "CreateRoom": call(room.CreateRoomRequest, self._create_room),
            "ListRooms": call(room.ListRoomsRequest, self._list_rooms),
            "DeleteRoom": call(room.DeleteRoomRequest, self._delete_room),
            "UpdateRoomMetadata": call(room.UpdateRoomMetadataRequest, self._update_room),
            "ListParticipants": call(room.ListParticipantsRequest, self._list_participants),
            "GetParticipant": call(room.RoomParticipantIdentity, self._get_participant),
            "RemoveParticipant": call(room.RoomParticipantIdentity, self._remove_participant),
            "UpdateParticipant": call(room.UpdateParticipantRequest, self._update_participant),
            "SendData": call(room.SendDataRequest, self._send_data),
        }

    async def _create_room(self, grants: Grants, asked: room.CreateRoomRequest) -> models.Room:
        grants.require_create()
        if len(asked.name) > _MAX_NAME:
            what = f"room name length exceeds limits: max length {_MAX_NAME}"
            raise TwirpError("invalid_argument", what)
        if exceeded("", asked.metadata, {}):
            raise TwirpError("invalid_argument", "metadata size exceeds limits")
        if asked.HasField("egress"):
            raise TwirpError("internal", "egress not connected (redis required)")
        return self._directory.get_or_create(asked).info

    async def _list_rooms(
        self, grants: Grants, asked: room.ListRoomsRequest
    ) -> room.ListRoomsResponse:
        grants.require_list()
        names = set(asked.names)
        found = self._directory.rooms.values()
        return room.ListRoomsResponse(
            rooms=[one.info for one in found if not names or one.name in names]
        )

    async def _delete_room(
        self, grants: Grants, asked: room.DeleteRoomRequest
    ) -> room.DeleteRoomResponse:
        grants.require_create()
        self._directory.close(self._room(asked.room), models.ROOM_DELETED)
        return room.DeleteRoomResponse()

    async def _update_room(
        self, grants: Grants, asked: room.UpdateRoomMetadataRequest
    ) -> models.Room:
        grants.require_admin(asked.room)
        found = self._room(asked.room)
        found.set_metadata(asked.metadata)
        return found.info

    async def _list_participants(
        self, grants: Grants, asked: room.ListParticipantsRequest
    ) -> room.ListParticipantsResponse:
        grants.require_admin(asked.room)
        found = self._directory.rooms.get(asked.room)
        present = found.participants.values() if found is not None else ()
        return room.ListParticipantsResponse(participants=[one.info for one in present])

    async def _get_participant(
        self, grants: Grants, asked: room.RoomParticipantIdentity
    ) -> models.ParticipantInfo:
        grants.require_admin(asked.room)
        return self._participant(asked.room, asked.identity)[1].info

    async def _remove_participant(
        self, grants: Grants, asked: room.RoomParticipantIdentity
    ) -> room.RemoveParticipantResponse:
        grants.require_admin(asked.room)
        found, participant = self._participant(asked.room, asked.identity)
        found.remove(participant, models.PARTICIPANT_REMOVED)
        return room.RemoveParticipantResponse()

    async def _update_participant(
        self, grants: Grants, asked: room.UpdateParticipantRequest
    ) -> models.ParticipantInfo:
        grants.require_admin(asked.room)
        attributes = dict(asked.attributes)
        if what := exceeded(asked.name, asked.metadata, attributes):
            raise TwirpError("invalid_argument", f"{what} exceeds limits")
        found, participant = self._participant(asked.room, asked.identity)
        if asked.HasField("permission"):
            participant.permit(asked.permission)
        participant.change(asked.name, asked.metadata, attributes)
        found.changed(participant)
        return participant.info

    async def _send_data(
        self, grants: Grants, asked: room.SendDataRequest
    ) -> room.SendDataResponse:
        grants.require_admin(asked.room)
        found = self._directory.rooms.get(asked.room)
        if found is None:
            await asyncio.sleep(self._delays.missing_room_s)
            raise TwirpError("unavailable", "no response from servers")
        user = models.UserPacket(
            payload=asked.data,
            topic=asked.topic,
            destination_sids=asked.destination_sids,
            destination_identities=asked.destination_identities,
        )
        packet = models.DataPacket(
            kind=asked.kind, user=user, destination_identities=asked.destination_identities
        )
        found.relay(packet, reliable=asked.kind == models.DataPacket.RELIABLE, source=None)
        return room.SendDataResponse()

    def _room(self, name: str) -> Room:
        found = self._directory.rooms.get(name)
        if found is None:
            raise TwirpError("not_found", "requested room does not exist")
        return found

    def _participant(self, name: str, identity: str) -> tuple[Room, Participant]:
        found = self._directory.rooms.get(name)
        participant = found.participants.get(identity) if found is not None else None
        if found is None or participant is None:
            raise TwirpError("not_found", "participant does not exist")
        return found, participant
