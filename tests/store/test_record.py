"""Reading the record beside the engines that write it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Noted,
    SegmentUpdated,
    SessionEnded,
    SessionEvent,
    SessionId,
)
from lktui.core.problems import PortError, ProblemCode
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from lktui.store.record import SessionReader, list_sessions
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import Talk, order

CALL = Conversation("7f3a02", age_s=140)


def recorded(events: list[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if not isinstance(event, SegmentUpdated) or event.final]


def test_without_a_journal_there_is_no_session(paths: Paths) -> None:
    assert list_sessions(paths) == ()


def test_a_session_that_goes_on_is_listed_without_a_length(paths: Paths) -> None:
    write_record(paths, *order(CALL))
    (session,) = list_sessions(paths)
    assert (session.id, session.room, session.agent) == (CALL.id, CALL.room, "checkout")
    assert session.turns == 10
    assert session.lasted_s is None


def test_the_newest_of_one_profile_are_listed_however_many_others_are_newer(paths: Paths) -> None:
    other = Conversation("0ther5", profile="nightly", age_s=1)
    write_record(paths, *order(CALL))
    write_record(paths, *other.ready())
    (session,) = list_sessions(paths, limit=1, profile=CALL.profile)
    assert session.id == CALL.id


def test_turns_are_counted_as_the_transcript_counts_them(paths: Paths) -> None:
    talk = Talk(CALL)
    write_record(
        paths,
        *CALL.ready(),
        talk.line(1, "checkout", "Hello", key="a"),
        talk.line(1, "checkout", "Hello there", key="a"),
        talk.line(2, "you", "Hi", key="b"),
        talk.line(2, "you", "", key="b"),
    )
    assert list_sessions(paths)[0].turns == 1


def test_events_are_read_in_their_order_some_at_a_time(paths: Paths) -> None:
    events = recorded(order(CALL))
    write_record(paths, *events)
    with SessionReader(paths, CALL.id) as reader:
        assert reader.progress == 0.0
        read: list[SessionEvent] = []
        while batch := reader.read(7):
            assert len(batch) <= 7
            read += batch
    assert read == events


def test_events_of_another_version_are_passed_over_and_counted(paths: Paths) -> None:
    write_record(paths, *CALL.ready())
    with closing(sqlite3.connect(paths.journal)) as db:
        db.execute(
            "INSERT INTO event (session, wall, body) VALUES (?, 0, ?)",
            (CALL.id, b'{"t":"of the future"}'),
        )
        db.commit()
    with SessionReader(paths, CALL.id) as reader:
        while reader.read(100):
            pass
        assert reader.skipped == 1


def test_a_journal_without_the_later_columns_is_read_and_then_gets_them(paths: Paths) -> None:
    write_record(paths, *order(CALL))
    with closing(sqlite3.connect(paths.journal)) as db:
        for column in ("room", "agent", "turns"):
            db.execute(f"ALTER TABLE session DROP COLUMN {column}")
        db.commit()
    (old,) = list_sessions(paths)
    assert (old.id, old.room, old.turns) == (CALL.id, "", None)
    later = Conversation("91bc4e")
    write_record(paths, *later.ready())
    assert list_sessions(paths)[0].room == later.room


def test_a_file_that_is_no_journal_is_a_problem(paths: Paths) -> None:
    paths.state_dir.mkdir()
    paths.journal.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(PortError) as raised:
        list_sessions(paths)
    assert raised.value.problem.code is ProblemCode.STATE_UNUSABLE
    with pytest.raises(PortError):
        SessionReader(paths, CALL.id)


def test_with_texts_kept_out_neither_lines_nor_notes_are_written(paths: Paths) -> None:
    with closing(Journal(paths, keeps_text=False)) as journal:
        for event in recorded(order(CALL)):
            assert isinstance(event, SessionEvent)
            journal.append(event)
        journal.commit(Noted(session=CALL.id, about=CALL.at + 2, text="good"))
        journal.append(
            SessionEnded(session=CALL.id, cleanup=CleanupResult.DONE, took_ms=1.0, wall=CALL.wall)
        )
    with SessionReader(paths, SessionId(CALL.id)) as reader:
        events = reader.read(100)
    assert events
    assert not any(isinstance(event, SegmentUpdated | Noted) for event in events)
    assert list_sessions(paths)[0].turns is None
