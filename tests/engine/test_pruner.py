"""The record within its limits: pruned at the start and later, with room for others."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from lktui.core.events import AnyEvent, CleanupResult, SessionEnded, SessionId, SessionsForgotten
from lktui.engine.pruner import EVERY_S, Pruner
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from lktui.store.pruning import DAY_S, Keep
from tests.support.clock import LoopClock
from tests.support.scenes import Conversation


def write(journal: Journal, name: str, began: float) -> None:
    call = Conversation(name)
    call.wall = began
    for event in call.ready():
        journal.append(event)  # type: ignore[arg-type]  # all of them are of the session
    journal.append(
        SessionEnded(session=call.id, wall=began + 1, cleanup=CleanupResult.DONE, took_ms=1.0)
    )
    journal.flush()


async def test_old_sessions_leave_at_the_start_and_later(tmp_path: Path) -> None:
    clock, told = LoopClock(), list[AnyEvent]()
    with closing(Journal(Paths.of(str(tmp_path / "c"), str(tmp_path / "s")))) as journal:
        write(journal, "old", clock.wall() - 2 * DAY_S)
        write(journal, "older", clock.wall() - 3 * DAY_S)
        write(journal, "young", clock.wall() - DAY_S + EVERY_S / 2)
        keep = Keep(days=1, megabytes=0)
        running = asyncio.create_task(Pruner(journal, keep, told.append, clock).run())
        await asyncio.sleep(1)
        assert told == [SessionsForgotten(ids=("older", "old"))]  # type: ignore[arg-type]  # plain strings do
        await asyncio.sleep(EVERY_S)
        assert told[1:] == [SessionsForgotten(ids=("young",))]  # type: ignore[arg-type]  # as above
        running.cancel()


async def test_what_a_person_names_leaves_but_what_has_to_stay(tmp_path: Path) -> None:
    clock, told = LoopClock(), list[AnyEvent]()
    with closing(Journal(Paths.of(str(tmp_path / "c"), str(tmp_path / "s")))) as journal:
        write(journal, "over", clock.wall())
        for event in Conversation("goes on").ready():
            journal.append(event)  # type: ignore[arg-type]  # all of them are of the session
        pruner = Pruner(journal, Keep(days=0, megabytes=0), told.append, clock)
        await pruner.forget((SessionId("over"), SessionId("goes on")))
        assert told == [
            SessionsForgotten(ids=(SessionId("over"),), kept=(SessionId("goes on"),), asked=True)
        ]
