"""Who we are in a room whose token others may have too: our own stay in it, not an identity."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.events import CleanupResult
from lktui.core.profile import AuthMode, Secret
from lktui.engine.ports import Participant, RoomToken
from tests.support.fakes.agents import SESSION
from tests.support.fakes.world import EXPLICIT, World

WITH_KEY = msgspec.structs.replace(EXPLICIT, auth_mode=AuthMode.TOKEN, token=Secret("a.b.c"))


@pytest.fixture
def world(world: World) -> World:
    """Give a world whose token is for one room and identity."""
    world.gateway.token = RoomToken(jwt="r person", room="r", identity="person")
    world.gateway.profiles["p"] = WITH_KEY
    return world


@pytest.fixture
def lists_us_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the server list us after we have left, as a real one does for a moment."""
    leave = world.server.leave

    def stay(room: str, who: str, reason: str = "") -> None:
        if who != "person":
            leave(room, who, reason)

    monkeypatch.setattr(world.server, "leave", stay)


@pytest.mark.usefixtures("lists_us_on")
async def test_we_hold_no_room_that_still_lists_us_after_we_have_left(world: World) -> None:
    run = await world.ready(SESSION, WITH_KEY)
    await run.end()
    assert (await world.ended(run)).cleanup is CleanupResult.DONE
    assert world.server.rooms == {}


@pytest.mark.usefixtures("lists_us_on")
async def test_somebody_else_with_the_same_token_holds_the_room(world: World) -> None:
    run = await world.ready(SESSION, WITH_KEY)
    world.server.join("r", Participant(identity="person", sid="PA_theirs"))
    await run.end()
    assert (await world.ended(run)).cleanup is CleanupResult.PENDING
    assert list(world.server.rooms["r"].members) == ["person"]
