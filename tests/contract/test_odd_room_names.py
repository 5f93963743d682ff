"""Rooms whose names cannot be shown as they are, are looked into and deleted all the same."""

from __future__ import annotations

import pytest
from livekit import api

from lktui.clock import SystemClock
from lktui.engine.call_log import CallLog
from lktui.engine.server_api import LiveKitServerApi
from tests.support.server import Server


@pytest.mark.parametrize("odd", ["\x1b[31mred", "line\nbreak", "L" * 230])
async def test_a_room_of_an_odd_name_is_found_and_deleted(
    server: Server, client: api.LiveKitAPI, room: str, odd: str
) -> None:
    await client.room.create_room(api.CreateRoomRequest(name=room + odd))
    log = CallLog("any", lambda _event: None, SystemClock())
    ours = LiveKitServerApi(server.url, "the-host", server.key, server.secret, log)
    try:
        (shown,) = [one.name for one in await ours.list_rooms() if one.name.startswith(room)]
        assert "\x1b" not in shown
        assert await ours.room_exists(shown)
        assert await ours.delete_room(shown)
        assert not await ours.room_exists(shown)
    finally:
        await ours.close()
