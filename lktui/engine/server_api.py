"""LiveKit's server API with time limits: livekit-api behind the `ServerApi` port."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from google.protobuf.message import Message
from livekit import api
from livekit.protocol import agent as agent_proto
from livekit.protocol import agent_dispatch as agent_dispatch_proto
from livekit.protocol import models as models_proto
from livekit.protocol import room as room_proto

from lktui.core.events import ListedRoom
from lktui.core.evidence import Job, JobStatus
from lktui.core.problems import PortError, ProblemCode
from lktui.core.room_timeouts import DEPARTURE_S, EMPTY_S, KEPT_S
from lktui.core.sanitize import clean
from lktui.engine.call_log import CallLog, OpenCall
from lktui.engine.failures import limited
from lktui.engine.ports import NOBODY, DispatchRecord, Participant
from lktui.engine.room_names import RoomNames

CALL_LIMIT_S = 10.0
MAX_ROOMS = 5000
_MAX_NAME_CHARS = 200
_MAX_RAW_BYTES = 20_000
_MAX_SHOWN = 8
_NANOSECONDS = 1e9
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

    def __init__(
        self,
        url: str,
        host: str,
        key: str,
        secret: str,
        log: CallLog,
        *,
        names: RoomNames | None = None,
    ) -> None:
        self._host, self._log = host, log
        self._names = names or RoomNames()
        self._client = api.LiveKitAPI(url, key, secret)
        self._once = api.LiveKitAPI(url, key, secret, failover=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._once.aclose()

    async def create_room(
        self, name: str, *, metadata: str, kept: bool, alone: bool = False
    ) -> None:
        """Make a room; one that exists is left as it is. Alone: no agent comes by itself."""
        request = api.CreateRoomRequest(
            name=name,
            empty_timeout=KEPT_S if kept else EMPTY_S,
            departure_timeout=KEPT_S if kept else DEPARTURE_S,
            metadata=metadata,
            agents=[api.RoomAgentDispatch(agent_name=NOBODY)] if alone else [],
        )
        with self._log.call("create_room", name) as call:
            made = await self._ask("create_room", self._client.room.create_room(request))
            call.answered(made.sid, _beginning(made))

    async def room_exists(self, name: str) -> bool:
        """Ask whether there is a room of this name."""
        return bool(
            (
                await self._list_rooms(api.ListRoomsRequest(names=[self._names.real(name)]), name)
            ).rooms
        )

    async def find_room(self, name: str) -> ListedRoom | None:
        """Read one room's entry in the list."""
        answer = await self._list_rooms(api.ListRoomsRequest(names=[self._names.real(name)]), name)
        return next((self._listed(room) for room in answer.rooms), None)

    async def delete_room(self, name: str) -> bool:
        """Delete a room; False when there was none."""
        request = api.DeleteRoomRequest(room=self._names.real(name))
        return await self._gone("delete_room", self._client.room.delete_room(request), name)

    async def list_rooms(self) -> tuple[ListedRoom, ...]:
        """Read the list of rooms; `people` is the server's own count, up to 5 s old."""
        answer = await self._list_rooms(api.ListRoomsRequest())
        return tuple(self._listed(room) for room in list(answer.rooms)[:MAX_ROOMS])

    async def participants(self, room: str) -> tuple[Participant, ...]:
        """Read who is in a room, hidden ones included."""
        request = api.ListParticipantsRequest(room=self._names.real(room))
        asked = self._client.room.list_participants(request)
        listed: list[models_proto.ParticipantInfo] = []
        with self._answered("list_participants", room) as call:
            listed = list((await self._ask("list_participants", asked)).participants)
            call.answered(_who(listed), _beginning(*listed))
        return tuple(_participant(info) for info in listed)

    async def remove_participant(self, room: str, identity: str) -> bool:
        """Put somebody out; False when not there."""
        request = api.RoomParticipantIdentity(room=self._names.real(room), identity=identity)
        asked = self._client.room.remove_participant(request)
        return await self._gone("remove_participant", asked, room, identity)

    async def create_dispatch(self, room: str, agent_name: str, metadata: str) -> str:
        """Ask for an agent; gives the dispatch's id."""
        request = api.CreateAgentDispatchRequest(
            agent_name=agent_name, room=self._names.real(room), metadata=metadata
        )
        asked = self._once.agent_dispatch.create_dispatch(request)
        with self._log.call("create_dispatch", room, agent_name, metadata) as call:
            made = await self._ask("create_dispatch", asked)
            call.answered(made.id, _beginning(made))
        return made.id

    async def dispatches(self, room: str) -> tuple[DispatchRecord, ...]:
        """Read a room's dispatches; the agent_name of the implicit one is empty."""
        asked = self._client.agent_dispatch.list_dispatch(self._names.real(room))
        listed: list[agent_dispatch_proto.AgentDispatch] = []
        with self._answered("list_dispatch", room) as call:
            listed = await self._ask("list_dispatch", asked)
            call.answered(_what_listed(listed), _beginning(*listed))
        return tuple(_record(item) for item in listed)

    async def delete_dispatch(self, room: str, dispatch_id: str) -> bool:
        """Withdraw a dispatch; False when there was none."""
        asked = self._client.agent_dispatch.delete_dispatch(dispatch_id, self._names.real(room))
        return await self._gone("delete_dispatch", asked, room, dispatch_id)

    async def _list_rooms(
        self, request: room_proto.ListRoomsRequest, name: str = ""
    ) -> room_proto.ListRoomsResponse:
        with self._log.call("list_rooms", name) as call:
            answer = await self._ask("list_rooms", self._client.room.list_rooms(request))
            count = len(answer.rooms)
            call.answered(f"{count} room" + ("" if count == 1 else "s"), _beginning(answer))
        return answer

    def _listed(self, room: models_proto.Room) -> ListedRoom:
        return ListedRoom(
            name=self._names.shown(room.name),
            sid=clean(room.sid),
            made_at=float(room.creation_time),
            people=room.num_participants,
        )

    async def _gone(self, what: str, asked: Awaitable[object], room: str, who: str = "") -> bool:
        """Remove something; False when it was gone already."""
        with self._answered(what, room, who) as call:
            call.answered("ok")
            await self._ask(what, asked)
        return call.answer == "ok"

    async def _ask(self, what: str, call: Awaitable[_T]) -> _T:
        async with limited(CALL_LIMIT_S, self._host, what):
            return await call

    @contextmanager
    def _answered(self, what: str, room: str, subject: str = "") -> Iterator[OpenCall]:
        """Ask about something that may be gone: `not_found` is an answer, no error."""
        try:
            with self._log.call(what, room, subject) as call:
                yield call
        except PortError as error:
            if error.problem.code is not ProblemCode.NOT_FOUND:
                raise


def _beginning(*answers: Message) -> str:
    """Write answers as they came; a crowd's would cost more than anybody reads."""
    if sum(answer.ByteSize() for answer in answers) > _MAX_RAW_BYTES:
        return "too long to be shown"
    return "\n".join(str(answer).rstrip() for answer in answers)


def _who(listed: list[models_proto.ParticipantInfo]) -> str:
    there = [info.identity for info in listed]
    shown = ", ".join(there[:_MAX_SHOWN]) + (", …" if len(there) > _MAX_SHOWN else "")
    return f"{len(there)}: {shown}" if there else "nobody"


def _what_listed(listed: list[agent_dispatch_proto.AgentDispatch]) -> str:
    named = [item for item in listed if item.agent_name]
    jobs = [job for item in named for job in item.state.jobs]
    states = {_STATUS.get(job.state.status, JobStatus.RUNNING).value for job in jobs}
    plural = "" if len(named) == 1 else "es"
    told = f"{len(named)} dispatch{plural}, {len(jobs)} job" + ("" if len(jobs) == 1 else "s")
    return f"{told} {'/'.join(sorted(states))}".rstrip()


def _record(item: agent_dispatch_proto.AgentDispatch) -> DispatchRecord:
    return DispatchRecord(
        id=item.id,
        agent_name=item.agent_name,
        jobs=tuple(_job(job) for job in item.state.jobs),
        metadata=item.metadata,
        made_at=item.state.created_at / _NANOSECONDS,
    )


def _participant(info: models_proto.ParticipantInfo) -> Participant:
    is_agent = info.kind == models_proto.ParticipantInfo.Kind.AGENT
    return participant(
        info.identity,
        sid=clean(info.sid),
        name=info.name,
        is_agent=is_agent,
        attributes=dict(info.attributes),
        hidden=info.permission.hidden,
        connected=info.state == models_proto.ParticipantInfo.State.ACTIVE,
    )


def participant(
    identity: str,
    *,
    sid: str = "",
    name: str,
    is_agent: bool,
    attributes: dict[str, str],
    hidden: bool = False,
    connected: bool = False,
) -> Participant:
    """Make a sanitised Participant of what API or SDK say (facts/livekit.md section 2)."""
    agent_name = attributes.get("lk.agent.name") or attributes.get("lk.agent_name", "")
    return Participant(
        identity=identity,
        sid=sid,
        name=clean(name, limit=_MAX_NAME_CHARS),
        is_agent=is_agent and "lk.publish_on_behalf" not in attributes,
        agent_name=clean(agent_name, limit=_MAX_NAME_CHARS),
        state=clean(attributes.get("lk.agent.state", ""), limit=24),
        hidden=hidden,
        is_person=not is_agent,
        connected=connected,
    )


def _job(job: agent_proto.Job) -> Job:
    return Job(
        id=clean(job.id),
        status=_STATUS.get(job.state.status, JobStatus.RUNNING),
        identity=job.state.participant_identity,
        worker=clean(job.state.worker_id),
    )
