"""A damaged journal: what can be read of it is carried over, the file itself is set aside.

It is never overwritten. The new file is whole before the old one is moved, so that a death at any
moment leaves one of both to be found at the next start.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from lktui.core.cleanup import OVER, CleanupItem, ItemState
from lktui.core.events import AnySessionEvent
from lktui.store.session_index import LATER_COLUMNS, SessionIndex, add_later_columns

_log = logging.getLogger(__name__)
_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF
"""The primary code within an extended one."""
_CHECKED = ("meta", "item")
"""What safety rests on; the record, which may be large, shows its damage when it is used."""
_SESSION = "id, owner, profile, opened_wall, ended_wall, outcome"
_COLUMNS = (
    ("meta", "key, value"),
    ("session", ", ".join((_SESSION, *LATER_COLUMNS))),
    ("session", _SESSION),  # of an earlier lktui, which no later one has opened whole
    ("item", "id, owner, over, body"),
    ("event", "id, session, wall, body"),
)
_ITEM_START = re.compile(rb'\{"id":"')
_MAX_BODY_BYTES = 1 << 16
_RESTS = 2
_OPEN = 1
_UNKNOWN_OWNER = "salvaged"
_BUSY_S = 5.0


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a damaged journal."""

    aside: Path
    """Where it is now."""
    items: int
    """Items that are not over and were carried over."""


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is wrong, and not its place or its lock."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and code is not None and (
        code & _PRIMARY in _CORRUPT_CODES
    )  # fmt: skip


def is_damaged(path: Path) -> bool:
    """Look whether a journal can be trusted; one that is not there can.

    Raises:
        sqlite3.Error: It cannot be looked at: locked, or its folder unusable.
    """
    if _note(path).exists():
        return path.exists()
    if not path.exists():
        return False
    try:
        with closing(_reading(path)) as db:
            present = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
            return any(
                db.execute(f"PRAGMA quick_check('{table}')").fetchone()[0] != "ok"
                for table in _CHECKED
                if table in present
            )
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return True
        raise


def note_damage(path: Path) -> None:
    """Remember that the file proved damaged while it was used: the next start sets it aside."""
    with suppress(OSError):
        _note(path).touch(mode=0o600)


def finish_interrupted(path: Path) -> None:
    """Complete what an engine began that died while it mended the journal."""
    mended = _mended(path)
    if not mended.exists():
        return
    if path.exists():
        mended.unlink()  # the old file is still there, so it is mended anew
        return
    _move_aside(path)
    mended.replace(path)


def mend(path: Path, tables: str) -> Salvaged:
    """Put a sound journal in the place of a damaged one.

    Args:
        path: The journal, which nobody else uses now.
        tables: The statements that make those of a new one.

    Raises:
        OSError, sqlite3.Error: It could not be done; the damaged file is untouched.
    """
    mended = _mended(path)
    mended.unlink(missing_ok=True)
    mended.touch(mode=0o600)
    with closing(sqlite3.connect(mended, isolation_level=None)) as new:
        new.execute("PRAGMA synchronous = FULL")
        new.execute("PRAGMA auto_vacuum = INCREMENTAL")
        new.executescript(tables)
        add_later_columns(new)
        new.execute("BEGIN")
        for table, columns in _COLUMNS:
            places = ", ".join("?" * len(columns.split(", ")))
            statement = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 - ours
            new.executemany(statement, _readable(path, table, columns))
        _carve_into(new, path)
        _index_again(new)
        new.execute("COMMIT")
        (items,) = new.execute("SELECT count(*) FROM item WHERE over = 0").fetchone()
    aside = _move_aside(path)
    mended.replace(path)
    _note(path).unlink(missing_ok=True)
    _log.error("the journal was damaged; it is now %s, %d items carried over", aside, items)
    return Salvaged(aside=aside, items=items)


# --- reading what is left -----------------------------------------------------------------------


def _readable(path: Path, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Read a table from both ends, each way up to where it is damaged."""
    with suppress(sqlite3.Error), closing(_reading(path)) as old:
        for direction in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                yield from old.execute(
                    f"SELECT {columns} FROM {table} NOT INDEXED ORDER BY rowid {direction}"  # noqa: S608 - ours
                )


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_BUSY_S)


def _index_again(new: sqlite3.Connection) -> None:
    """Make the rows that are lost of sessions whose events are there: they follow from these."""
    lost = new.execute(
        "SELECT DISTINCT session FROM event WHERE session NOT IN (SELECT id FROM session)"
    ).fetchall()
    decode = msgspec.json.Decoder(AnySessionEvent).decode
    for (session,) in lost:
        index = SessionIndex(_UNKNOWN_OWNER)
        bodies = new.execute("SELECT body FROM event WHERE session = ? ORDER BY id", (session,))
        for (body,) in bodies.fetchall():
            with suppress(msgspec.MsgspecError):
                index.write(new, decode(body))
        index.finish(new)


def _carve_into(new: sqlite3.Connection, path: Path) -> None:
    """Add the items whose rows cannot be read as such: their bodies are JSON, found by the eye.

    Old versions of a row may be among them. One that was ever over is over; one that was ever to
    rest rests; all else is due: what is gone already the server says.
    """
    (read,) = new.execute("SELECT count(*) FROM item").fetchone()
    known = {row[0] for row in new.execute("SELECT id FROM item")} if read else set()
    found: dict[str, tuple[int, CleanupItem]] = {}
    over: set[str] = set()
    for item in _carved(path):
        if item.state in OVER:
            over.add(item.id)
        rests = item.state is ItemState.KEPT or item.keep
        rank = _RESTS if rests else _OPEN
        before = found.get(item.id)
        if before is None or rank >= before[0]:
            found[item.id] = (rank, item)
    for item_id, (rank, item) in found.items():
        if item_id not in known and item_id not in over:
            kept = item.kept() if rank == _RESTS else item.abandoned()
            new.execute(
                "INSERT OR IGNORE INTO item (id, owner, over, body) VALUES (?, ?, 0, ?)",
                (kept.id, _UNKNOWN_OWNER, msgspec.json.encode(kept)),
            )


def _carved(path: Path) -> Iterable[CleanupItem]:
    for file in (path, Path(f"{path}-wal")):
        try:
            raw = file.read_bytes()
        except OSError:
            continue
        for start in _ITEM_START.finditer(raw):
            text = raw[start.start() : start.start() + _MAX_BODY_BYTES].decode("utf-8", "replace")
            with suppress(ValueError, RecursionError, msgspec.MsgspecError):
                body, _ = json.JSONDecoder().raw_decode(text)
                yield msgspec.convert(body, type=CleanupItem)


# --- moving -------------------------------------------------------------------------------------


def _move_aside(path: Path) -> Path:
    """Move the file and what belongs to it to a name that nothing bears; the file first."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}-{os.urandom(2).hex()}")
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{path}{ending}").rename(f"{aside}{ending}")
    return aside


def _mended(path: Path) -> Path:
    return path.with_name(f"{path.name}.mended")


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.is-damaged")
