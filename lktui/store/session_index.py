"""What the list of past sessions shows of each, written beside the events it follows from."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict

import msgspec

from lktui.core.events import (
    AnySessionEvent,
    Connected,
    ProblemRaised,
    ProfileOutcome,
    RoomOpened,
    SegmentUpdated,
    SessionEnded,
    SessionId,
    SessionOpened,
    VerdictReached,
)
from lktui.core.turn_count import TurnCount
from lktui.core.verdict import Diagnosis, diagnosis_of

TABLE = """
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, profile TEXT NOT NULL, opened_wall REAL NOT NULL,
    ended_wall REAL, outcome BLOB
);
CREATE INDEX IF NOT EXISTS session_profile ON session (profile, opened_wall);
"""
LATER_COLUMNS = {"room": "TEXT NOT NULL DEFAULT ''", "agent": "TEXT NOT NULL DEFAULT ''",
                 "turns": "INTEGER"}  # fmt: skip
_MAX_COUNTED = 512
"""Sessions whose turns are counted at once; far more than go on."""
_encode = msgspec.json.Encoder().encode


def add_later_columns(db: sqlite3.Connection) -> None:
    """Give a table that an earlier lktui has made the columns it lacks."""
    known = {row[1] for row in db.execute("PRAGMA table_info(session)")}
    for name, kind in LATER_COLUMNS.items():
        if name not in known:
            db.execute(f"ALTER TABLE session ADD COLUMN {name} {kind}")


class SessionIndex:
    """Keeps the rows of the sessions of one engine.

    Args:
        owner: The engine, by the name of its lock.
    """

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._counts: OrderedDict[SessionId, TurnCount] = OrderedDict()
        self._counted: set[SessionId] = set()

    def write(self, db: sqlite3.Connection, event: AnySessionEvent) -> None:
        """Take over what an event tells, in the transaction that writes it."""
        match event:
            case SessionOpened():
                db.execute(
                    "INSERT OR IGNORE INTO session (id, owner, profile, opened_wall, agent)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (event.session, self._owner, event.profile, event.wall, event.agent_name),
                )
            case RoomOpened() | Connected():
                _set(db, event.session, "room", event.room)
            case SessionEnded():
                _set(db, event.session, "ended_wall", event.wall)
            case VerdictReached() if event.diagnosis.settled:
                _set(db, event.session, "outcome", _encode(event.diagnosis))
            case ProblemRaised() if event.fatal:
                _set(db, event.session, "outcome", _encode(diagnosis_of(event.problem)))
            case SegmentUpdated():
                self._count(event)
            case _:
                pass

    def _count(self, event: SegmentUpdated) -> None:
        self._counts.setdefault(event.session, TurnCount()).take(event)
        self._counted.add(event.session)

    def finish(self, db: sqlite3.Connection) -> None:
        """Write what is written once for many events, in the same transaction."""
        for session in self._counted:
            _set(db, session, "turns", self._counts[session].turns)
        self._counted.clear()
        while len(self._counts) > _MAX_COUNTED:
            self._counts.popitem(last=False)


def _set(db: sqlite3.Connection, session: SessionId, column: str, value: object) -> None:
    db.execute(f"UPDATE session SET {column} = ? WHERE id = ?", (value, session))  # noqa: S608 - a name of ours


def read_outcomes(db: sqlite3.Connection) -> tuple[ProfileOutcome, ...]:
    """Read the last verdict of each profile."""
    rows = db.execute(
        "SELECT profile, outcome, max(opened_wall) FROM session"
        " WHERE outcome IS NOT NULL GROUP BY profile"
    ).fetchall()
    outcomes = []
    for profile, body, wall in rows:
        diagnosis = outcome_of(body)
        if diagnosis is not None:
            outcomes.append(ProfileOutcome(profile=profile, diagnosis=diagnosis, wall=wall))
    return tuple(outcomes)


def outcome_of(body: bytes | None) -> Diagnosis | None:
    """Read a verdict; one that another version has written is better none than a wrong one."""
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=Diagnosis)
    except msgspec.MsgspecError:
        return None
