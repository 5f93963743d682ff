"""The journal: every event, every session, every cleanup item, in one SQLite file.

What safety rests on is durable when a call returns (WAL, synchronous=FULL): the room before the
server has it. Text is committed in batches. Several engines share the file; each holds a lock
file by flock, which the kernel frees at its death, however it dies: an item whose owner's lock is
free may be taken over (a process id proves nothing, a killed engine can stay as a zombie).
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from lktui.core.cleanup import OVER, CleanupItem
from lktui.core.events import (
    AnySessionEvent,
    ProblemRaised,
    ProfileOutcome,
    SegmentUpdated,
    SessionEnded,
    SessionId,
    SessionOpened,
    VerdictReached,
)
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.core.verdict import Diagnosis, diagnosis_of
from lktui.store.files import make_private_folder
from lktui.store.paths import Paths

SCHEMA = 1
_BUSY_S = 5.0
_log = logging.getLogger(__name__)
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, profile TEXT NOT NULL, opened_wall REAL NOT NULL,
    ended_wall REAL, outcome BLOB
);
CREATE INDEX IF NOT EXISTS session_profile ON session (profile, opened_wall);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL, wall REAL NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS event_session ON event (session, id);
CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, over INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS item_over ON item (over);
"""


class Abandoned(msgspec.Struct, frozen=True):
    """What engines that died have left: now ours."""

    items: tuple[CleanupItem, ...]
    sessions: tuple[SessionId, ...]


class Journal:
    """The record of one state folder, opened for writing by one engine.

    Args:
        paths: Where the file and the owners' locks are.
        keeps_text: False keeps what is said out of the record; never the cleanup items.

    Raises:
        PortError: STATE_UNUSABLE, here and from every method, when the disk does not take it.
    """

    def __init__(self, paths: Paths, *, keeps_text: bool = True) -> None:
        self._path, self._locks, self._keeps_text = paths.journal, paths.owners_dir, keeps_text
        self.owner = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._pending: list[AnySessionEvent] = []
        self._version = 0
        self._encode = msgspec.json.Encoder().encode
        make_private_folder(paths.state_dir)
        make_private_folder(self._locks)
        with self._guarded():
            self._lock = self._hold_lock()
            try:
                with self._alone():
                    self._db = self._open()
                self.installation = self._read_installation()
            except BaseException:
                self._let_go()
                raise

    def close(self) -> None:
        """Write out what is pending and let go of the lock."""
        self.flush()
        self._db.close()
        self._let_go()

    # --- items ------------------------------------------------------------------------------

    def put_item(self, item: CleanupItem) -> None:
        """Record an item as it is now, owned by this engine; durable when it returns."""
        self.flush()
        with self._guarded():
            self._db.execute(
                "INSERT OR REPLACE INTO item (id, owner, over, body) VALUES (?, ?, ?, ?)",
                (item.id, self.owner, item.state in OVER, self._encode(item)),
            )

    def forget_item(self, item_id: str) -> None:
        """Take an item out for good."""
        with self._guarded():
            self._db.execute("DELETE FROM item WHERE id = ?", (item_id,))

    def open_items(self) -> tuple[CleanupItem, ...]:
        """Read every item that is not over, whoever owns it."""
        with self._guarded():
            rows = self._db.execute("SELECT body FROM item WHERE over = 0 ORDER BY rowid")
            return tuple(_items(rows.fetchall()))

    def take_over(self) -> Abandoned:
        """Make ours what dead engines left: their open items, and their sessions without an end."""
        items: list[CleanupItem] = []
        sessions: list[SessionId] = []
        with self._guarded():
            for owner in self._other_owners():
                with self._dead(owner) as dead:
                    if dead:
                        # One transaction: the lock file of an engine that ended in order is gone.
                        with self._transaction():
                            items += self._adopt(owner)
                            sessions += self._abandoned_sessions(owner)
        return Abandoned(tuple(items), tuple(sessions))

    def _adopt(self, owner: str) -> list[CleanupItem]:
        rows = self._db.execute("SELECT body FROM item WHERE over = 0 AND owner = ?", (owner,))
        items = list(_items(rows.fetchall()))
        self._db.execute("UPDATE item SET owner = ? WHERE owner = ?", (self.owner, owner))
        return items

    def _abandoned_sessions(self, owner: str) -> list[SessionId]:
        rows = self._db.execute(
            "SELECT id FROM session WHERE owner = ? AND ended_wall IS NULL", (owner,)
        ).fetchall()
        self._db.execute("UPDATE session SET owner = ? WHERE owner = ?", (self.owner, owner))
        return [SessionId(row[0]) for row in rows]

    def _other_owners(self) -> list[str]:
        rows = self._db.execute(
            "SELECT owner FROM item WHERE over = 0"
            " UNION SELECT owner FROM session WHERE ended_wall IS NULL"
        ).fetchall()
        listed = {row[0] for row in rows}
        on_disk = {path.name for path in self._locks.iterdir() if not path.name.startswith(".")}
        return sorted((listed | on_disk) - {self.owner})

    def changed_elsewhere(self) -> bool:
        """Tell whether another process has written since this was last asked."""
        with self._guarded():
            version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        before, self._version = self._version, version
        return version != before

    # --- the record -------------------------------------------------------------------------

    def append(self, event: AnySessionEvent) -> None:
        """Keep an event for the next `flush`; the caller flushes every 250 ms at most."""
        if self._keeps_text or not isinstance(event, SegmentUpdated):
            self._pending.append(event)

    def commit(self, event: AnySessionEvent) -> None:
        """Make an event durable, after what was appended before; if that fails it is not kept."""
        self._pending.append(event)
        try:
            self.flush()
        except PortError:
            self._pending.pop()
            raise

    def flush(self) -> None:
        """Commit what was appended, in one transaction; on failure it stays pending."""
        if not self._pending:
            return
        with self._guarded(), self._transaction():
            self._db.executemany(
                "INSERT INTO event (session, wall, body) VALUES (?, ?, ?)",
                [(event.session, event.wall, self._encode(event)) for event in self._pending],
            )
            for event in self._pending:
                self._index(event)
        self._pending.clear()

    def _index(self, event: AnySessionEvent) -> None:
        match event:
            case SessionOpened():
                self._db.execute(
                    "INSERT OR IGNORE INTO session (id, owner, profile, opened_wall)"
                    " VALUES (?, ?, ?, ?)",
                    (event.session, self.owner, event.profile, event.wall),
                )
            case SessionEnded():
                self._db.execute(
                    "UPDATE session SET ended_wall = ? WHERE id = ?", (event.wall, event.session)
                )
            case VerdictReached() if event.diagnosis.settled:
                self._put_outcome(event.session, event.diagnosis)
            case ProblemRaised() if event.fatal:
                self._put_outcome(event.session, diagnosis_of(event.problem))
            case _:
                pass

    def _put_outcome(self, session: SessionId, diagnosis: Diagnosis) -> None:
        self._db.execute(
            "UPDATE session SET outcome = ? WHERE id = ?", (self._encode(diagnosis), session)
        )

    def outcomes(self) -> tuple[ProfileOutcome, ...]:
        """Read the last verdict of each profile."""
        with self._guarded():
            rows = self._db.execute(
                "SELECT profile, outcome, max(opened_wall) FROM session"
                " WHERE outcome IS NOT NULL GROUP BY profile"
            ).fetchall()
        outcomes = []
        for profile, body, wall in rows:
            try:
                diagnosis = msgspec.json.decode(body, type=Diagnosis)
            except msgspec.MsgspecError:
                continue  # written by another version: better none than a wrong one
            outcomes.append(ProfileOutcome(profile=profile, diagnosis=diagnosis, wall=wall))
        return tuple(outcomes)

    # --- the disk ---------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            os.chmod(self._path, 0o600)  # noqa: PTH101 - transcripts are private
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(_TABLES)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let engines open one after another: the change to WAL does not wait for its lock."""
        folder = os.open(self._locks, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self._path, error) from error

    def _hold_lock(self) -> int:
        """Make our lock under another name first, so that nobody finds it free."""
        hidden = self._locks / f".{self.owner}"
        descriptor = os.open(hidden, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        hidden.rename(self._locks / self.owner)
        return descriptor

    def _let_go(self) -> None:
        os.close(self._lock)
        (self._locks / self.owner).unlink(missing_ok=True)

    @contextmanager
    def _dead(self, owner: str) -> Iterator[bool]:
        """Hold the lock of an owner that is dead, so that only one engine takes it over."""
        path = self._locks / Path(owner).name
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            yield True
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
                path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _read_installation(self) -> str:
        fresh = "".join(secrets.choice(_ALPHABET) for _ in range(4))
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('installation', ?)", (fresh,))
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (str(SCHEMA),))
        row = self._db.execute("SELECT value FROM meta WHERE key = 'installation'").fetchone()
        return str(row[0])


def _items(rows: list[tuple[bytes]]) -> Iterator[CleanupItem]:
    for (body,) in rows:
        try:
            yield msgspec.json.decode(body, type=CleanupItem)
        except msgspec.MsgspecError as error:
            _log.warning("an item of another version is passed over: %s", error)


def read_open_items(paths: Paths) -> tuple[CleanupItem, ...]:
    """Read every item that is not over, without taking part in the work; none if no journal is.

    Raises:
        PortError: STATE_UNUSABLE: the file is no journal, or cannot be read.
    """
    if not paths.journal.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{paths.journal.as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT body FROM item WHERE over = 0 ORDER BY rowid").fetchall()
            return tuple(_items(rows))
    except sqlite3.Error as error:
        raise _unusable(paths.journal, error) from error


def engine_at_work(paths: Paths) -> bool:
    """Tell whether any engine, whoever started it, works on this state folder now."""
    locks = paths.owners_dir.iterdir() if paths.owners_dir.is_dir() else ()
    return any(_is_held(path) for path in locks)


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _unusable(path: Path, error: Exception) -> PortError:
    why = clean_detail(str(error))
    shown = clean(str(path))
    return PortError(problem(ProblemCode.STATE_UNUSABLE, subject=shown, path=shown, why=why))
