"""`lktui export SESSION`: a session of the record as Markdown, JSONL or a bug report, on stdout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from lktui.commands.recorded import NEWEST, events_of
from lktui.core.events import AnySessionEvent
from lktui.core.export import Format, event_line, markdown, report
from lktui.core.fold import Fold
from lktui.core.problems import ExitCode
from lktui.invocation import Invocation
from lktui.session.versions import versions

_VERB = "export"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "session", metavar="SESSION", help=f"its id, the beginning of it, its room, or {NEWEST}"
    )
    parser.add_argument(
        "--format",
        choices=[form.value for form in Format],
        default=Format.MARKDOWN.value,
        help="md for people, jsonl for lktui replay, report for a bug report (md)",
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    events = events_of(invocation.paths, args.session, _VERB)
    sys.stdout.writelines(_parts(events, Format(args.format), invocation))
    return ExitCode.OK


def _parts(events: list[AnySessionEvent], form: Format, invocation: Invocation) -> Iterator[str]:
    if form is Format.EVENTS:
        yield from map(event_line, events)
        return
    fold = Fold()
    session = fold.apply(events).sessions[events[0].session]
    rows = fold.transcript(session.id)
    if form is Format.REPORT:
        yield from report(session, rows, versions(invocation.env))
    else:
        yield from markdown(session, rows)
