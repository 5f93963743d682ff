"""What an engine finds in the queue of another, and what is no longer on the server."""

from __future__ import annotations

import asyncio

from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.engine.removal import LOOKS_S
from tests.support.fakes.world import AGENT, URL, World

ROOM = CleanupItem(
    id="old:room", what=What.ROOM, name="r", room="r", profile="p", url=URL, session="old"
)


async def test_what_was_kept_needs_no_long_looks_when_it_is_removed(world: World) -> None:
    world.server.room("r")
    world.janitor.adopt([ROOM.kept()])
    began = asyncio.get_running_loop().time()
    await world.janitor.try_now(("r",), kept=False, limit_s=20)
    assert world.server.rooms == {}
    assert asyncio.get_running_loop().time() - began < LOOKS_S[-1] + 1


async def test_a_dispatch_is_gone_with_its_room_and_not_asked_for(world: World) -> None:
    dispatch = CleanupItem(
        id="old:dispatch1", what=What.DISPATCH, name="AD_1", room="r", profile="p", url=URL,
        session="old", agent_name=AGENT,
    )  # fmt: skip
    world.janitor.adopt([dispatch])
    await world.janitor.try_now((), kept=False, limit_s=20)
    found = world.janitor.item(dispatch.id)
    assert found is not None
    assert found.state is ItemState.DONE
    assert world.server.called("delete_dispatch") == []
