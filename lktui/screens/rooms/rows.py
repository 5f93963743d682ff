"""Conversations and listed rooms as rows and as stories."""

from __future__ import annotations

from lktui.core.events import CleanupResult, ListedRoom, Phase
from lktui.core.session import SessionState, row_state
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, age, took
from lktui.screens.chrome import attention_of
from lktui.screens.words import in_seconds, since_start
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView, Step
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("outcome", 25, 26, gap=1),
    Column("room", 24, 33, elastic=True, rooms=True),
    Column("agent", 11, 16, leave=5),
    Column("ready", 6, 6, leave=4, align="right"),
    Column("reply", 0, 6, leave=3, align="right"),
    Column("people", 0, 6, leave=2, align="right"),
    Column("whose", 0, 6, leave=1),
    Column("age", 4, 4, align="right"),
)
_QUIET = (StateKind.OVER, StateKind.STALE)
_AGENT_STATES = {
    "initializing": StateKind.WAITING,
    "idle": StateKind.READY,
    "listening": StateKind.READY,
    "thinking": StateKind.READY,
    "speaking": StateKind.READY,
}
_ENDS = {
    CleanupResult.DONE: "Ended; the server has said that the room is gone",
    CleanupResult.LEFT: "Ended; left the room, which nobody here may delete",
    CleanupResult.PENDING: "Ended; the cleanup goes on",
    CleanupResult.KEPT: "Ended; the room is kept",
    CleanupResult.NOT_OURS: "Ended; the room is not ours and stays",
}


def room_key(room: ListedRoom) -> str:
    """Give the key of a listed room's row: other than any session's."""
    return f"room:{room.name}"


def row_of_session(
    session: SessionState,
    listed: ListedRoom | None,
    *,
    now: float,
    wall: float,
    seen: frozenset[str],
) -> Row:
    """Make the row of one of our conversations.

    Args:
        session: The conversation.
        listed: Its room as the server lists it, if it does.
        now: Seconds on the engine's clock.
        wall: Wall-clock seconds.
        seen: What the person has looked at.
    """
    kind, words = row_state(session, now)
    attention = attention_of(session)
    if attention in seen:
        attention = ""
    bold = " bold" if attention else ""
    tone = "$muted" if kind in _QUIET else "$foreground"
    ready = ready_after(session)
    agent = session.agent_name or (session.agent.name if session.agent else "") or UNKNOWN
    lasted = wall - session.opened_wall
    return Row(
        session.id,
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind] + bold, words),
            Cell(session.room or UNKNOWN, tone, session.room),
            Cell(agent, tone, agent),
            Cell(in_seconds(ready), _tone(ready), ready),
            Cell(in_seconds(session.reply_s), _tone(session.reply_s), session.reply_s),
            Cell(str(listed.people) if listed else UNKNOWN, "$muted", _people(listed)),
            Cell("ours" if session.ours or not session.room else "theirs", "$muted"),
            Cell(age(lasted), "$muted", lasted),
        ),
        attention,
    )


def ready_after(session: SessionState) -> float | None:
    """Give the seconds from the last dispatch to ready; None if it never was."""
    found, attempt = session.diagnosis, session.attempt
    if found is not None and found.ready_s is not None:
        return found.ready_s
    if attempt is None or attempt.timings.ready is None:
        return None
    began_ms = attempt.timings.dispatch
    if began_ms is None:
        began_ms = (attempt.began_at - session.opened_at) * 1000
    return max(0.0, attempt.timings.ready - began_ms) / 1000


def row_of_room(room: ListedRoom, *, wall: float, stale: bool) -> Row:
    """Make the row of a room that is no conversation of ours.

    Args:
        room: As the server lists it.
        wall: Wall-clock seconds.
        stale: Whether the list could not be read since.
    """
    kind, words = state_of_room(room, stale=stale)
    tone = "$muted" if kind in _QUIET else "$foreground"
    agent = ", ".join(room.agents) or UNKNOWN
    lasted = wall - room.made_at
    return Row(
        room_key(room),
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind], words),
            Cell(room.name, tone, room.name),
            Cell(agent, tone, agent),
            Cell(UNKNOWN, "$muted"),
            Cell(UNKNOWN, "$muted"),
            Cell(str(room.people), "$muted", float(room.people)),
            Cell("theirs", "$muted"),
            Cell(age(lasted), "$muted", lasted),
        ),
    )


def state_of_room(room: ListedRoom, *, stale: bool) -> tuple[StateKind, str]:
    """Say what is known of a room from its list of participants alone."""
    if not room.agents:
        kind, words = StateKind.OVER, "no agent"
    else:
        said = next((state for state in room.agent_states if state), "")
        kind = _AGENT_STATES.get(said, StateKind.WARNING)
        words = said if said in _AGENT_STATES else "joined, unconfirmed"
    return (StateKind.STALE, f"was {words}") if stale else (kind, words)


def _tone(value: float | None) -> str:
    return "$muted" if value is None else "$foreground"


def _people(listed: ListedRoom | None) -> float | None:
    return float(listed.people) if listed is not None else None


def story_of_session(session: SessionState, now: float) -> DetailView:
    """Tell how a conversation came to where it is."""
    kind, headline = _headline(session, now)
    found = session.diagnosis
    steps = tuple(
        Step(
            at=since_start(step.at_s),
            what=step.short,
            took=took(step.took_ms),
            kind=step.kind,
        )
        for step in sorted(session.story, key=lambda step: step.at_s)
    )
    labels: tuple[tuple[str, str], ...] = ()
    if found is not None:
        labels = (
            ("seen", "; ".join(found.seen)),
            ("cause", found.cause),
            ("do", found.resolution),
        )
    return DetailView(kind, headline, labels, steps)


def _headline(session: SessionState, now: float) -> tuple[StateKind, str]:
    kind, words = row_state(session, now)
    found = session.diagnosis
    if session.phase is Phase.RETRYING and session.retry is not None:
        retry = session.retry
        return kind, f"Retry {retry.attempt}, step {retry.number} of 4: {retry.text}"
    if session.phase is Phase.ENDED and session.cleanup is not None and words == "ended":
        return kind, _ENDS[session.cleanup]
    if found is not None and session.phase is not Phase.ENDING:
        return found.kind if found.settled else kind, found.summary
    return kind, words.capitalize()


def story_of_room(room: ListedRoom, *, stale: bool) -> DetailView:
    """Tell what is known of a room that is no conversation of ours."""
    kind, words = state_of_room(room, stale=stale)
    agents = ", ".join(
        f"{name} ({state})" if state else name
        for name, state in zip(room.agents, room.agent_states, strict=False)
    )
    return DetailView(
        kind,
        words.capitalize(),
        (
            ("seen", f"{room.people} in the room" + (f", agents: {agents}" if agents else "")),
            ("is", "no conversation of yours: made by another program or person"),
        ),
    )
