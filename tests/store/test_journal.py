"""What safety rests on is on disk when a call returns, whoever dies and however."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.events import (
    AnySessionEvent,
    Notice,
    ProblemRaised,
    Role,
    SegmentUpdated,
    SessionId,
    SessionOpened,
)
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import AuthMode, DispatchMode
from lktui.core.verdict import Outcome
from lktui.store.journal import Journal, read_open_items
from lktui.store.paths import Paths
from tests.support.scenes import Conversation

S = SessionId("s1")


def item(name: str = "r", state: ItemState = ItemState.LIVE) -> CleanupItem:
    return CleanupItem(
        id=f"item:{name}",
        what=What.ROOM,
        name=name,
        room=name,
        profile="p",
        url="ws://h",
        state=state,
    )


def opened(session: str = "s1", profile: str = "p", wall: float = 1.0) -> SessionOpened:
    return SessionOpened(
        session=SessionId(session),
        wall=wall,
        profile=profile,
        url="ws://h",
        host="h",
        auth_mode=AuthMode.API,
        dispatch_mode=DispatchMode.AUTO,
        agent_name="",
        join_timeout_s=15.0,
    )


def said(text: str) -> SegmentUpdated:
    return SegmentUpdated(
        session=S,
        key="k",
        identity="i",
        speaker="x",
        role=Role.AGENT,
        text=text,
        final=True,
        opened_at=1.0,
        first_text_at=1.0,
    )


def bodies(paths: Paths) -> list[bytes]:
    with closing(sqlite3.connect(paths.journal)) as db:
        return [row[0] for row in db.execute("SELECT body FROM event ORDER BY id")]


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


# --- durable ------------------------------------------------------------------------------------


def test_an_item_is_on_disk_when_it_was_put(paths: Paths, journal: Journal) -> None:
    journal.put_item(item())
    assert read_open_items(paths) == (item(),)


def test_an_item_is_as_it_was_put_last(paths: Paths, journal: Journal) -> None:
    for state in (ItemState.LIVE, ItemState.DUE, ItemState.RUNNING):
        journal.put_item(item(state=state))
    assert read_open_items(paths) == (item(state=ItemState.RUNNING),)


@pytest.mark.parametrize("state", [ItemState.DONE, ItemState.LEFT])
def test_an_item_that_is_over_is_not_open(paths: Paths, journal: Journal, state: ItemState) -> None:
    journal.put_item(item())
    journal.put_item(item(state=state))
    assert journal.open_items() == ()
    assert read_open_items(paths) == ()


def test_events_are_kept_in_their_order_and_as_they_were(paths: Paths, journal: Journal) -> None:
    told = [e for e in Conversation("s1").ready() if isinstance(e, AnySessionEvent)]
    for event in told:
        journal.append(event)
    journal.flush()
    assert [msgspec.json.decode(body, type=AnySessionEvent) for body in bodies(paths)] == told


def test_what_was_appended_is_written_with_the_next_item(paths: Paths, journal: Journal) -> None:
    journal.append(opened())
    assert bodies(paths) == []
    journal.put_item(item())
    assert len(bodies(paths)) == 1


def test_what_was_appended_is_written_at_the_close(paths: Paths) -> None:
    journal = Journal(paths)
    journal.append(opened())
    journal.close()
    assert len(bodies(paths)) == 1


def test_a_failed_write_keeps_what_was_appended_for_the_next(
    paths: Paths, journal: Journal
) -> None:
    journal.append(opened())
    journal._db.execute("ALTER TABLE event RENAME TO away")
    with pytest.raises(PortError) as refused:
        journal.flush()
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE
    journal._db.execute("ALTER TABLE away RENAME TO event")
    journal.flush()
    assert len(bodies(paths)) == 1


def test_an_event_that_could_not_be_committed_is_not_kept(paths: Paths, journal: Journal) -> None:
    journal.append(Notice(session=S, text="before"))
    journal._db.execute("ALTER TABLE event RENAME TO away")
    with pytest.raises(PortError):
        journal.commit(opened())
    journal._db.execute("ALTER TABLE away RENAME TO event")
    journal.flush()
    assert [b"before" in body for body in bodies(paths)] == [True]


def test_without_a_record_no_text_is_kept_but_all_else(paths: Paths) -> None:
    journal = Journal(paths, keeps_text=False)
    journal.append(opened())
    journal.append(said("a private word"))
    journal.put_item(item())
    journal.close()
    assert len(bodies(paths)) == 1
    assert [one.id for one in read_open_items(paths)] == [item().id]
    assert all(b"private" not in path.read_bytes() for path in paths.state_dir.glob("journal*"))


# --- private ------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_all_files_are_for_their_owner_only(paths: Paths, umask: int) -> None:
    before = os.umask(umask)
    try:
        journal = Journal(paths)
        journal.put_item(item())
        assert modes(paths.state_dir) == {0o600}
        assert {
            paths.state_dir.stat().st_mode & 0o777,
            paths.owners_dir.stat().st_mode & 0o777,
        } == {0o700}
        journal.close()
    finally:
        os.umask(before)


# --- unusable -----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    paths = Paths.of(str(tmp_path), str(tmp_path / "file" / "state"))
    with pytest.raises(PortError) as refused:
        Journal(paths)
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE
    assert str(paths.state_dir) in refused.value.problem.summary


def test_a_file_that_is_no_journal_is_not_read_and_stays_as_it_is(paths: Paths) -> None:
    paths.state_dir.mkdir()
    paths.journal.write_bytes(b"not a database, but somebody's only copy of something" * 100)
    before = paths.journal.read_bytes()
    with pytest.raises(PortError) as refused:
        read_open_items(paths)
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE
    assert paths.journal.read_bytes() == before


def test_a_journal_that_cannot_be_opened_leaves_no_lock_behind(paths: Paths) -> None:
    paths.journal.mkdir(parents=True)
    with pytest.raises(PortError):
        Journal(paths)
    assert list(paths.owners_dir.iterdir()) == []


def test_a_damaged_page_is_a_problem_to_who_only_reads(paths: Paths) -> None:
    journal = Journal(paths)
    for number in range(400):
        journal.put_item(item(f"room {number}"))
    journal.close()
    whole = bytearray(paths.journal.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    paths.journal.write_bytes(whole)
    with pytest.raises(PortError) as refused:
        read_open_items(paths)
    assert refused.value.problem.code is ProblemCode.STATE_UNUSABLE


def test_where_there_is_no_journal_nothing_is_open_and_none_is_made(paths: Paths) -> None:
    assert read_open_items(paths) == ()
    assert not paths.state_dir.exists()


def test_an_item_of_another_version_hides_no_other(paths: Paths, journal: Journal) -> None:
    journal.put_item(item())
    with closing(sqlite3.connect(paths.journal)) as db, db:
        db.execute(
            "INSERT INTO item VALUES ('x', 'nobody', 0, ?)",
            (b'{"id": "x", "state": "of a later version"}',),
        )
    assert journal.open_items() == (item(),)
    assert read_open_items(paths) == (item(),)
    assert journal.take_over().items == ()


def test_an_item_with_a_field_of_another_version_is_read(paths: Paths, journal: Journal) -> None:
    grown = msgspec.to_builtins(item()) | {"of_a_later_version": 1}
    with closing(sqlite3.connect(paths.journal)) as db, db:
        db.execute(
            "INSERT INTO item VALUES ('item:r', 'nobody', 0, ?)", (msgspec.json.encode(grown),)
        )
    assert journal.open_items() == (item(),)


def test_the_installations_name_stays(paths: Paths) -> None:
    first = Journal(paths)
    first.close()
    second = Journal(paths)
    assert first.installation == second.installation
    assert len(first.installation) == 4
    second.close()


def test_a_forgotten_item_is_not_in_the_file(paths: Paths, journal: Journal) -> None:
    journal.put_item(item())
    journal.forget_item("item:r")
    assert read_open_items(paths) == ()


# --- outcomes -----------------------------------------------------------------------------------


def test_each_profile_has_the_verdict_of_its_newest_session(journal: Journal) -> None:
    for session, wall in (("s1", 1.0), ("s2", 2.0)):
        journal.append(opened(session, wall=wall))
    refused = problem(ProblemCode.AUTH_FAILED)
    told = [e for e in Conversation("s2").not_taken() if isinstance(e, AnySessionEvent)]
    for event in told[1:]:
        journal.append(event)
    journal.append(ProblemRaised(session=S, wall=1.5, problem=refused, fatal=True))
    journal.flush()
    (outcome,) = journal.outcomes()
    assert (outcome.profile, outcome.diagnosis.code) == ("p", Outcome.NOT_TAKEN)
    assert outcome.wall == 2.0


def test_a_session_that_is_under_way_has_no_outcome(journal: Journal) -> None:
    journal.append(opened())
    journal.flush()
    assert journal.outcomes() == ()


def test_an_outcome_of_another_version_is_left_out(paths: Paths, journal: Journal) -> None:
    journal.append(opened())
    journal.flush()
    with closing(sqlite3.connect(paths.journal)) as db, db:
        db.execute("UPDATE session SET outcome = ?", (b'{"code": "of a later version"}',))
    assert journal.outcomes() == ()


def test_a_file_whose_maker_died_before_its_tables_holds_no_items(paths: Paths) -> None:
    paths.state_dir.mkdir()
    with closing(sqlite3.connect(paths.journal)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA user_version = 0")
    assert read_open_items(paths) == ()
    with closing(Journal(paths)) as journal:
        journal.put_item(item())
    assert [one.name for one in read_open_items(paths)] == ["r"]
