"""A visit to which no agent is to come: by the doctor, without a dispatch."""

from __future__ import annotations

import msgspec

from lktui.core.commands import StartSession
from lktui.core.events import SessionId
from lktui.core.profile import AuthMode, DispatchMode
from lktui.engine.removal import EARLY_LOOKS_S
from lktui.engine.session_run import SessionRun
from tests.support.fakes.agents import SESSION
from tests.support.fakes.world import EXPLICIT, World


async def test_a_room_that_is_visited_alone_by_a_token_is_made_by_the_key_before_the_join(
    world: World,
) -> None:
    """Else an agent that joins every room by itself would have to be waited for at the end."""
    world.server.workers[""] = SESSION
    profile = msgspec.structs.replace(
        EXPLICIT,
        auth_mode=AuthMode.TOKEN,
        token_url="https://example.net/token",
        agent_name="",
        dispatch_mode=DispatchMode.AUTO,
    )
    world.gateway.profiles[profile.name] = profile
    run = SessionRun(
        StartSession(session=SessionId("visit"), profile=profile),
        world.gateway,
        world.janitor,
        world.recorder.emit,
        world.clock,
        alone=True,
    )
    world.runs.append(run)
    run.start()
    await world.until(lambda: world.state.timings.connect is not None)
    began = world.clock.monotonic()
    await run.end()
    await run.ended.wait()
    assert world.clock.monotonic() - began < EARLY_LOOKS_S[1]
    assert not world.server.rooms
    assert world.server.called("create_room")
