"""Conversations and listed rooms as rows and as stories."""

from __future__ import annotations

from lktui.core.actions import ActionId, key_of
from lktui.core.events import CleanupResult, LinkState, ListedRoom, Phase
from lktui.core.fold import RoomsView
from lktui.core.listed_room import find, known_agents
from lktui.core.row_state import row_state
from lktui.core.session import SessionState
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, age, seconds, took
from lktui.core.watch_actions import worries_of
from lktui.screens.chrome import attention_of
from lktui.screens.words import in_seconds, since_start, time_of_day
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
_WATCHED = " · watched"
_MAX_WORDS = 23
_QUIET = (StateKind.OVER, StateKind.STALE)
_NEXT = "dispatch again with the same metadata; the old identity is kept out for 20 s"
_AWAY = (
    "the server or the network is away; the agent may still be there: a server's restart keeps its"
    " job alive"
)
_ENDS = {
    CleanupResult.DONE: "Ended; the server has said that the room is gone",
    CleanupResult.LEFT: "Ended; left the room, which nobody here may delete",
    CleanupResult.PENDING: "Ended; the cleanup goes on",
    CleanupResult.KEPT: "Ended; the room is kept",
    CleanupResult.NOT_OURS: "Ended; the room is not ours",
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
    kind, words = _state_of_session(session, now)
    attention = attention_of(session)
    if attention in seen:
        attention = ""
    bold = " bold" if attention else ""
    tone = "$muted" if kind in _QUIET else "$foreground"
    ready = ready_after(session)
    agent = session.agent_name or (session.agent.name if session.agent else "") or UNKNOWN
    lasted = wall - session.opened_wall
    whose = "ours" if session.ours or not (session.room or session.watched) else "theirs"
    return Row(
        session.id,
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind] + bold, words),
            Cell(session.room or UNKNOWN, tone, session.room),
            Cell(agent, tone, agent),
            Cell(in_seconds(ready), _tone(ready), ready),
            Cell(in_seconds(session.reply_s), _tone(session.reply_s), session.reply_s),
            Cell(str(listed.people) if listed else UNKNOWN, "$muted", _people(listed)),
            Cell(whose, "$muted", whose),
            Cell(age(lasted), "$muted", lasted),
        ),
        attention,
    )


def _state_of_session(session: SessionState, now: float) -> tuple[StateKind, str]:
    kind, words = row_state(session, now)
    told = words + _WATCHED
    watched = session.watched and kind is StateKind.READY and len(told) <= _MAX_WORDS
    return kind, told if watched else words


def kind_of_session(session: SessionState, now: float) -> StateKind:
    """Say what kind of state a conversation's row tells of."""
    return row_state(session, now)[0]


def ready_after(session: SessionState) -> float | None:
    """Give the seconds from the last dispatch to ready; None if it never was, or is not known."""
    found, attempt = session.diagnosis, session.attempt
    if session.watched and attempt is not None and attempt.timings.dispatch is None:
        return None
    if found is not None and found.ready_s is not None:
        return found.ready_s
    if attempt is None or attempt.timings.ready is None:
        return None
    began_ms = attempt.timings.dispatch
    if began_ms is None:
        began_ms = (attempt.began_at - session.opened_at) * 1000
    return max(0.0, attempt.timings.ready - began_ms) / 1000


def row_of_room(room: ListedRoom, *, wall: float, stale: bool, ours: bool) -> Row:
    """Make the row of a room that is no conversation of ours.

    Args:
        room: As the server lists it.
        wall: Wall-clock seconds.
        stale: Whether the list could not be read since.
        ours: Whether it was made here and is in the queue.
    """
    whose = "ours" if ours else "theirs"
    kind, words = _state_of_room(room, wall, stale=stale)
    tone = "$muted" if kind in _QUIET else "$foreground"
    agent = ", ".join(room.agents or known_agents(room)) or UNKNOWN
    people = str(room.people) if room.looked else UNKNOWN
    lasted = wall - room.made_at
    return Row(
        room_key(room),
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind], words),
            Cell(room.name, tone, room.name),
            Cell(agent, tone, agent),
            Cell(UNKNOWN, "$muted"),
            Cell(UNKNOWN, "$muted"),
            Cell(people, "$muted", float(room.people)),
            Cell(whose, "$muted", whose),
            Cell(age(lasted), "$muted", lasted),
        ),
    )


def _state_of_room(room: ListedRoom, wall: float, *, stale: bool) -> tuple[StateKind, str]:
    """Say what is known of a room from the server's lists alone."""
    found = find(room, wall)
    if stale and found.kind is not StateKind.STALE:
        passes = found.kind in (StateKind.READY, StateKind.WARNING, StateKind.WAITING)
        return StateKind.STALE, f"was {found.words}" if passes else found.words
    return found.kind, found.words


def kind_of_room(room: ListedRoom, wall: float, *, stale: bool) -> StateKind:
    """Say what kind of state a room's row tells of."""
    return _state_of_room(room, wall, stale=stale)[0]


def _tone(value: float | None) -> str:
    return "$muted" if value is None else "$foreground"


def _people(listed: ListedRoom | None) -> float | None:
    return float(listed.people) if listed is not None else None


def story_of_session(session: SessionState, now: float) -> DetailView:
    """Tell how a conversation came to where it is."""
    kind, headline = _headline(session, now)
    link_lost = session.link is LinkState.RECONNECTING and not session.over
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
        does = ("next", _NEXT) if session.phase is Phase.RETRYING else ("do", found.resolution)
        labels = (
            ("seen", "; ".join(found.seen)),
            ("cause", found.cause),
            does,
            ("worry", worries_of(session)[1]),
            ("last", session.last_line),
            ("reply", _replies(session)),
        )
    if link_lost:
        lost_at = session.opened_wall + session.link_at - session.opened_at
        labels = (
            ("seen", f"the link to the server was lost at {time_of_day(lost_at)}"),
            ("cause", _AWAY),
            ("do", "nothing: lktui reconnects by itself"),
        )
    return DetailView(kind, headline, labels, steps)


def _replies(session: SessionState) -> str:
    if session.reply_s is None:
        return ""
    return f"{session.turns} lines so far; the last reply began after {seconds(session.reply_s)}"


def _headline(session: SessionState, now: float) -> tuple[StateKind, str]:
    kind, words = row_state(session, now)
    found = session.diagnosis
    if session.phase is Phase.RETRYING and session.retry is not None:
        retry = session.retry
        return kind, f"Retry {retry.attempt}, step {retry.number} of 4: {retry.text}"
    if session.phase is Phase.ENDED and session.cleanup is not None and words == "ended":
        return kind, _ENDS[session.cleanup]
    if kind is StateKind.STALE:
        return kind, f"{words.capitalize()} {seconds(now - session.link_at)} ago; unknown since"
    if found is not None and session.phase is not Phase.ENDING:
        return found.kind if found.settled else kind, found.summary
    return kind, words.capitalize()


def story_of_room(
    room: ListedRoom, old: RoomsView | None, wall: float, *, ours: bool
) -> DetailView:
    """Tell what is known of a room that is no conversation of ours.

    Args:
        room: As the server lists it.
        old: The list of rooms, if it could not be read since.
        wall: Seconds since the epoch.
        ours: Whether it was made here and is in the queue.
    """
    found = find(room, wall)
    cleanup = key_of(ActionId.SHOW_CLEANUP)
    maker = "no conversation of yours: made by another program or person"
    if ours:
        maker = f"made here, perhaps in use by another lktui: {cleanup} Cleanup tells"
    if old is None or old.problem is None:
        return DetailView(
            found.kind,
            found.headline,
            (
                ("seen", "; ".join(found.seen)),
                ("cause", found.cause),
                ("do", found.resolution),
                ("is", maker),
            ),
        )
    lasted = max(0, round(wall - old.read_wall))
    return DetailView(
        StateKind.STALE,
        f"Was {found.words} {lasted} s ago; unknown since",
        (
            ("seen", f"the list of rooms was last read at {time_of_day(old.read_wall)}"),
            ("cause", f"{old.problem.summary}: {old.problem.cause}"),
            ("do", "nothing: lktui reads the list again by itself"),
        ),
    )
