"""`lktui export SESSION`: a session of the record as Markdown, JSONL or a bug report, on stdout."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from lktui.commands.progress_line import ProgressLine
from lktui.commands.recorded import NEWEST, batches_of
from lktui.core.export import Format, event_line, markdown, report
from lktui.core.fold import Fold
from lktui.core.problems import ExitCode
from lktui.core.session import SessionState
from lktui.core.shown_rows import Rows
from lktui.invocation import Invocation
from lktui.session.versions import versions

_VERB = "export"
_SAY_EVERY = 1000
"""Parts: writing so many takes some 10 ms."""


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
    form = Format(args.format)
    batches = batches_of(invocation.paths, args.session, _VERB)
    with ProgressLine(quiet=invocation.quiet) as progress:
        if form is Format.EVENTS:
            for share, events in batches:
                sys.stdout.writelines(map(event_line, events))
                _say_written(progress, share)
        else:
            fold = Fold()
            for share, events in batches:
                fold.apply(events)
                progress.say("reading", share)
            (session,) = fold.state.sessions.values()
            rows = fold.transcript(session.id)
            parts = _parts(session, rows, form, invocation)
            for done, part in enumerate(parts):
                if not done % _SAY_EVERY:
                    _say_written(progress, min(1.0, done / max(1, len(rows))))
                sys.stdout.write(part)
    return ExitCode.OK


def _parts(
    session: SessionState, rows: Rows, form: Format, invocation: Invocation
) -> Iterator[str]:
    if form is Format.REPORT:
        return report(session, rows, versions(invocation.env))
    return markdown(session, rows)


def _say_written(progress: ProgressLine, share: float) -> None:
    """Say how much is written, unless what is written is itself in sight."""
    if sys.stdout.isatty():
        progress.clear()
    else:
        progress.say("writing", share)
