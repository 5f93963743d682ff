"""A damaged journal is set aside as it is, and what can be read of it goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.events import CleanupResult, SessionEnded
from lktui.core.problems import PortError, ProblemCode
from lktui.store import salvage
from lktui.store.journal import Journal, read_open_items
from lktui.store.paths import Paths
from lktui.store.record import PastSession, list_sessions
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import order

PAGE = 4096
ITEMS = 1 << 40
"""Stands for the page that holds an item in the middle, wherever that is."""


def item(name: str, **fields: object) -> CleanupItem:
    plain = CleanupItem(
        id=f"{name}:room", what=What.ROOM, name=name, room=name, profile="p", url="u"
    )
    return msgspec.structs.replace(plain, **fields)


def recorded(paths: Paths, *items: CleanupItem) -> str:
    """Write a journal of these items and close it; gives the installation."""
    journal = Journal(paths)
    for one in items:
        journal.put_item(one)
    name = journal.installation
    journal.close()
    return name


def damage(paths: Paths, start: int, length: int) -> bytes:
    """Overwrite a part of the file; gives all of it as it is then."""
    raw = bytearray(paths.journal.read_bytes())
    raw[start : start + length] = b"\xa5" * min(length, max(0, len(raw) - start))
    paths.journal.write_bytes(raw)
    return bytes(raw)


def aside(paths: Paths) -> list[Path]:
    found = paths.state_dir.glob("journal.sqlite.damaged-*")
    return sorted(path for path in found if not path.name.endswith(("-wal", "-shm")))


def names(paths: Paths) -> set[str]:
    return {one.name for one in read_open_items(paths)}


ROOMS = [item(f"room-{number:03}", state=ItemState.DUE) for number in range(300)]


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 100), (0, PAGE), (100, 8), (PAGE, 200), (ITEMS, PAGE // 2), (ITEMS + PAGE, 40)],
    ids=["header", "first page", "schema", "second page", "a page's head", "in a page"],
)
def test_no_item_that_is_still_legible_is_lost(paths: Paths, start: int, length: int) -> None:
    recorded(paths, *ROOMS)
    if start >= ITEMS:
        start += paths.journal.read_bytes().index(b'"name":"room-150"') // PAGE * PAGE - ITEMS
    before = damage(paths, start, length)
    legible = {one.name for one in ROOMS if f'"name":"{one.name}"'.encode() in before}
    journal = Journal(paths)
    journal.close()
    assert journal.salvaged is not None
    (kept_file,) = aside(paths)
    assert kept_file.read_bytes() == before
    lost = legible - names(paths)
    assert len(legible) > 280
    assert not lost


def test_a_file_that_is_no_journal_at_all_is_set_aside_whole(paths: Paths) -> None:
    paths.state_dir.mkdir()
    text = b"somebody's only copy of something" * 300
    paths.journal.write_bytes(text)
    Journal(paths).close()
    (kept_file,) = aside(paths)
    assert kept_file.read_bytes() == text
    assert read_open_items(paths) == ()


def test_a_truncated_file_gives_what_is_left_of_it(paths: Paths) -> None:
    recorded(paths, *ROOMS)
    whole = paths.journal.read_bytes()
    paths.journal.write_bytes(whole[: len(whole) // 2])
    cut = paths.journal.read_bytes()
    legible = {one.name for one in ROOMS if msgspec.json.encode(one) in cut}
    Journal(paths).close()
    assert len(legible) > 80
    assert legible <= names(paths)


def test_what_is_over_does_not_come_back_and_what_is_kept_stays_kept(paths: Paths) -> None:
    live = [item("gone"), item("kept", keep=True), item("used")]
    recorded(paths, *live, live[0].done(), live[1].released())
    damage(paths, 0, 100)
    Journal(paths).close()
    states = {one.name: one.state for one in read_open_items(paths)}
    assert states == {"kept": ItemState.KEPT, "used": ItemState.DUE}


def test_the_installation_keeps_its_name_where_it_can_be_read(paths: Paths) -> None:
    name = recorded(paths, *ROOMS)
    with closing(sqlite3.connect(paths.journal)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'item'").fetchone()[0]
    damage(paths, (root - 1) * PAGE, 64)
    journal = Journal(paths)
    assert journal.salvaged is not None
    assert journal.installation == name
    journal.close()


def test_a_journal_that_others_work_with_is_not_moved_under_them(paths: Paths) -> None:
    other = Journal(paths)
    for one in ROOMS:
        other.put_item(one)
    other._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = damage(paths, 0, 100)
    with pytest.raises(PortError) as refused:
        Journal(paths)
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE
    assert "another lktui" in refused.value.problem.cause
    assert paths.journal.read_bytes() == before
    other.close()


def test_damage_that_shows_while_it_is_used_is_mended_at_the_next_start(paths: Paths) -> None:
    recorded(paths, item("r", state=ItemState.DUE))
    salvage.note_damage(paths.journal)
    journal = Journal(paths)
    assert journal.salvaged is not None
    journal.close()
    assert names(paths) == {"r"}
    journal = Journal(paths)
    assert journal.salvaged is None
    journal.close()


@pytest.mark.parametrize("died", ["before the old file was moved", "after it", "with its log"])
def test_a_death_while_it_is_mended_loses_nothing(paths: Paths, died: str) -> None:
    recorded(paths, item("r", state=ItemState.DUE))
    mended = paths.journal.with_name("journal.sqlite.mended")
    mended.write_bytes(paths.journal.read_bytes())
    damage(paths, 0, 100)
    if died != "before the old file was moved":
        paths.journal.rename(paths.journal.with_name("journal.sqlite.damaged-1"))
    if died == "with its log":
        paths.journal.with_name("journal.sqlite-wal").write_bytes(b"of the old file" * 100)
    Journal(paths).close()
    assert names(paths) == {"r"}
    assert not mended.exists()


def test_a_locked_file_is_not_taken_for_a_damaged_one(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lktui.store.journal._BUSY_S", 0.05)
    monkeypatch.setattr("lktui.store.salvage._BUSY_S", 0.05)
    recorded(paths, item("r"))
    with closing(sqlite3.connect(paths.journal, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE item SET over = over")
        with pytest.raises(PortError) as refused:
            Journal(paths)
    assert "locked" in refused.value.problem.cause
    assert aside(paths) == []


# --- the record ---------------------------------------------------------------------------------

CALL = Conversation("7f3a02", age_s=140)


def page_of(paths: Paths, table: str) -> int:
    """Give where a small table's only page begins, bytes."""
    with closing(sqlite3.connect(paths.journal)) as db:
        question = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = db.execute(question, (table,)).fetchone()
    return (int(root) - 1) * PAGE


def written(paths: Paths) -> PastSession:
    """Write a session that has ended, and a row in the queue."""
    end = SessionEnded(session=CALL.id, cleanup=CleanupResult.DONE, took_ms=5.0, wall=CALL.wall)
    write_record(paths, *order(CALL), end)
    recorded(paths, item("left"))
    (listed,) = list_sessions(paths)
    assert (listed.room, listed.agent, listed.turns) == (CALL.room, "checkout", 10)
    assert listed.ended_wall is not None
    return listed


@pytest.mark.parametrize("table", ["item", "session", "sqlite_autoindex_session_1"])
def test_past_sessions_keep_all_their_columns(paths: Paths, table: str) -> None:
    """Their rows are carried over; where those are damaged the events tell the same."""
    before = written(paths)
    damage(paths, page_of(paths, table), 64)
    salvage.note_damage(paths.journal)
    journal = Journal(paths)
    journal.close()
    assert journal.salvaged is not None
    assert list_sessions(paths) == (before,)


def test_past_sessions_of_an_earlier_lktui_are_carried_over(paths: Paths) -> None:
    before = written(paths)
    with closing(sqlite3.connect(paths.journal, isolation_level=None)) as db:
        for column in ("room", "agent", "turns"):
            db.execute(f"ALTER TABLE session DROP COLUMN {column}")
    salvage.note_damage(paths.journal)
    Journal(paths).close()
    (listed,) = list_sessions(paths)
    assert (listed.id, listed.profile, listed.ended_wall) == (
        before.id,
        before.profile,
        before.ended_wall,
    )
