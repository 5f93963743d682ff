"""LiveKit's AgentDispatchService."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from livekit.protocol import agent_dispatch, room

from lktui.sandbox.access import Grants
from lktui.sandbox.delays import Delays
from lktui.sandbox.directory import Directory
from lktui.sandbox.dispatch import Dispatcher
from lktui.sandbox.requests import exceeded
from lktui.sandbox.rooms import Room
from lktui.sandbox.twirp import Answer, TwirpError, call

MAX_DISPATCHES = 1000
"""In one room."""


class DispatchService:
    """Answers the calls of the service.

    Args:
        directory: The rooms.
        dispatcher: Makes jobs of dispatches.
        delays: How late some answers are.
    """

    def __init__(self, directory: Directory, dispatcher: Dispatcher, delays: Delays) -> None:
        self._directory, self._dispatcher, self._delays = directory, dispatcher, delays

    def methods(self) -> Mapping[str, Answer]:
        """Give every method that is implemented, by name."""
        return {
            "CreateDispatch": call(agent_dispatch.CreateAgentDispatchRequest, self._create),
            "ListDispatch": call(agent_dispatch.ListAgentDispatchRequest, self._list),
            "DeleteDispatch": call(agent_dispatch.DeleteAgentDispatchRequest, self._delete),
        }

    async def _create(
        self, grants: Grants, asked: agent_dispatch.CreateAgentDispatchRequest
    ) -> agent_dispatch.AgentDispatch:
        grants.require_admin(asked.room)
        if what := exceeded("", asked.metadata, dict(asked.attributes)):
            raise TwirpError("invalid_argument", f"{what} exceeds limits")
        found = self._directory.get_or_create(room.CreateRoomRequest(name=asked.room))
        if len(found.dispatches) >= MAX_DISPATCHES:
            raise TwirpError("resource_exhausted", f"more than {MAX_DISPATCHES} dispatches")
        wanted = agent_dispatch.RoomAgentDispatch(
            agent_name=asked.agent_name,
            metadata=asked.metadata,
            restart_policy=asked.restart_policy,
            deployment=asked.deployment,
            attributes=asked.attributes,
        )
        return self._dispatcher.create(found, wanted)

    async def _list(
        self, grants: Grants, asked: agent_dispatch.ListAgentDispatchRequest
    ) -> agent_dispatch.ListAgentDispatchResponse:
        grants.require_admin(asked.room)
        found = (await self._room(asked.room)).dispatches.values()
        return agent_dispatch.ListAgentDispatchResponse(
            agent_dispatches=[one for one in found if asked.dispatch_id in {"", one.id}]
        )

    async def _delete(
        self, grants: Grants, asked: agent_dispatch.DeleteAgentDispatchRequest
    ) -> agent_dispatch.AgentDispatch:
        grants.require_admin(asked.room)
        found = await self._room(asked.room)
        deleted = self._dispatcher.delete(found, asked.dispatch_id)
        if deleted is None:
            raise TwirpError("not_found", "dispatch ID not found")
        return deleted

    async def _room(self, name: str) -> Room:
        """Find a room; a missing one is asked in vain, for a while."""
        found = self._directory.rooms.get(name)
        if found is None:
            await asyncio.sleep(self._delays.missing_room_s)
            raise TwirpError("unavailable", "no response from servers")
        return found
