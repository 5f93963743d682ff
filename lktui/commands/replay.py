"""`lktui replay FILE|SESSION`: a session again, at its own pace: in Live, or as lines on stdout."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys

from lktui.clock import SystemClock
from lktui.commands.diagnostics import misused
from lktui.commands.headless import run_interruptible
from lktui.commands.recorded import NEWEST, events_of
from lktui.core.events import AnySessionEvent
from lktui.core.export import event_line, spoken_line
from lktui.core.fold import Fold
from lktui.core.problems import ExitCode, PortError
from lktui.core.transcript import Row, Transcript
from lktui.invocation import Invocation
from lktui.session.replay_engine import ReplayClock, ReplayEngine, batches

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
    fold = Fold()
    teller = _Teller(fold.transcript(events[0].session))
    for due in batches(events):
        await clock.sleep(max(0.0, due[0].at - clock.monotonic()))
        if as_json:
            sys.stdout.writelines(map(event_line, due))
        else:
            state = fold.apply(due).sessions[events[0].session]
            sys.stdout.writelines(
                spoken_line(row, state.opened_at) + "\n" for row in teller.new_rows()
            )
        sys.stdout.flush()
        await asyncio.sleep(0)
    return ExitCode.OK


class _Teller:
    """Gives each row of a transcript once, when it comes or is another one."""

    def __init__(self, rows: Transcript) -> None:
        self._rows = rows
        self._edits = rows.edits
        self._told: set[tuple[float, str, str]] = set()

    def new_rows(self) -> list[Row]:
        """Give the rows that have not been told."""
        splices = self._rows.splices_since(self._edits)
        self._edits = self._rows.edits
        if splices is not None and not splices:
            return []
        first = 0 if splices is None else min(splice.at for splice in splices)
        new: list[Row] = []
        for index in range(first, len(self._rows)):
            row = self._rows[index]
            name = (row.at, row.speaker, row.text)
            if name not in self._told:
                self._told.add(name)
                new.append(row)
        return new
