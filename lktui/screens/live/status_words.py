"""What composer and status line say of a session, in words."""

from __future__ import annotations

from textual.content import Content

from lktui.core.actions import ActionId, key_of
from lktui.core.events import Phase
from lktui.core.session import SessionState
from lktui.core.signs import StateKind, seconds
from lktui.core.transcript import Reply
from lktui.screens.live.replies import ReplyTimes
from lktui.widgets.drawing import Part, line, state


def takes_lines(session: SessionState) -> bool:
    """Tell whether one can type to the agent, at once or when it listens."""
    only_read = session.elsewhere or session.watched
    return session.phase not in (Phase.ENDING, Phase.ENDED) and not only_read


def composer_words(session: SessionState, waiting: int, *, typing: bool) -> str:
    """Say what can be done with the line.

    Args:
        session: The one that is shown.
        waiting: Lines that have not gone out.
        typing: Whether the cursor is in the line already.
    """
    if session.elsewhere:
        return "goes on in another lktui; here it is only read"
    if session.watched and not session.over:
        return "watching: nobody in the room sees you; nothing you type reaches the agent"
    if not takes_lines(session):
        ended = "over" if session.over else "ending"
        return f"{ended}: {key_of(ActionId.LIVE_START)} starts a new one"
    until = "here until the agent listens"
    told = ""
    if waiting:
        told = f"{_counted(waiting, 'line')} {'waits' if waiting == 1 else 'wait'} {until}"
    elif not session.alive:
        told = f"a line waits {until}"
    invited = "" if typing else f"{key_of(ActionId.LIVE_TYPE)} to type"
    return "; ".join(part for part in (invited, told) if part)


def counts(session: SessionState) -> Content:
    """Count the turns, and the attempts while they matter."""
    failed = sum(
        attempt.diagnosis is not None and attempt.diagnosis.settled and not attempt.diagnosis.ok
        for attempt in session.attempts
    )
    parts: list[Part] = []
    if session.turns:
        parts.append(_counted(session.turns, "turn"))
    if session.told.tools:
        parts.append(_counted(session.told.tools, "tool"))
    if session.told.tools_failed:
        parts.append(state(StateKind.FAILED, f"{session.told.tools_failed} failed"))
    if session.attempts and (failed or not session.turns):
        parts.append(_counted(len(session.attempts), "attempt"))
    if failed:
        parts.append(state(StateKind.FAILED, f"{failed} failed"))
    return line(*(piece for part in parts for piece in (part, "  ")))


def reply_words(times: ReplyTimes, slow_reply_s: float) -> Content:
    """Say how fast the agent answers."""
    return line(
        ("reply ", "$muted"),
        seconds(times.median_s),
        (" median  ", "$muted"),
        slowest_words(times.slowest, slow_reply_s),
        (" slowest", "$muted"),
    )


def slowest_words(slowest: Reply, slow_reply_s: float) -> Part:
    """Write the longest wait, marked if it is too long.

    Args:
        slowest: The reply that took longest.
        slow_reply_s: From when a reply is slow.
    """
    written = seconds(slowest.latency_s)
    slow = slowest.latency_s > slow_reply_s
    return state(StateKind.WARNING, written) if slow else written


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
