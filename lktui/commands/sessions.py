"""`lktui sessions`: the sessions of the record, the newest first."""

from __future__ import annotations

import argparse
import sys
import time

import msgspec

from lktui.commands.diagnostics import hint
from lktui.commands.text_table import table_lines
from lktui.core.problems import ExitCode
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, seconds
from lktui.core.verdict import Outcome
from lktui.invocation import Invocation
from lktui.store.record import PastSession, list_sessions

LIMIT = 50


class SessionResult(msgspec.Struct, frozen=True, kw_only=True):
    """One session as scripts see it (README, "sessions")."""

    id: str
    profile: str
    agent: str
    room: str
    began: float
    """Seconds since the epoch."""
    lasted_s: float | None
    outcome: str
    turns: int | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "--limit", type=int, default=LIMIT, metavar="N", help=f"the newest N ({LIMIT})"
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    sessions = list_sessions(
        invocation.paths, limit=max(0, args.limit), profile=invocation.profile or ""
    )
    if invocation.json:
        results = [_result(session) for session in sessions]
        sys.stdout.write(msgspec.json.encode({"sessions": results}).decode() + "\n")
        return ExitCode.OK
    rows = [_row(session) for session in sessions]
    if rows:
        heads = ("began", "outcome", "profile", "room", "turns", "lasted", "id")
        sys.stdout.write("\n".join(table_lines(heads, rows)) + "\n")
    else:
        hint("The record holds no session.", quiet=invocation.quiet)
    return ExitCode.OK


def _result(session: PastSession) -> SessionResult:
    lasted_s = session.lasted_s
    return SessionResult(
        id=session.id,
        profile=session.profile,
        agent=session.agent,
        room=session.room,
        began=round(session.opened_wall, 3),
        lasted_s=None if lasted_s is None else round(lasted_s, 3),
        outcome=(session.outcome.code if session.outcome is not None else Outcome.WAITING).value,
        turns=session.turns,
    )


def _row(session: PastSession) -> tuple[str, ...]:
    kind, words = StateKind.OVER, "ended"
    if session.outcome is not None and not session.outcome.ok:
        kind, words = session.outcome.kind, session.outcome.words
    elif session.ended_wall is None:
        kind, words = StateKind.WAITING, "goes on"
    return (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(session.opened_wall)),
        f"{GLYPHS[kind]} {words}",
        session.profile,
        session.room or UNKNOWN,
        UNKNOWN if session.turns is None else str(session.turns),
        UNKNOWN if session.lasted_s is None else seconds(session.lasted_s),
        session.id,
    )
