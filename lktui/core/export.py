"""A session as text that leaves the program: Markdown for people, JSONL for `lktui replay`.

A view of the same state that the screens show. Text of others cannot become markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from lktui.core.attempt import Attempt
from lktui.core.events import AnySessionEvent, CleanupResult
from lktui.core.sanitize import without_tokens
from lktui.core.session import SessionState
from lktui.core.shown_rows import Rows, each_once
from lktui.core.signs import UNKNOWN, clock, seconds, took
from lktui.core.story import StoryLine
from lktui.core.transcript import Row
from lktui.core.verdict import Diagnosis

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_LINE_START = re.compile(r"^(\s*)([-+](?=\s)|\d+[.)](?=\s)|=+$)")
_ENDS = {
    CleanupResult.DONE: "done: the room is gone",
    CleanupResult.LEFT: "left the room",
    CleanupResult.PENDING: "was still going on",
    CleanupResult.KEPT: "the room was kept",
    CleanupResult.NOT_OURS: "the room was not ours",
}


class Format(StrEnum):
    """How a session is written; the values are those of `--format`."""

    MARKDOWN = "md"
    EVENTS = "jsonl"
    REPORT = "report"

    @property
    def suffix(self) -> str:
        """The end of a file's name."""
        return {"md": ".md", "jsonl": ".jsonl", "report": ".report.md"}[self.value]


_encode = msgspec.json.Encoder().encode


def event_line(event: AnySessionEvent) -> str:
    """Write an event as a line of JSONL, with its line break."""
    return _encode(event).decode() + "\n"


def spoken_line(row: Row, started_at: float) -> str:
    """Write a row as `1:46 checkout: TEXT (interrupted)`, for clipboards and pipes.

    Args:
        row: A line or a fact.
        started_at: From when its time counts.
    """
    mark = f" ({row.mark})" if row.mark else ""
    return f"{clock(row.at - started_at)} {row.speaker}: {row.text}{mark}"


def markdown(session: SessionState, rows: Rows) -> Iterator[str]:
    """Write a session for people.

    Args:
        session: What is known of it.
        rows: Its transcript.

    Yields:
        Parts of the text, in their order.
    """
    yield f"# Conversation with {_plain(_agent(session))}\n\n"
    yield from _head(session)
    yield from _verdict(session.diagnosis)
    yield "\n## Transcript\n\n"
    yield from _transcript(session, rows)


def report(session: SessionState, rows: Rows, versions: Mapping[str, str]) -> Iterator[str]:
    """Write all that somebody needs who is to find out what went wrong; no secrets.

    Args:
        session: What is known of it.
        rows: Its transcript.
        versions: Of the programs that took part, by name.

    Yields:
        Parts of the text, in their order.
    """
    yield f"# lktui bug report: {_plain(_agent(session))}\n\n"
    yield from _head(session)
    yield "\n## Versions\n\n"
    for name, version in versions.items():
        yield f"- {_plain(name)}: {_plain(version)}\n"
    for attempt in session.attempts:
        yield f"\n## Attempt {attempt.n}\n\n"
        yield from _attempt(attempt, session)
    if not session.attempts or session.diagnosis is not session.attempts[-1].diagnosis:
        yield from _verdict(session.diagnosis)
    if session.problem is not None:
        yield f"\n- last problem: {_plain(session.problem.line)}\n"
        if session.problem.detail:
            yield f"- in its own words: {_plain(session.problem.detail)}\n"
    yield "\n## Timeline\n\n| s | what | | took |\n|---:|---|---|---:|\n"
    for told in session.story:
        yield _story_line(told)
    yield "\n## Transcript\n\n"
    yield from _transcript(session, rows)


def _head(session: SessionState) -> Iterator[str]:
    facts = (
        ("profile", session.profile),
        ("agent", _agent(session)),
        ("room", session.room or UNKNOWN),
        ("server", session.url),
        ("began", _moment(session.opened_wall)),
        ("lasted", seconds(session.phase_at - session.opened_at) if session.over else "goes on"),
        ("turns", str(session.turns)),
        ("cleanup", _ENDS[session.cleanup] if session.cleanup is not None else "goes on"),
        ("session", session.id),
    )
    for name, value in facts:
        yield f"- {name}: {_plain(value)}\n"


def _verdict(found: Diagnosis | None) -> Iterator[str]:
    if found is None:
        return
    yield f"\n**{_plain(found.summary)}** (`{found.code.value}`)\n\n"
    for name, value in (
        ("seen", "; ".join(found.seen)),
        ("cause", found.cause),
        ("do", found.resolution),
    ):
        if value:
            yield f"- {name}: {_plain(value)}\n"


def _attempt(attempt: Attempt, session: SessionState) -> Iterator[str]:
    yield f"- began: {seconds(attempt.began_at - session.opened_at)} after the start\n"
    yield f"- dispatch: {_plain(attempt.dispatch_id or UNKNOWN)}\n"
    for job in attempt.jobs:
        yield f"- job: {_plain(job.id)}, {job.status.value}, {_plain(job.identity or UNKNOWN)}\n"
    if attempt.agent is not None:
        pong = attempt.agent.pong_ms
        told = f"first pong after {took(pong)}" if pong is not None else "no pong"
        yield f"- agent: {_plain(attempt.agent.identity)}, {told}\n"
    yield from _verdict(attempt.diagnosis)


def _story_line(told: StoryLine) -> str:
    cells = (f"{told.at_s:.3f}", _plain(told.what), _plain(told.text), took(told.took_ms))
    return f"| {' | '.join(cells)} |\n"


def _transcript(session: SessionState, rows: Rows) -> Iterator[str]:
    if not len(rows):
        yield "Nobody said anything.\n"
    for row in each_once(rows):
        yield _row(row, session) + "\n"


def _row(row: Row, session: SessionState) -> str:
    at, name, text = clock(row.at - session.opened_at), _plain(row.speaker), _plain(row.text)
    notes = [str(row.mark)] if row.mark else []
    if row.took_s is not None:
        notes.append(seconds(row.took_s))
    behind = f" *({', '.join(notes)})*" if notes else ""
    if row.role is None:
        return f"- `{at}` *{name}: {text}*{behind}"
    return f"- `{at}` **{name}:** {text}{behind}"


def _agent(session: SessionState) -> str:
    agent = session.agent
    return (agent.name if agent is not None else "") or session.agent_name or "an agent"


def _moment(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(text: str) -> str:
    """Write a text of others so that it is read as it is: no markup, one line, no token."""
    lines = without_tokens(text).splitlines() or [""]
    escaped = (_LINE_START.sub(_escape_first, _MARKUP.sub(r"\\\1", line)) for line in lines)
    return "<br>".join(escaped)


def _escape_first(found: re.Match[str]) -> str:
    """Take from a sign at the start of a line what makes it a list."""
    blanks, sign = found.groups()
    return f"{blanks}{sign[:-1]}\\{sign[-1]}"


class NoEventsError(ValueError):
    """The lines are no export of ours; the message says which line and why."""


_decoder = msgspec.json.Decoder(AnySessionEvent)


def read_events(lines: Iterable[bytes]) -> Iterator[AnySessionEvent]:
    """Read an export of events back; blank lines are passed over.

    Raises:
        NoEventsError: A line is no event that this version knows.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise NoEventsError(f"line {number}: {error}") from error
