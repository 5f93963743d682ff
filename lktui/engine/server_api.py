"""LiveKit's server API with time limits: livekit-api behind the `ServerApi` port."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from livekit import api
from livekit.protocol import agent as agent_proto
from livekit.protocol import models as models_proto

from lktui.core.dispatch import Job, JobStatus
from lktui.core.events import ListedRoom
from lktui.core.problems import PortError, ProblemCode
from lktui.core.sanitize import clean
from lktui.engine.failures import limited
from lktui.engine.ports import DispatchRecord, Participant

CALL_LIMIT_S = 10.0
EMPTY_TIMEOUT_S = 60
DEPARTURE_TIMEOUT_S = 20
KEPT_TIMEOUT_S = 24 * 3600
"""A room that is to be kept must outlive our leaving it, or the server closes it at once."""
MAX_ROOMS = 5000
_MAX_NAME_CHARS = 200
_T = TypeVar("_T")

_STATUS = {
    agent_proto.JobStatus.JS_PENDING: JobStatus.PENDING,
    agent_proto.JobStatus.JS_RUNNING: JobStatus.RUNNING,
    agent_proto.JobStatus.JS_SUCCESS: JobStatus.SUCCESS,
    agent_proto.JobStatus.JS_FAILED: JobStatus.FAILED,
}


class LiveKitServerApi:
    """The API of one server for one key.

    Two clients: livekit-api replays a POST to other regions on 5xx, which would double a dispatch
    (facts/livekit.md section 3), so CreateDispatch goes through one without failover.
    """

    def __init__(self, url: str, host: str, key: str, secret: str) -> None:
        self._host = host
        self._client = api.LiveKitAPI(url, key, secret)
        self._once = api.LiveKitAPI(url, key, secret, failover=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._once.aclose()

    async def create_room(self, name: str, *, metadata: str, kept: bool) -> None:
        """Make a room; one that exists is left as it is."""
        empty = KEPT_TIMEOUT_S if kept else EMPTY_TIMEOUT_S
        departure = KEPT_TIMEOUT_S if kept else DEPARTURE_TIMEOUT_S
        request = api.CreateRoomRequest(
            name=name, empty_timeout=empty, departure_timeout=departure, metadata=metadata
        )
        await self._ask("create_room", self._client.room.create_room(request))

    async def room_exists(self, name: str) -> bool:
        """Ask whether there is a room of this name."""
        request = api.ListRoomsRequest(names=[name])
        answer = await self._ask("list_rooms", self._client.room.list_rooms(request))
        return bool(answer.rooms)

    async def find_room(self, name: str) -> ListedRoom | None:
        """Read one room's entry in the list."""
        request = api.ListRoomsRequest(names=[name])
        answer = await self._ask("list_rooms", self._client.room.list_rooms(request))
        return next((_listed(room) for room in answer.rooms), None)

    async def delete_room(self, name: str) -> bool:
        """Delete a room; False when there was none."""
        request = api.DeleteRoomRequest(room=name)
        return await self._found("delete_room", self._client.room.delete_room(request)) is not None

    async def list_rooms(self) -> tuple[ListedRoom, ...]:
        """Read the list of rooms; `people` is the server's own count, up to 5 s old."""
        request = api.ListRoomsRequest()
        answer = await self._ask("list_rooms", self._client.room.list_rooms(request))
        return tuple(_listed(room) for room in list(answer.rooms)[:MAX_ROOMS])

    async def participants(self, room: str) -> tuple[Participant, ...]:
        """Read who is in a room, hidden ones included."""
        request = api.ListParticipantsRequest(room=room)
        call = self._client.room.list_participants(request)
        answer = await self._found("list_participants", call)
        return tuple(_participant(info) for info in answer.participants) if answer else ()

    async def remove_participant(self, room: str, identity: str) -> bool:
        """Put somebody out; False when not there."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        call = self._client.room.remove_participant(request)
        return await self._found("remove_participant", call) is not None

    async def create_dispatch(self, room: str, agent_name: str, metadata: str) -> str:
        """Ask for an agent; gives the dispatch's id."""
        request = api.CreateAgentDispatchRequest(
            agent_name=agent_name, room=room, metadata=metadata
        )
        call = self._once.agent_dispatch.create_dispatch(request)
        return (await self._ask("create_dispatch", call)).id

    async def dispatches(self, room: str) -> tuple[DispatchRecord, ...]:
        """Read a room's dispatches, without the implicit one, whose agent_name is empty."""
        call = self._client.agent_dispatch.list_dispatch(room)
        listed = await self._found("list_dispatch", call)
        return tuple(
            DispatchRecord(item.id, item.agent_name, tuple(_job(job) for job in item.state.jobs))
            for item in listed or ()
            if item.agent_name
        )

    async def delete_dispatch(self, room: str, dispatch_id: str) -> bool:
        """Withdraw a dispatch; False when there was none."""
        call = self._client.agent_dispatch.delete_dispatch(dispatch_id, room)
        return await self._found("delete_dispatch", call) is not None

    async def _ask(self, what: str, call: Awaitable[_T]) -> _T:
        async with limited(CALL_LIMIT_S, self._host, what):
            return await call

    async def _found(self, what: str, call: Awaitable[_T]) -> _T | None:
        """Ask about something that may be gone: `not_found` is an answer, no error."""
        try:
            return await self._ask(what, call)
        except PortError as error:
            if error.problem.code is ProblemCode.NOT_FOUND:
                return None
            raise


def _listed(room: models_proto.Room) -> ListedRoom:
    return ListedRoom(
        name=clean(room.name, limit=_MAX_NAME_CHARS),
        sid=clean(room.sid),
        made_at=float(room.creation_time),
        people=room.num_participants,
    )


def _participant(info: models_proto.ParticipantInfo) -> Participant:
    is_agent = info.kind == models_proto.ParticipantInfo.Kind.AGENT
    return participant(
        info.identity,
        name=info.name,
        is_agent=is_agent,
        attributes=dict(info.attributes),
        hidden=info.permission.hidden,
    )


def participant(
    identity: str, *, name: str, is_agent: bool, attributes: dict[str, str], hidden: bool = False
) -> Participant:
    """Make a sanitised Participant of what API or SDK say (facts/livekit.md section 2)."""
    agent_name = attributes.get("lk.agent.name") or attributes.get("lk.agent_name", "")
    return Participant(
        identity=identity,
        name=clean(name, limit=_MAX_NAME_CHARS),
        is_agent=is_agent and "lk.publish_on_behalf" not in attributes,
        agent_name=clean(agent_name, limit=_MAX_NAME_CHARS),
        state=clean(attributes.get("lk.agent.state", ""), limit=24),
        hidden=hidden,
        is_person=not is_agent,
    )


def _job(job: agent_proto.Job) -> Job:
    return Job(
        id=clean(job.id),
        status=_STATUS.get(job.state.status, JobStatus.RUNNING),
        identity=job.state.participant_identity,
        worker=clean(job.state.worker_id),
    )
