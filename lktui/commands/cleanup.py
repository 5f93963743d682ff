"""`lktui cleanup`: the queue of what lktui made and the server has not yet said is gone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from lktui.clock import SystemClock
from lktui.commands import orphans
from lktui.commands.diagnostics import fail, hint, misused, misused_word
from lktui.commands.headless import Headless, run_interruptible
from lktui.commands.text_table import table_lines
from lktui.core.cleanup import GONE, OVER, STARTS, CleanupItem, ItemState, What
from lktui.core.commands import ForgetCleanup, RunCleanup
from lktui.core.events import AnyEvent, CleanupRan
from lktui.core.problems import ExitCode, PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.core.signs import UNKNOWN, age
from lktui.invocation import Invocation
from lktui.store.journal import read_open_items

RUN_LIMIT_S = 20.0
_SETTLE_S = 1.0


class ItemResult(msgspec.Struct, frozen=True, kw_only=True):
    """One item as scripts see it."""

    id: str
    what: str
    name: str
    room: str
    profile: str
    state: str
    tries: int
    next_try_s: float | None
    """Seconds from now; null unless a try or a last look is planned."""
    age_s: float
    problem: Problem | None


class QueueResult(msgspec.Struct, frozen=True, kw_only=True):
    """The queue as scripts see it."""

    items: tuple[ItemResult, ...]
    last_looks: int
    """Items that are gone and only looked for once more."""
    last_look_s: float | None
    """Seconds until the last of these looks; null without any."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="show the queue")
    listing.set_defaults(parser=listing)
    running = actions.add_parser("run", help="try all that is due, waiting or stuck, now")
    running.add_argument("--kept", action="store_true", help="also what is kept")
    running.add_argument("ids", nargs="*", metavar="ID", help="only these: ids, or rooms")
    running.set_defaults(parser=running)
    finding = actions.add_parser("orphans", help="look for rooms of ours that no queue knows")
    orphans.add_arguments(finding)
    finding.set_defaults(parser=finding)
    forgetting = actions.add_parser("forget", help="take items out of the queue")
    forgetting.add_argument("ids", nargs="+", metavar="ID")
    forgetting.set_defaults(parser=forgetting)


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    match args.action:
        case "run":
            return run_interruptible(_run(invocation, tuple(args.ids), kept=args.kept))
        case "orphans":
            return run_interruptible(orphans.run(invocation, tuple(args.rooms), delete=args.delete))
        case "forget":
            return run_interruptible(_forget(invocation, tuple(args.ids)))
        case _:
            return _list(invocation)


def _list(invocation: Invocation) -> int:
    _print(invocation, read_open_items(invocation.paths))
    return ExitCode.OK


async def _run(invocation: Invocation, ids: tuple[str, ...], *, kept: bool) -> int:
    ran: list[CleanupRan] = []

    def heard(events: list[AnyEvent]) -> None:
        ran.extend(event for event in events if isinstance(event, CleanupRan))

    async with Headless(invocation, heard) as engine:
        known = await _read(engine)
        _all_free(ids, known, "run")
        engine.send(RunCleanup(ids=ids, kept=kept, limit_s=RUN_LIMIT_S))
        await engine.until(lambda _state: bool(ran), RUN_LIMIT_S + 5)
        worked_on = [engine.state.cleanup.get(item.id, item) for item in known]
        _print(invocation, worked_on)
    left = ran[0].left if ran else len(known)
    for item in worked_on:
        if item.problem is not None and item.state not in GONE:
            hint(f"{item.what} {item.name}: {item.problem.line}", quiet=invocation.quiet)
    if left:
        return fail(problem(ProblemCode.CLEANUP_PENDING, what=f"{left} left"))
    return ExitCode.OK


async def _forget(invocation: Invocation, ids: tuple[str, ...]) -> int:
    async with Headless(invocation) as engine:
        known = await _read(engine)
        _all_free(ids, known, "forget")
        chosen = tuple(item.id for item in known if {item.id, item.name} & set(ids))
        engine.send(ForgetCleanup(ids=chosen))
        await engine.until(lambda state: not set(chosen) & set(state.cleanup), _SETTLE_S)
        _print(invocation, [item for item in known if item.id not in chosen])
    return ExitCode.OK


async def _read(engine: Headless) -> list[CleanupItem]:
    """Read the queue: the engine tells all of it together with its hello."""
    await engine.until(lambda state: state.queue_read, _SETTLE_S)
    return [item for item in engine.state.cleanup.values() if item.state not in OVER]


def _all_free(ids: Sequence[str], items: Sequence[CleanupItem], action: str) -> None:
    """Refuse what is not in the queue, and what a conversation uses, of this process or another."""
    by_name = {name: item for item in items for name in (item.id, item.name)}
    for one in ids:
        item = by_name.get(one)
        if item is None:
            raise PortError(misused_word("item", one, by_name, verb=f"cleanup {action}"))
        if item.state is ItemState.LIVE:
            what = f"{clean(one, limit=80)} is in use by a conversation"
            raise PortError(misused(what, cause="it is removed when that ends", verb="cleanup"))


def _print(invocation: Invocation, items: Sequence[CleanupItem]) -> None:
    now = SystemClock().wall()
    gone = [item for item in items if item.state is ItemState.LAST_LOOK]
    looks = [item.next_try_at for item in gone]
    if invocation.json:
        queue = QueueResult(
            items=tuple(_result(item, now) for item in items),
            last_looks=len(looks),
            last_look_s=round(max(0.0, max(looks) - now), 1) if looks else None,
        )
        sys.stdout.write(msgspec.json.encode(queue).decode() + "\n")
    elif not items:
        sys.stdout.write("Nothing to clean up. Every room and dispatch made here is gone.\n")
    else:
        rows = [
            (
                item.state.value,
                item.what.value,
                item.name or UNKNOWN,
                str(item.all_tries),
                _next_try(item, now),
                age(now - item.made_at),
                item.profile,
                urlsplit(item.url).netloc or UNKNOWN,
                item.problem.summary if item.problem else "",
            )
            for item in items
        ]
        heads = ("state", "what", "name", "tries", "next", "age", "profile", "server", "problem")
        sys.stdout.write("\n".join(table_lines(heads, rows)) + "\n")
        _advise(invocation, items)
    if looks:
        hint(_look_words(gone), quiet=invocation.quiet)


def _look_words(gone: Sequence[CleanupItem]) -> str:
    """Say when what is gone is looked for once more, and by whom."""
    at = time.strftime("%H:%M:%S", time.localtime(max(item.next_try_at for item in gone)))
    rooms = sum(item.what is What.ROOM for item in gone)
    counts = ((rooms, "room", ""), (len(gone) - rooms, "dispatch", "e"))
    named = (f"{n} {word}{plural}s" if n > 1 else f"1 {word}" for n, word, plural in counts if n)
    when = f"is gone; last look {at}" if len(gone) == 1 else f"are gone; last looks up to {at}"
    why = "a late agent makes its room anew" if rooms else "its agent may come all the same"
    return f"{' and '.join(named)} {when}, by a running lktui or by the next one: {why}."


def _next_try(item: CleanupItem, now: float) -> str:
    if item.state not in STARTS:
        return UNKNOWN
    return f"{max(0, round(item.next_try_at - now))} s" if item.next_try_at > now else "now"


def _advise(invocation: Invocation, items: Sequence[CleanupItem]) -> None:
    """Say what can be done about what will not go by itself."""
    met = {
        (item.problem.summary, item.problem.resolution)
        for item in items
        if item.problem is not None and item.state not in GONE
    }
    for summary, resolution in sorted(met):
        hint(f"{summary}: {resolution[:1].lower()}{resolution[1:]}.", quiet=invocation.quiet)
    kept = sum(item.state is ItemState.KEPT for item in items)
    if kept:
        hint(
            f"{kept} kept: `lktui cleanup run NAME` or `cleanup run --kept` removes them.",
            quiet=invocation.quiet,
        )


def _result(item: CleanupItem, now: float) -> ItemResult:
    planned = item.state in STARTS
    return ItemResult(
        id=item.id,
        what=item.what.value,
        name=item.name,
        room=item.room,
        profile=item.profile,
        state=item.state.value,
        tries=item.all_tries,
        next_try_s=round(max(0.0, item.next_try_at - now), 1) if planned else None,
        age_s=round(now - item.made_at, 1),
        problem=item.problem,
    )
