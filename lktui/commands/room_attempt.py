"""What `dispatch` and `retry` share: one attempt in a room, judged by a hidden watch."""

from __future__ import annotations

import argparse
import secrets
import sys

import msgspec

from lktui.commands.diagnostics import fail, hint
from lktui.commands.headless import Headless
from lktui.commands.probe_report import AttemptResult, agent_of
from lktui.core.commands import DispatchInto, EndSession
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import SessionId
from lktui.core.fold import State
from lktui.core.problems import ExitCode, ProblemCode
from lktui.core.profile import Profile
from lktui.core.session import SessionState
from lktui.core.signs import GLYPHS, took
from lktui.invocation import Invocation

OPEN_LIMIT_S = 60.0
"""The watch's connection and, before a retry, looking, deleting and waiting."""
END_LIMIT_S = 30.0
LONGEST_WAIT_S = 3600.0


class RoomAttempt(AttemptResult, frozen=True, kw_only=True):
    """The object of `dispatch` and `retry`: an attempt and its room (README, "dispatch")."""

    room: str


def seconds_to_wait(text: str) -> float:
    """Read a value of `--wait`.

    Raises:
        argparse.ArgumentTypeError: It is no such number.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(f"takes seconds, more than 0, at most {LONGEST_WAIT_S:g}")
    return value


async def attempt(
    engine: Headless, invocation: Invocation, profile: Profile, room: str, *, again: bool
) -> int:
    """Make the attempt, print what became of it, and give the exit code.

    Args:
        engine: Who does it.
        invocation: Whether a person agrees to everything, and how it is printed.
        profile: Its `agent_name`, `metadata` and `join_timeout` are those of this call.
        room: Where.
        again: Safely again: what is there under this name goes first.
    """
    session = await _watched(engine, profile, room, again=again, agreed=invocation.yes)
    if _asks(session) and not invocation.yes and sys.stdin.isatty() and session.problem:
        what = "Replace it" if again else "Dispatch a second one"
        print(f"{session.problem.summary}. {what}? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() in ("y", "yes"):
            session = await _watched(engine, profile, room, again=again, agreed=True)
    result = result_of(session, room)
    if invocation.json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        sys.stdout.write(describe(session, result) + "\n")
    sys.stdout.flush()
    if result.problem is not None:
        return fail(result.problem)
    if result.ok:
        kept = f"{result.dispatch_id} stays; `lktui cleanup run {result.dispatch_id}` withdraws it"
        hint(kept, quiet=invocation.quiet)
        return ExitCode.OK
    return ExitCode.NOT_READY


def _asks(session: SessionState) -> bool:
    return session.problem is not None and session.problem.code is ProblemCode.AGENT_ALIVE


async def _watched(
    engine: Headless, profile: Profile, room: str, *, again: bool, agreed: bool
) -> SessionState:
    """Wait for the verdict, then stop watching; the agent stays."""
    name = SessionId(secrets.token_hex(6))

    def now() -> SessionState:
        return engine.state.sessions.get(name) or SessionState(id=name, room=room)

    def decided(_state: State) -> bool:
        found = now().diagnosis
        return now().over or (found is not None and found.settled)

    engine.send(DispatchInto(session=name, profile=profile, room=room, again=again, agreed=agreed))
    await engine.until(decided, max(profile.join_timeout, LIST_TRUE_S) + OPEN_LIMIT_S)
    judged = now()
    if not judged.over:
        engine.send(EndSession(session=name))
    await engine.until(lambda _state: now().over, END_LIMIT_S)
    return judged


def result_of(session: SessionState, room: str) -> RoomAttempt:
    """Make the result of the newest attempt; of none if it did not come to that."""
    found, last = session.diagnosis, session.attempt
    ok = found is not None and found.ok
    return RoomAttempt(
        room=room,
        n=last.n if last is not None else 0,
        ok=ok,
        outcome=_outcome(session),
        problem=session.problem or (found.problem() if found is not None else None),
        dispatch_id=last.dispatch_id if last is not None else "",
        agent=agent_of(session.agent),
        timings_ms=session.timings,
        seen=found.seen if found is not None else (),
    )


def _outcome(session: SessionState) -> str:
    """Give the verdict's code; where nothing was tried, why."""
    found = session.problem
    if found is not None and found.code in (ProblemCode.ROOM_MISSING, ProblemCode.AGENT_ALIVE):
        return found.code.value
    return session.outcome


def describe(session: SessionState, result: RoomAttempt) -> str:
    """Write an attempt for people: verdict, what it rests on, steps."""
    found = session.diagnosis
    sign = f"{GLYPHS[found.kind]} " if found is not None else ""
    headline = found.summary if found is not None else result.outcome
    lines = [f"{sign}{session.agent_name}  {headline}", f"  {result.room}"]
    lines += [f"  seen: {seen}" for seen in result.seen]
    lines += [
        f"  {step.at_s:7.3f}  {step.short:<32}{took(step.took_ms):>9}".rstrip()
        for step in sorted(session.story, key=lambda step: step.at_s)
    ]
    return "\n".join(lines)
