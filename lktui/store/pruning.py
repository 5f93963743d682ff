"""Which sessions leave the record: those that are named, old, or too many bytes in all.

Never one that goes on or that has a cleanup item which is not over: its record is how people find
out what is left behind.
"""

from __future__ import annotations

import sqlite3

import msgspec

from lktui.core.event import SessionId

DAY_S = 86_400.0


class Keep(msgspec.Struct, frozen=True):
    """How much of the record is kept."""

    days: float = 90.0
    """Sessions that began earlier leave; 0 keeps them however old."""
    megabytes: float = 500.0
    """When the record takes more, the oldest leave; 0 is no limit."""


SLICE_EVENTS = 2000
"""Deleting so many takes 10 ms; meanwhile the engine does nothing else."""


SLICE_PAGES = 256
"""Giving so many back, a megabyte, takes some 5 ms."""
FREE_PAGES = 256
"""So many stay in the file for what is written next."""


def may_leave(db: sqlite3.Connection, session: SessionId) -> bool:
    """Tell whether a session is over and nothing of it has to be cleaned up."""
    found = db.execute("SELECT ended_wall FROM session WHERE id = ?", (session,)).fetchone()
    return found is not None and found[0] is not None and session not in _held(db)


def delete_some(db: sqlite3.Connection, session: SessionId) -> bool:
    """Delete a session's last events, and with the first of them the session; True when all is.

    What is left in between is still a session, only shorter, and leaves later.
    """
    deleted = db.execute(
        "DELETE FROM event WHERE id IN"
        " (SELECT id FROM event WHERE session = ? ORDER BY id DESC LIMIT ?)",
        (session, SLICE_EVENTS),
    ).rowcount
    if deleted == SLICE_EVENTS:
        return False
    db.execute("DELETE FROM session WHERE id = ?", (session,))
    return True


def give_back_some(db: sqlite3.Connection) -> bool:
    """Make the file smaller by some of its free pages; True while there are more to give back.

    A file that an earlier lktui has made keeps its size: its free pages are only written anew.
    """
    free = _figure(db, "freelist_count")
    if free <= FREE_PAGES:
        return False
    db.execute(f"PRAGMA incremental_vacuum({SLICE_PAGES})").fetchall()
    left = _figure(db, "freelist_count")
    if FREE_PAGES < left < free:
        return True
    # Only then is the file itself cut; who still reads an older state is not waited for.
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return False


def next_to_leave(db: sqlite3.Connection, keep: Keep, now: float) -> SessionId | None:
    """Name the session that has to leave next; None when the record is within its limits.

    Args:
        db: The journal.
        keep: The limits.
        now: Wall-clock seconds.
    """
    oldest = _oldest(db)
    if oldest is None:
        return None
    session, ended_wall = oldest
    too_old = keep.days > 0 and ended_wall < now - keep.days * DAY_S
    too_much = keep.megabytes > 0 and _used_bytes(db) > keep.megabytes * 1e6
    return session if too_old or too_much else None


def _oldest(db: sqlite3.Connection) -> tuple[SessionId, float] | None:
    """Find the session that has been over for longest, of those that may leave."""
    held = _held(db)
    rows = db.execute(
        "SELECT id, ended_wall FROM session WHERE ended_wall IS NOT NULL"
        " ORDER BY ended_wall LIMIT ?",
        (len(held) + 1,),
    )
    return next(((SessionId(row[0]), row[1]) for row in rows if row[0] not in held), None)


def _held(db: sqlite3.Connection) -> set[str]:
    """Name the sessions of items that are not over, also those of another version's."""
    bodies = db.execute("SELECT body FROM item WHERE over = 0").fetchall()
    held = set()
    for (body,) in bodies:
        try:
            held.add(msgspec.json.decode(body, type=_OfSession).session)
        except msgspec.MsgspecError:
            continue
    return held


class _OfSession(msgspec.Struct):
    """What of an item matters here."""

    session: str = ""


def _used_bytes(db: sqlite3.Connection) -> int:
    """Count the bytes of the file that are in use: some free pages stay in it."""
    used = _figure(db, "page_count") - _figure(db, "freelist_count")
    return used * _figure(db, "page_size")


def _figure(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
