"""What clients ask over their signal connections."""

from __future__ import annotations

import asyncio
import logging
import time

from livekit.protocol import models, rtc

from lktui.sandbox.identifiers import Prefix, new_id
from lktui.sandbox.participants import Participant
from lktui.sandbox.rooms import Room
from lktui.tasks import Tasks

_log = logging.getLogger(__name__)

# The SDK must have handled the answer to its AddTrack before (facts/livekit.md section 7).
_SUBSCRIBED_S = 0.3
_LEAVE_REASONS = (
    models.CLIENT_INITIATED,
    models.USER_UNAVAILABLE,
    models.USER_REJECTED,
    models.AGENT_ERROR,
)
# They ask for nothing that a server without media has, and expect no answer.
_UNHEARD = frozenset(
    {"subscription", "track_setting", "update_layers", "subscription_permission", "sync_state"}
)
_MAX_METADATA_BYTES = 512 << 10
_MAX_ATTRIBUTES_BYTES = 64 << 10
_MAX_NAME = 256
_UNIMPLEMENTED = "unimplemented: the sandbox carries no media"


class Requests:
    """Answers the requests of those who are in a room.

    Args:
        tasks: Owns what is answered later.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def handle(self, room: Room, participant: Participant, request: rtc.SignalRequest) -> None:
        """Do what is asked, or say that it cannot be done.

        Raises:
            SdpError: A session description makes no sense.
        """
        kind = request.WhichOneof("message")
        match kind:
            case "offer":
                participant.answer_offer(request.offer)
            case "trickle":
                pass  # checks arrive from every address of the client by themselves
            case "ping" | "ping_req":
                participant.signal(_pong(request))
            case "update_metadata":
                _update(room, participant, request.update_metadata)
            case "leave":
                asked = request.leave.reason
                reason = asked if asked in _LEAVE_REASONS else models.CLIENT_INITIATED
                room.remove(participant, reason, tell=False)
            case "add_track":
                self._tasks.start(_take_track(participant, request.add_track))
            case _ if kind in _UNHEARD:
                pass
            case _:
                _log.info("%s asked for %s: unimplemented", participant.info.sid, kind)
                participant.signal(rtc.SignalResponse(request_response=_unimplemented(request)))


def _pong(request: rtc.SignalRequest) -> rtc.SignalResponse:
    now_ms = int(time.time() * 1000)
    if request.HasField("ping_req"):
        asked = request.ping_req.timestamp
        return rtc.SignalResponse(pong_resp=rtc.Pong(last_ping_timestamp=asked, timestamp=now_ms))
    return rtc.SignalResponse(pong=now_ms)


def _update(room: Room, participant: Participant, update: rtc.UpdateParticipantMetadata) -> None:
    answer = rtc.RequestResponse(request_id=update.request_id, update_metadata=update)
    if not participant.info.permission.can_update_metadata:
        answer.reason = rtc.RequestResponse.NOT_ALLOWED
        answer.message = "does not have permission to update own metadata"
    elif what := exceeded(update.name, update.metadata, dict(update.attributes)):
        answer.reason = rtc.RequestResponse.LIMIT_EXCEEDED
        answer.message = f"exceeds {what} limit"
    else:
        participant.change(update.name, update.metadata, dict(update.attributes))
        room.changed(participant)
    participant.signal(rtc.SignalResponse(request_response=answer))


def exceeded(name: str, metadata: str, attributes: dict[str, str]) -> str:
    """Name what is larger than the real server takes; empty where nothing is."""
    if len(name) > _MAX_NAME:
        return "name length"
    if len(metadata.encode()) > _MAX_METADATA_BYTES:
        return "metadata size"
    size = sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items())
    return "attributes size" if size > _MAX_ATTRIBUTES_BYTES else ""


async def _take_track(participant: Participant, asked: rtc.AddTrackRequest) -> None:
    """Act as if a track were published and heard: without that, voice agents time out."""
    track = models.TrackInfo(
        sid=new_id(Prefix.TRACK),
        type=asked.type,
        name=asked.name,
        source=asked.source,
        muted=asked.muted,
        stream=asked.stream,
    )
    published = rtc.TrackPublishedResponse(cid=asked.cid, track=track)
    participant.signal(rtc.SignalResponse(track_published=published))
    await asyncio.sleep(_SUBSCRIBED_S)
    subscribed = rtc.TrackSubscribed(track_sid=track.sid)
    participant.signal(rtc.SignalResponse(track_subscribed=subscribed))


def _unimplemented(request: rtc.SignalRequest) -> rtc.RequestResponse:
    answer = rtc.RequestResponse(
        reason=rtc.RequestResponse.UNCLASSIFIED_ERROR, message=_UNIMPLEMENTED
    )
    match request.WhichOneof("message"):
        case "mute":
            answer.mute.CopyFrom(request.mute)
        case "update_audio_track":
            answer.update_audio_track.CopyFrom(request.update_audio_track)
        case "update_video_track":
            answer.update_video_track.CopyFrom(request.update_video_track)
        case "publish_data_track_request":
            answer.publish_data_track.CopyFrom(request.publish_data_track_request)
        case "unpublish_data_track_request":
            answer.unpublish_data_track.CopyFrom(request.unpublish_data_track_request)
    return answer
