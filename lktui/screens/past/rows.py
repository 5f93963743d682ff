"""Past sessions as rows and as stories."""

from __future__ import annotations

from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, seconds
from lktui.screens.words import moment, time_of_day
from lktui.store.record import PastSession
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("when", 8, 8),
    Column("outcome", 25, 25, elastic=False),
    Column("room", 20, 30, elastic=True, rooms=True),
    Column("profile", 10, 16),
    Column("turns", 5, 5, align="right"),
    Column("lasted", 6, 6, align="right"),
)
_DAY_S = 86_400.0


def row_of(session: PastSession, now: float, *, marked: bool) -> Row:
    """Make a session's row.

    Args:
        session: As the record has it.
        now: Wall-clock seconds.
        marked: Whether actions are for it.
    """
    kind, words = state_of(session)
    turns = UNKNOWN if session.turns is None else in_five_cells(session.turns)
    return Row(
        session.id,
        (
            Cell(_when(session.opened_wall, now), "$muted", session.opened_wall),
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind], words),
            Cell(session.room or UNKNOWN, sort=session.room or None),
            Cell(session.profile, sort=session.profile),
            Cell(turns, sort=session.turns),
            Cell(lasted(session), sort=session.lasted_s),
        ),
        marked=marked,
    )


def state_of(session: PastSession) -> tuple[StateKind, str]:
    """Say how a session ended, or that it goes on."""
    found = session.outcome
    if found is not None and not found.ok:
        return found.kind, found.words
    if session.ended_wall is None:
        return StateKind.WAITING, "goes on"
    return StateKind.OVER, "ended"


def lasted(session: PastSession) -> str:
    """Write how long it lasted, in six cells: `42 s`, `4 min`, `2 h`."""
    lasted_s = session.lasted_s
    if lasted_s is None:
        return UNKNOWN
    if lasted_s < 99.5:  # noqa: PLR2004 - two figures
        return f"{lasted_s:.0f} s"
    minutes = round(lasted_s / 60)
    return f"{minutes} min" if minutes < 100 else f"{round(minutes / 60)} h"  # noqa: PLR2004 - two figures


def in_five_cells(count: int) -> str:
    """Write how many there are: `99999`, from there on `100k`."""
    return str(count) if count < 100_000 else f"{count // 1000}k"  # noqa: PLR2004 - five figures


def story_of(session: PastSession) -> DetailView:
    """Tell what is known of a session before it is opened."""
    kind, words = state_of(session)
    found = session.outcome
    went_wrong = found is not None and not found.ok
    long = seconds(session.lasted_s) if session.lasted_s is not None else UNKNOWN
    labels: tuple[tuple[str, str], ...] = (
        ("agent", session.agent or UNKNOWN),
        ("room", session.room or UNKNOWN),
        ("lasted", long),
        ("id", session.id),
    )
    if found is not None and went_wrong:
        labels = (("seen", "; ".join(found.seen)), ("cause", found.cause), *labels)
    return DetailView(kind, found.summary if found is not None else words, labels)


def _when(wall: float, now: float) -> str:
    """Write a moment in at most 8 cells: `14:02:38`, or `Nov 21` if it is a day ago or more."""
    return time_of_day(wall) if now - wall < _DAY_S else moment(wall, now)
