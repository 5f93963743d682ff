"""The journal is the record: the same fold over what it kept gives what was seen live."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import msgspec

from lktui.core.events import AnySessionEvent
from lktui.core.fold import Fold
from lktui.core.session import SessionState
from tests.support.fakes.agents import SESSION
from tests.support.fakes.world import World


def recorded(world: World) -> list[AnySessionEvent]:
    world.recorder.flush()
    decoder = msgspec.json.Decoder(AnySessionEvent)
    with closing(sqlite3.connect(world.paths.journal)) as db:
        return [decoder.decode(row[0]) for row in db.execute("SELECT body FROM event ORDER BY id")]


def drawn(state: SessionState) -> SessionState:
    """Without the count of redraws: half-said lines are drawn and not kept."""
    return msgspec.structs.replace(state, revision=0)


async def test_replaying_the_record_gives_the_state_that_was_seen_live(world: World) -> None:
    run = world.start(SESSION)
    run.say("typed:1", "hello")
    await world.until(lambda: len(world.lines) == 2)
    run.retry(replace_live=True)
    await world.until(lambda: len(world.state.attempts) == 2 and world.state.ready)
    run.say("typed:2", "again")
    await world.until(lambda: len(world.lines) == 4)
    await world.ended(run)
    live, replayed = Fold(), Fold()
    live.apply(world.events)
    replayed.apply(recorded(world))
    assert drawn(replayed.state.sessions[run.session]) == drawn(live.state.sessions[run.session])
    told = [[row.text for row in fold.transcript(run.session)] for fold in (live, replayed)]
    assert told[0] == told[1]
    assert "echo: again" in told[0]


async def test_a_session_that_failed_is_replayed_with_its_verdict(world: World) -> None:
    run = world.start(None)
    await world.verdict()
    await world.ended(run)
    replayed = Fold()
    replayed.apply(recorded(world))
    assert drawn(replayed.state.sessions[run.session]) == drawn(world.state)
