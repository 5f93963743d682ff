"""What `lktui probe` prints: the JSON object that scripts read, and the same for people."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lktui.commands.text_table import table_lines
from lktui.core.attempt import AgentView, Attempt, Timings
from lktui.core.problems import ExitCode, Problem
from lktui.core.session import SessionState
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, clock, seconds, took
from lktui.core.transcript import Transcript, TranscriptLine
from lktui.core.verdict import Outcome


class AgentResult(msgspec.Struct, frozen=True):
    """The agent of a run; `session` tells whether it answers pings."""

    identity: str
    name: str
    session: bool


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """One dispatch of a run."""

    n: int
    ok: bool
    outcome: str
    problem: Problem | None
    dispatch_id: str
    agent: AgentResult | None
    timings_ms: Timings
    seen: tuple[str, ...]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """The object of one run: an interface for scripts (README, "probe")."""

    ok: bool
    outcome: str
    problem: Problem | None
    profile: str
    room: str
    dispatch_id: str
    agent: AgentResult | None
    timings_ms: Timings
    attempts: list[AttemptResult]
    transcript: list[TranscriptLine]
    cleanup: str


class RunReport(msgspec.Struct, frozen=True):
    """A run's result with its exit code, and the state for the text form."""

    result: RunResult
    exit_code: ExitCode
    session: SessionState


def report_of(
    session: SessionState, transcript: Transcript, unanswered: Problem | None
) -> RunReport:
    """Make the report of a session that has ended, or should have.

    Args:
        session: The session's last state.
        transcript: What was said.
        unanswered: A line that got no reply.
    """
    found = session.diagnosis
    ok = found is not None and found.ok and unanswered is None and session.problem is None
    problem = unanswered or session.problem or (found.problem() if found else None)
    outcome = "no_reply" if unanswered is not None else session.outcome
    attempt = session.attempt
    result = RunResult(
        ok=ok,
        outcome=outcome,
        problem=problem,
        profile=session.profile,
        room=session.room,
        dispatch_id=attempt.dispatch_id if attempt else "",
        agent=agent_of(session.agent),
        timings_ms=session.timings,
        attempts=[_attempt(one, session) for one in session.attempts],
        transcript=transcript.as_lines(session.opened_at),
        cleanup=session.cleanup.value if session.cleanup else "pending",
    )
    return RunReport(result, _exit_code(result), session)


def describe(report: RunReport) -> str:
    """Write a run for people: verdict, steps, what was said, cleanup."""
    session, result = report.session, report.result
    kind = StateKind.READY if result.ok else StateKind.FAILED
    found = session.diagnosis
    headline = found.summary if found and result.problem is None else ""
    headline = result.problem.summary if result.problem is not None else headline
    lines = [f"{GLYPHS[kind]} {session.profile}  {headline or result.outcome}", f"  {result.room}"]
    lines += [
        f"  {line.at_s:7.3f}  {line.short:<32}{took(line.took_ms):>9}".rstrip()
        for line in sorted(session.story, key=lambda line: line.at_s)
    ]
    for said in result.transcript:
        latency = f"  ({seconds(said.latency_ms / 1000)})" if said.latency_ms is not None else ""
        lines.append(f"  {clock(said.at_ms / 1000):>5}  {said.speaker}: {said.text}{latency}")
    lines.append(f"  cleanup: {result.cleanup}")
    return "\n".join(lines)


def table(reports: Sequence[RunReport]) -> str:
    """Set several runs side by side, one a line."""
    rows = [_row(report) for report in reports]
    return "\n".join(table_lines(_HEADS, rows))


_HEADS = ("outcome", "profile", "agent", "ready", "reply", "cleanup", "room")


def _row(report: RunReport) -> tuple[str, ...]:
    session, result = report.session, report.result
    kind = StateKind.READY if result.ok else StateKind.FAILED
    found = session.diagnosis
    ready_s = found.ready_s if found is not None else None
    return (
        f"{GLYPHS[kind]} {result.outcome}",
        session.profile,
        session.agent_name or UNKNOWN,
        seconds(ready_s) if ready_s is not None else UNKNOWN,
        seconds(session.reply_s) if session.reply_s is not None else UNKNOWN,
        result.cleanup,
        result.room or UNKNOWN,
    )


def _exit_code(result: RunResult) -> ExitCode:
    if result.problem is not None:
        return result.problem.exit_code
    if not result.ok:
        return ExitCode.NOT_READY
    return ExitCode.CLEANUP_PENDING if result.cleanup == "pending" else ExitCode.OK


def agent_of(agent: AgentView | None) -> AgentResult | None:
    """Make what scripts see of an agent."""
    if agent is None:
        return None
    return AgentResult(agent.identity, agent.name, session=agent.pong_ms is not None)


def _attempt(attempt: Attempt, session: SessionState) -> AttemptResult:
    found = attempt.diagnosis
    code = found.code if found else Outcome.WAITING
    problem = found.problem() if found else None
    if problem is None and found is not None and not found.ok and found.settled:
        problem = session.problem  # finer than its outcome
    return AttemptResult(
        n=attempt.n,
        ok=found is not None and found.ok,
        outcome=code.value,
        problem=problem,
        dispatch_id=attempt.dispatch_id,
        agent=agent_of(attempt.agent),
        timings_ms=attempt.timings,
        seen=found.seen if found else (),
    )
