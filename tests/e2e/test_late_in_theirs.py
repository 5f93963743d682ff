"""An agent of ours that comes late into a room of somebody else's goes; they and theirs stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from lktui.core.cleanup import CleanupItem, ItemState
from lktui.core.commands import EndSession, StartSession
from lktui.store.journal import read_open_items
from tests.support import twirp
from tests.support.agents_worker import AgentsWorker
from tests.support.guest import Guest
from tests.support.livekit_server import LiveKitServer
from tests.support.seer import LATE_S, Seer, seer
from tests.support.server import profile_at
from tests.support.waiting import until

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

_COMES_S, _GONE_S = 60.0, 90.0


def items(one: Seer) -> tuple[CleanupItem, ...]:
    """Give what the queue has still to do."""
    return read_open_items(one.paths)


@pytest.mark.parametrize("after_s", [20, 35], ids=["soon_after_the_end", "long_after_the_end"])
async def test_our_late_agent_is_put_out_of_their_room_and_nobody_else_is(
    livekit_server: LiveKitServer,
    echo_worker: AgentsWorker,
    prefix: str,
    tmp_path: Path,
    after_s: int,
) -> None:
    room = f"{prefix}-theirs"
    late = json.dumps({"mode": "late", "after_s": after_s})
    using = profile_at(livekit_server, room_name=room, metadata=late)

    def there() -> set[str]:
        return {one.identity for one in twirp.participants(livekit_server, room)}

    def taken() -> str:
        jobs = [job for one in twirp.dispatches(livekit_server, room) for job in one.jobs]
        return f"agent-{jobs[0].id}" if jobs else ""

    async with AsyncExitStack() as stack:
        stack.enter_context(Guest(livekit_server, room, name="colleague"))
        one = await seer(stack, tmp_path)
        one.send(StartSession(session=one.session, profile=using))
        assert await shown(lambda: bool(taken()), LATE_S)
        ours = taken()
        one.send(EndSession(session=one.session))
        assert await one.until(lambda: one.state.over, LATE_S)
        # On a busy machine the end's own time may be over before its first looks are.
        rests = [(ItemState.LAST_LOOK, (ours,))]
        assert await shown(
            lambda: [(item.state, item.expected) for item in items(one)] == rests, LATE_S
        ), items(one)
        assert ours not in there()
        # Theirs has the same name, and comes when ours may come.
        theirs = twirp.create_dispatch(livekit_server, room, echo_worker.name)
        assert await shown(lambda: ours in there(), _COMES_S), there()
        assert await shown(lambda: ours not in there() and not items(one), _GONE_S), there()
        (job,) = [job for other in twirp.dispatches(livekit_server, room) for job in other.jobs]
        assert there() == {"colleague", f"agent-{job.id}"}
        assert [other.id for other in twirp.dispatches(livekit_server, room)] == [theirs.id]


async def shown(so: Callable[[], bool], limit_s: float) -> bool:
    """Wait for what only the server shows."""
    return await asyncio.to_thread(until, so, timeout_s=limit_s)
