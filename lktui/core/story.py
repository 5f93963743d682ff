"""The timeline of a session in words: one line for each thing that happened."""

from __future__ import annotations

import msgspec

from lktui.core.events import (
    CleanupResult,
    LinkChanged,
    LinkState,
    RetryPlanned,
    RetryStep,
    SessionEnded,
    Step,
    StepDone,
)
from lktui.core.problems import Problem
from lktui.core.signs import GLYPHS, StateKind, seconds
from lktui.core.verdict import Diagnosis, Outcome


class StoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the timeline."""

    at_s: float
    """Seconds since the session was opened: when a call began, or a thing was seen."""
    what: str
    """One word, for the speaker's column: room, join, dispatch, job, verdict, retry 2."""
    short: str
    """At most 30 cells, for the story beside a verdict."""
    text: str
    took_ms: float | None = None
    kind: StateKind | None = None
    attempt: int = 1


_CALLS = frozenset(
    {
        Step.ROOM,
        Step.TOKEN,
        Step.CONNECT,
        Step.DISPATCH,
        Step.LOOKED,
        Step.DISPATCH_DELETED,
        Step.AGENT_REMOVED,
        Step.ROOM_DELETED,
        Step.LEFT,
    }
)
"""Things that we do: they are told at the time they began, all others when they were seen."""

_WORDS: dict[Step, tuple[str, str, str]] = {
    Step.ROOM: ("room", "room {subject}", "{subject}"),
    Step.TOKEN: ("token", "token received", "received from {subject}"),
    Step.CONNECT: ("join", "joined: {name}", "as {subject}"),
    Step.DISPATCH: ("dispatch", "dispatch sent", "{subject}"),
    Step.JOBS: ("job", "{name}", "{subject}"),
    Step.JOINED: ("agent", "agent joined", "{subject} joined"),
    Step.READY: ("agent", "● ready: {name}", "● ready: {subject}"),
    Step.FIRST_REPLY: ("agent", "first words", "first words"),
    Step.STATE: ("agent", "{name}", "{subject}"),
    Step.LOOKED: ("look", "looked: {name}", "looked: {subject}"),
    Step.DISPATCH_DELETED: ("dispatch", "dispatch deleted", "{subject} deleted"),
    Step.AGENT_GONE: ("agent", "old agent left", "{subject} has left"),
    Step.AGENT_REMOVED: ("agent", "agent removed", "{subject} removed"),
    Step.LEFT: ("leave", "left the room", "left the room"),
    Step.ROOM_DELETED: ("room", "room deleted", "deleted"),
    Step.CLEANUP: ("cleanup", "cleaned up", "cleaned up"),
    Step.LINK: ("link", "{name}", "{subject}"),
}

_ENDS: dict[CleanupResult, tuple[str, StateKind]] = {
    CleanupResult.DONE: ("ended; room gone", StateKind.OVER),
    CleanupResult.LEFT: ("ended; left the room", StateKind.OVER),
    CleanupResult.PENDING: ("ended; cleanup goes on", StateKind.WAITING),
    CleanupResult.KEPT: ("ended; room kept", StateKind.OVER),
    CleanupResult.NOT_OURS: ("ended; room not ours", StateKind.OVER),
}

_LINKS: dict[LinkState, tuple[str, StateKind]] = {
    LinkState.CONNECTED: ("link is back", StateKind.READY),
    LinkState.RECONNECTING: ("link lost, reconnecting", StateKind.STALE),
    LinkState.LOST: ("link lost", StateKind.FAILED),
}


_ROOM_GONE = ("ROOM_CLOSED", "ROOM_DELETED")
"""Names of livekit.DisconnectReason with which nothing of ours is lost."""


def of_step(event: StepDone, since_s: float) -> StoryLine:
    """Tell a step; the subject's first words, up to a semicolon, are its short form."""
    what, short, text = _WORDS[event.step]
    name = event.subject.partition(";")[0]
    at_s = event.at - since_s
    if event.step in _CALLS and event.took_ms is not None:
        at_s -= event.took_ms / 1000
    return StoryLine(
        at_s=max(0.0, at_s),
        what=what,
        short=short.format(subject=event.subject, name=name),
        text=text.format(subject=event.subject, name=name),
        took_ms=event.took_ms,
        kind=StateKind.READY if event.step is Step.READY else None,
        attempt=event.attempt,
    )


def of_verdict(diagnosis: Diagnosis, at_s: float, took_ms: float, attempt: int) -> StoryLine | None:
    """Tell a verdict; readiness is told by its step, and waiting is none."""
    if diagnosis.code in (Outcome.WAITING, Outcome.READY):
        return None
    text = f"{GLYPHS[diagnosis.kind]} {diagnosis.words}"
    return StoryLine(
        at_s=at_s,
        what="verdict",
        short=text,
        text=text,
        took_ms=took_ms,
        kind=diagnosis.kind,
        attempt=attempt,
    )


def of_problem(problem: Problem, at_s: float, attempt: int) -> StoryLine:
    """Tell a problem."""
    text = f"{GLYPHS[StateKind.FAILED]} {problem.summary}"
    return StoryLine(
        at_s=at_s,
        what="error",
        short=text,
        text=text,
        kind=StateKind.FAILED,
        attempt=attempt,
    )


def of_retry(event: RetryStep, since_s: float) -> StoryLine:
    """Tell a step of a retry."""
    return StoryLine(
        at_s=event.at - since_s,
        what=f"retry {event.attempt}",
        short=f"{event.number} {event.text.partition(';')[0]}",
        text=event.text,
        attempt=event.attempt,
    )


def of_plan(event: RetryPlanned, since_s: float) -> StoryLine:
    """Tell what will be tried again unasked, and why."""
    last = ", the last one" if event.last else ""
    return StoryLine(
        at_s=event.at - since_s,
        what=f"retry {event.attempt}",
        short=f"next try in {seconds(event.delay_s)}",
        text=f"next try in {seconds(event.delay_s)}{last}: {event.why}",
        attempt=event.attempt,
    )


def of_link(event: LinkChanged, since_s: float, attempt: int) -> StoryLine:
    """Tell what became of our connection."""
    words, kind = _LINKS[event.state]
    if event.reason in _ROOM_GONE:
        words, kind = "the room is gone", StateKind.OVER
    return StoryLine(
        at_s=event.at - since_s,
        what="link",
        short=f"{GLYPHS[kind]} {words}",
        text=f"{GLYPHS[kind]} {words}" + (f": {event.reason}" if event.reason else ""),
        kind=kind,
        attempt=attempt,
    )


def of_end(
    event: SessionEnded, since_s: float, attempt: int, *, watched: bool = False
) -> StoryLine:
    """Tell how the session ended; a watch leaves everything as it is."""
    words, kind = _ENDS[event.cleanup]
    if watched:
        words = "watch ended" + ("; agent stays" if event.made else "")
    if not event.made and event.cleanup is CleanupResult.DONE:
        words = "ended; nothing was made"
    return StoryLine(
        at_s=event.at - since_s,
        what="end",
        short=f"{GLYPHS[kind]} {words}",
        text=words,
        took_ms=event.took_ms,
        kind=kind,
        attempt=attempt,
    )
