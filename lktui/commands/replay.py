"""`lktui replay FILE|SESSION`: a session again, at its own pace: in Live, or as lines on stdout."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator

from lktui.clock import SystemClock
from lktui.commands.diagnostics import misused
from lktui.commands.headless import run_interruptible
from lktui.commands.recorded import NEWEST, events_of
from lktui.core.events import AnySessionEvent
from lktui.core.export import event_line, spoken_line
from lktui.core.fold import Fold
from lktui.core.problems import ExitCode, PortError
from lktui.invocation import Invocation
from lktui.session.replay_engine import ReplayClock, ReplayEngine

_VERB = "replay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "session",
        metavar="FILE|SESSION",
        help=f"an export of events, or a session's id, its beginning, its room, or {NEWEST}",
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="so many times as fast (1)"
    )
    parser.add_argument(
        "--plain", action="store_true", help="print lines, also where the dashboard could be shown"
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    if not (args.speed > 0 and math.isfinite(args.speed)):
        raise PortError(misused("The speed must be a number above 0", verb=_VERB))
    events = events_of(invocation.paths, args.session, _VERB)
    clock = ReplayClock(SystemClock(), events[0], args.speed)
    if not (args.plain or invocation.json):
        from lktui import dashboard  # noqa: PLC0415 - plain lines do without

        if dashboard.without_terminal() is None and sys.stdout.isatty():
            return dashboard.replay(invocation, ReplayEngine(events, clock), clock)
    return run_interruptible(_print(events, clock, as_json=invocation.json))


async def _print(events: list[AnySessionEvent], clock: ReplayClock, *, as_json: bool) -> int:
    lines = _events_as_told(events) if as_json else _rows_as_they_stand(events)
    for due_s, line in lines:
        await clock.sleep(max(0.0, due_s - clock.monotonic()))
        sys.stdout.write(line)
        sys.stdout.flush()
    return ExitCode.OK


def _events_as_told(events: Iterable[AnySessionEvent]) -> Iterator[tuple[float, str]]:
    """Give each event with its time."""
    for event in events:
        yield event.at, event_line(event)


def _rows_as_they_stand(events: list[AnySessionEvent]) -> Iterator[tuple[float, str]]:
    """Give each row with its time, in the order and words that it has in the end.

    A printed line cannot move, as a tool's does whose message came after the reply's.
    """
    fold, session = Fold(), events[0].session
    opened_at = fold.apply(events).sessions[session].opened_at
    for row in fold.transcript(session):
        yield row.at, spoken_line(row, opened_at) + "\n"
