"""Reading the record: the list of sessions and the events of each, without taking part in work.

Whoever reads holds a connection that cannot write, beside the engines that do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Literal, Self

import msgspec

from lktui.core.events import AnySessionEvent, SessionId
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.core.verdict import Diagnosis
from lktui.store.paths import Paths
from lktui.store.session_index import outcome_of

MAX_LISTED = 5000
_BUSY_S = 5.0
_LATER = (("agent", "''"), ("room", "''"), ("turns", "NULL"))
"""Columns that a journal lacks which no engine of this version has opened yet, and what for."""


class PastSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the record."""

    id: SessionId
    profile: str
    agent: str
    room: str
    opened_wall: float
    """Seconds since the epoch."""
    ended_wall: float | None
    """None: it goes on, or its engine died and nobody has taken it over yet."""
    outcome: Diagnosis | None
    turns: int | None
    """None: nothing was said, or texts were kept out of the record."""

    @property
    def lasted_s(self) -> float | None:
        """How long it lasted, if it is over."""
        return None if self.ended_wall is None else max(0.0, self.ended_wall - self.opened_wall)


def list_sessions(
    paths: Paths, *, limit: int = MAX_LISTED, profile: str = ""
) -> tuple[PastSession, ...]:
    """List the sessions of the record, the newest first; none if there is no record yet.

    Args:
        paths: Where the record is.
        limit: At most so many.
        profile: Only those of this one; empty: of all.

    Raises:
        PortError: STATE_UNUSABLE: the file is no journal, or cannot be read.
    """
    if not paths.journal.exists():
        return ()
    with _reading(paths) as db:
        known = {row[1] for row in db.execute("PRAGMA table_info(session)")}
        agent, room, turns = (name if name in known else instead for name, instead in _LATER)
        rows = db.execute(
            f"SELECT id, profile, {agent}, {room}, opened_wall, ended_wall, outcome, {turns}"  # noqa: S608 - names of ours
            " FROM session WHERE ? IN ('', profile)"
            " ORDER BY opened_wall DESC, rowid DESC LIMIT ?",
            (profile, limit),
        ).fetchall()
    return tuple(_session(*row) for row in rows)


def _session(  # noqa: PLR0917 - the columns of the query, in its order
    session: str,
    profile: str,
    agent: str,
    room: str,
    opened_wall: float,
    ended_wall: float | None,
    outcome: bytes | None,
    turns: int | None,
) -> PastSession:
    return PastSession(
        id=SessionId(session),
        profile=profile,
        agent=agent,
        room=room,
        opened_wall=opened_wall,
        ended_wall=ended_wall,
        outcome=outcome_of(outcome),
        turns=turns,
    )


class SessionReader:
    """Reads the events of one session in their order, some at a time; close it.

    Raises:
        PortError: STATE_UNUSABLE, here and from `read`: the file cannot be read.
    """

    def __init__(self, paths: Paths, session: SessionId) -> None:
        self._paths, self._session = paths, session
        self._after = 0
        self._decoder = msgspec.json.Decoder(AnySessionEvent)
        self.skipped = 0
        """Events of another version, which this one does not know."""
        with _told(paths):
            self._db = _connect(paths)
            self._first, self._last = self._place("min"), self._place("max")
            self.is_over = self._is_over()

    @property
    def progress(self) -> float:
        """Tell how much is read, 0 to 1: by places in the file, for counting takes its time."""
        if self._last <= self._first:
            return 1.0
        read = (self._after - self._first) / (self._last - self._first)
        return max(0.0, min(1.0, read))

    def _place(self, which: Literal["min", "max"]) -> int:
        asked = f"SELECT coalesce({which}(id), 0) FROM event WHERE session = ?"  # noqa: S608 - ours
        return int(self._db.execute(asked, (self._session,)).fetchone()[0])

    def _is_over(self) -> bool:
        """Tell whether the session has ended, whatever of it is read so far."""
        asked = "SELECT ended_wall IS NOT NULL FROM session WHERE id = ?"
        found = self._db.execute(asked, (self._session,)).fetchone()
        return found is None or bool(found[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def read(self, count: int) -> list[AnySessionEvent]:
        """Give the next events, at most `count`; none when all were read."""
        events: list[AnySessionEvent] = []
        while not events:
            with _told(self._paths):
                rows = self._db.execute(
                    "SELECT id, body FROM event WHERE session = ? AND id > ? ORDER BY id LIMIT ?",
                    (self._session, self._after, count),
                ).fetchall()
            if not rows:
                break
            self._after = rows[-1][0]
            events = list(self._decoded(body for _, body in rows))
        return events

    def _decoded(self, bodies: Iterator[bytes]) -> Iterator[AnySessionEvent]:
        decode = self._decoder.decode
        for body in bodies:
            try:
                yield decode(body)
            except msgspec.MsgspecError:
                self.skipped += 1


def _connect(paths: Paths) -> sqlite3.Connection:
    return sqlite3.connect(f"{paths.journal.as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)


@contextmanager
def _reading(paths: Paths) -> Iterator[sqlite3.Connection]:
    with _told(paths), closing(_connect(paths)) as db:
        yield db


@contextmanager
def _told(paths: Paths) -> Iterator[None]:
    """Turn what SQLite says into a Problem."""
    try:
        yield
    except sqlite3.Error as error:
        why, shown = clean_detail(str(error)), clean(str(paths.journal))
        found = problem(ProblemCode.STATE_UNUSABLE, subject=shown, path=shown, why=why)
        raise PortError(found) from error
