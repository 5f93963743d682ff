"""Room tokens that carry a dispatch, as a token endpoint makes them."""

from __future__ import annotations

from livekit import api

from tests.support.server import Server


def token_with_dispatch(
    server: Server, room: str, *, identity: str = "person", agent_name: str = "echo"
) -> str:
    """Sign a token whose first use makes the room and asks for an agent."""
    agents = [api.RoomAgentDispatch(agent_name=agent_name)]
    token = api.AccessToken(server.key, server.secret).with_identity(identity)
    grants = api.VideoGrants(room_join=True, room=room)
    return token.with_grants(grants).with_room_config(api.RoomConfiguration(agents=agents)).to_jwt()
