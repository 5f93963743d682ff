"""The journal: every event, every session, every cleanup item, in one SQLite file.

What safety rests on is durable when a call returns (WAL, synchronous=FULL): the room before the
server has it. Text is committed in batches. Several engines share the file: an item belongs to one
of them, which alone may change it; one whose owner is dead may be taken over, one that rests may
be claimed. A row that is not ours any more is never written.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from lktui.core.agent_events import ToolUpdated
from lktui.core.cleanup import OVER, RESTING, CleanupItem
from lktui.core.events import (
    AnySessionEvent,
    Noted,
    ProfileOutcome,
    SegmentUpdated,
    SessionId,
)
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.store import pruning, salvage
from lktui.store.files import make_private_folder
from lktui.store.owners import Owners, is_held
from lktui.store.paths import Paths
from lktui.store.pruning import Keep
from lktui.store.salvage import Salvaged
from lktui.store.session_index import TABLE, SessionIndex, add_later_columns, read_outcomes

SCHEMA = 1
_TEXTS = (SegmentUpdated, ToolUpdated, Noted)
"""What holds words of the conversation."""
_BUSY_S = 5.0
_log = logging.getLogger(__name__)
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
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
        self._path, self._keeps_text = paths.journal, keeps_text
        self._owners = Owners(paths.owners_dir)
        self.owner = self._owners.me
        self._index = SessionIndex(self.owner)
        self._known: set[str] = set()
        self._pending: list[AnySessionEvent] = []
        self._version = 0
        self._encode = msgspec.json.Encoder().encode
        self.salvaged: Salvaged | None = None
        """What became of the file that was here before, if it was damaged."""
        make_private_folder(paths.state_dir)
        with self._guarded():
            self._owners.hold()
            try:
                with self._owners.alone():
                    self._mend()
                    self._db = self._open()
                self.installation = self._read_installation()
            except BaseException:
                self._owners.let_go()
                raise

    def close(self) -> None:
        """Write out what is pending and let go."""
        self.flush()
        self.let_go()

    def let_go(self) -> None:
        """Leave all to whoever takes over; what is pending is not written."""
        self._db.close()
        self._owners.let_go()

    # --- items ------------------------------------------------------------------------------

    def put_item(self, item: CleanupItem) -> bool:
        """Record an item as it is now; durable when it returns.

        Returns:
            False if it is not ours any more: another engine has claimed it, or a person has had it
            forgotten. Then nothing was written.
        """
        self.flush()
        over, body = item.state in OVER, self._encode(item)
        with self._guarded():
            if item.id in self._known:
                written = self._db.execute(
                    "UPDATE item SET over = ?, body = ? WHERE id = ? AND owner = ?",
                    (over, body, item.id, self.owner),
                )
            else:
                written = self._db.execute(
                    "INSERT INTO item (id, owner, over, body) VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (id) DO UPDATE SET over = excluded.over, body = excluded.body"
                    " WHERE item.owner = excluded.owner",
                    (item.id, self.owner, over, body),
                )
        if written.rowcount > 0:
            self._known.add(item.id)
            return True
        self._known.discard(item.id)
        return False

    def forget_item(self, item_id: str) -> None:
        """Take an item of ours out for good."""
        with self._guarded():
            self._db.execute("DELETE FROM item WHERE id = ? AND owner = ?", (item_id, self.owner))
        self._known.discard(item_id)

    def claim(self, ids: Iterable[str]) -> tuple[CleanupItem, ...]:
        """Take items from living engines; those that are in use or worked on stay theirs."""
        claimed: list[CleanupItem] = []
        with self._guarded(), self._transaction():
            for item_id in ids:
                row = self._db.execute(
                    "SELECT body FROM item WHERE id = ? AND owner <> ?", (item_id, self.owner)
                ).fetchone()
                for item in _items([row] if row else []):
                    if item.state in RESTING:
                        self._db.execute(
                            "UPDATE item SET owner = ? WHERE id = ?", (self.owner, item.id)
                        )
                        claimed.append(item)
        self._known.update(item.id for item in claimed)
        return tuple(claimed)

    def own_ids(self) -> frozenset[str]:
        """Name the items that are ours, as the file has it."""
        with self._guarded():
            rows = self._db.execute("SELECT id FROM item WHERE owner = ?", (self.owner,))
            return frozenset(row[0] for row in rows)

    def open_items(self) -> tuple[CleanupItem, ...]:
        """Read every item that is not over, whoever owns it."""
        with self._guarded():
            rows = self._db.execute("SELECT body FROM item WHERE over = 0 ORDER BY rowid")
            return tuple(_items(rows.fetchall()))

    def forgotten(self, ids: Iterable[str]) -> frozenset[str]:
        """Name those of some items that a person has had forgotten: nothing of them is left."""
        ask = "SELECT 1 FROM item WHERE id = ?"
        with self._guarded():
            return frozenset(one for one in ids if not self._db.execute(ask, (one,)).fetchone())

    def take_over(self) -> Abandoned:
        """Make ours what dead engines left: their open items, and their sessions without an end."""
        items: list[CleanupItem] = []
        sessions: list[SessionId] = []
        with self._guarded():
            for owner in self._other_owners():
                with self._owners.dead(owner) as dead:
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
        self._known.update(item.id for item in items)
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
        return sorted((listed | self._owners.on_disk()) - {self.owner})

    def changed_elsewhere(self) -> bool:
        """Tell whether another process has written since this was last asked."""
        with self._guarded():
            version = int(self._db.execute("PRAGMA data_version").fetchone()[0])
        before, self._version = self._version, version
        return version != before

    # --- the record -------------------------------------------------------------------------

    def append(self, event: AnySessionEvent) -> None:
        """Keep an event for the next `flush`; the caller flushes every 250 ms at most."""
        if self._is_kept(event):
            self._pending.append(event)

    def commit(self, event: AnySessionEvent) -> None:
        """Make an event durable, after what was appended before; if that fails it is not kept."""
        if not self._is_kept(event):
            return
        self._pending.append(event)
        try:
            self.flush()
        except PortError:
            self._pending.pop()
            raise

    def _is_kept(self, event: AnySessionEvent) -> bool:
        return self._keeps_text or not isinstance(event, _TEXTS)

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
                self._index.write(self._db, event)
            self._index.finish(self._db)
        self._pending.clear()

    def next_to_leave(self, keep: Keep, now: float) -> SessionId | None:
        """Name the session that has to leave next; None when the record is within its limits."""
        with self._guarded():
            return pruning.next_to_leave(self._db, keep, now)

    def may_leave(self, session: SessionId) -> bool:
        """Tell whether a session is over and nothing of it has to be cleaned up."""
        self.flush()
        with self._guarded():
            return pruning.may_leave(self._db, session)

    def delete_some(self, session: SessionId) -> bool:
        """Delete a part of a session that may leave; True when all of it is gone."""
        with self._guarded(), self._transaction():
            return pruning.delete_some(self._db, session)

    def give_back_some(self) -> bool:
        """Make the file smaller by some of its free pages; True while there are more."""
        with self._guarded():
            return pruning.give_back_some(self._db)

    def outcomes(self) -> tuple[ProfileOutcome, ...]:
        """Read the last verdict of each profile."""
        with self._guarded():
            return read_outcomes(self._db)

    # --- the disk ---------------------------------------------------------------------------

    def _mend(self) -> None:
        """Set a damaged file aside, unless others work with it, and carry over what can be read."""
        salvage.finish_interrupted(self._path)
        if not salvage.is_damaged(self._path):
            return
        if any(self._owners.lives(other) for other in self._owners.on_disk() - {self.owner}):
            why = "the journal is damaged, and another lktui works with it: end that first"
            raise PortError(_problem(self._path, why))
        self.salvaged = salvage.mend(self._path, _TABLES + TABLE)

    def _open(self) -> sqlite3.Connection:
        # Where a lock has to be waited for, it is opened beside the loop that will use it.
        db = sqlite3.connect(self._path, _BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            os.chmod(self._path, 0o600)  # noqa: PTH101 - transcripts are private
            # For a new file only, and only before its first page is written.
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            # Engines open one after another: this change does not wait for its lock.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.executescript(_TABLES + TABLE)
            add_later_columns(db)
        except BaseException:
            db.close()
            raise
        return db

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
            if salvage.is_damage(error):
                salvage.note_damage(self._path)
            raise _unusable(self._path, error) from error

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

    One whose engine has died is shown as whoever takes it over will find it.

    Raises:
        PortError: STATE_UNUSABLE: the file is no journal, or cannot be read.
    """
    if not paths.journal.exists():
        return ()
    try:
        rows = _rows_of_open_items(paths.journal)
        return tuple(
            item if is_held(paths.owners_dir / Path(owner).name) else item.abandoned()
            for owner, body in rows
            for item in _items([(body,)])
        )
    except (sqlite3.Error, OSError) as error:
        raise _unusable(paths.journal, error) from error


def _rows_of_open_items(path: Path) -> list[tuple[str, bytes]]:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            return _owned_bodies(db)
    except sqlite3.OperationalError as error:
        log = Path(f"{path}-wal")
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY or (log.exists() and log.stat().st_size):
            raise
        # Where the disk takes no file, SQLite cannot make its shared memory; without a log beside
        # it the file is whole as it is.
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as db:
            return _owned_bodies(db)


def _owned_bodies(db: sqlite3.Connection) -> list[tuple[str, bytes]]:
    """Read the rows; none where an engine died between making the file and its tables."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'item'").fetchall():
        return []
    question = "SELECT owner, body FROM item WHERE over = 0 ORDER BY rowid"
    return db.execute(question).fetchall()


def _unusable(path: Path, error: Exception) -> PortError:
    return PortError(_problem(path, clean_detail(str(error))))


def _problem(path: Path, why: str) -> Problem:
    shown = clean(str(path))
    return problem(ProblemCode.STATE_UNUSABLE, subject=shown, detail=why, path=shown, why=why)
