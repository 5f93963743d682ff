"""What leaves the record, and what must not."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from lktui.core.cleanup import CleanupItem, What
from lktui.core.events import CleanupResult, SessionEnded, SessionId, SessionOpened
from lktui.core.problems import PortError, ProblemCode
from lktui.store.journal import Journal
from lktui.store.keep_settings import read_keep
from lktui.store.paths import Paths
from lktui.store.pruning import DAY_S, SLICE_EVENTS, Keep
from lktui.store.record import SessionReader, list_sessions
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation
from tests.support.talk import Talk

KEEP = Keep(days=30, megabytes=100)


def write(
    journal: Journal,
    name: str,
    days: float,
    *,
    ended: bool = True,
    lines: int = 1,
    lasted_s: float = 60,
) -> None:
    """Write a session that began so many days ago."""
    call = Conversation(name, age_s=days * DAY_S)
    talk = Talk(call)
    for event in call.ready():
        journal.append(event)  # type: ignore[arg-type]  # all of them are of the session
    for number in range(lines):
        journal.append(talk.line(number, "checkout", "x" * 1000))
    if ended:
        over = SessionEnded(
            session=call.id, wall=call.wall + lasted_s, cleanup=CleanupResult.DONE, took_ms=1.0
        )
        journal.append(over)
    journal.flush()


def item(session: str) -> CleanupItem:
    return CleanupItem(
        id=f"{session}:room", what=What.ROOM, name="r", room="r", profile="p", url="ws://h",
        session=session,
    )  # fmt: skip


def pruned(journal: Journal, keep: Keep = KEEP) -> list[SessionId]:
    gone = []
    while (session := journal.next_to_leave(keep, NOON)) is not None:
        while not journal.delete_some(session):
            pass
        gone.append(session)
    return gone


def test_old_sessions_leave_with_their_events(journal: Journal, paths: Paths) -> None:
    write(journal, "old", 31)
    write(journal, "older", 40)
    write(journal, "young", 29)
    assert pruned(journal) == ["older", "old"]
    assert [session.id for session in list_sessions(paths)] == ["young"]
    with SessionReader(paths, SessionId("old")) as reader:
        assert reader.read(1) == []


def test_a_session_is_as_old_as_its_end(journal: Journal) -> None:
    write(journal, "long", 40, lasted_s=39 * DAY_S)
    write(journal, "old", 35)
    assert pruned(journal) == ["old"]


def test_when_it_takes_too_much_the_oldest_leave(journal: Journal, paths: Paths) -> None:
    for number in range(5):
        write(journal, f"s{number}", 20 - number, lines=200)
    gone = pruned(journal, Keep(days=30, megabytes=0.7))
    assert gone
    assert gone == [f"s{number}" for number in range(len(gone))]
    left = [session.id for session in list_sessions(paths)]
    assert left == [f"s{number}" for number in range(4, len(gone) - 1, -1)]


def test_a_session_with_an_open_item_stays_however_old(journal: Journal, paths: Paths) -> None:
    write(journal, "held", 90)
    write(journal, "old", 80)
    journal.put_item(item("held"))
    assert pruned(journal) == ["old"]
    journal.put_item(item("held").done())
    assert pruned(journal) == ["held"]
    assert list_sessions(paths) == ()


def test_a_session_that_goes_on_stays(journal: Journal) -> None:
    write(journal, "long", 90, ended=False)
    assert pruned(journal) == []


def test_zero_is_no_limit(journal: Journal) -> None:
    write(journal, "old", 9000, lines=50)
    assert pruned(journal, Keep(days=0, megabytes=0)) == []


def test_only_what_is_over_and_cleaned_up_may_leave(journal: Journal) -> None:
    write(journal, "over", 1)
    write(journal, "held", 1)
    write(journal, "long", 1, ended=False)
    journal.put_item(item("held"))
    names = ("over", "held", "long", "unknown")
    assert [journal.may_leave(SessionId(name)) for name in names] == [True, False, False, False]


def test_a_long_session_leaves_in_slices_and_is_a_shorter_one_meanwhile(
    journal: Journal, paths: Paths
) -> None:
    write(journal, "long", 1, lines=SLICE_EVENTS)
    assert not journal.delete_some(SessionId("long"))
    with SessionReader(paths, SessionId("long")) as reader:
        assert isinstance(reader.read(1)[0], SessionOpened)
    assert journal.delete_some(SessionId("long"))
    assert list_sessions(paths) == ()


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        (None, Keep()),
        ('theme = "light"\n', Keep()),
        ("keep_days = 7\nkeep_mb = 50\n", Keep(7, 50)),
        ("keep_days = 0\n", Keep(days=0)),
    ],
)
def test_the_settings_tell_how_much_is_kept(paths: Paths, text: str | None, keep: Keep) -> None:
    if text is not None:
        paths.config_dir.mkdir()
        paths.config_file.write_text(text)
    assert read_keep(paths) == keep


@pytest.mark.parametrize("text", ["keep_days = -1", 'keep_mb = "much"', "keep_days ="])
def test_settings_that_cannot_be_read_are_a_problem(paths: Paths, text: str) -> None:
    paths.config_dir.mkdir()
    paths.config_file.write_text(text)
    with pytest.raises(PortError) as raised:
        read_keep(paths)
    assert raised.value.problem.code is ProblemCode.CONFIG_UNUSABLE


def test_what_has_left_is_given_back_to_the_disk_in_slices(journal: Journal, paths: Paths) -> None:
    write(journal, "old", 31, lines=4000)
    write(journal, "young", 29)
    journal.close()
    with closing(Journal(paths)) as again:
        before = paths.journal.stat().st_size
        assert pruned(again) == ["old"]
        slices = 1
        while again.give_back_some():
            slices += 1
        assert slices > 1
        assert not again.give_back_some()
        assert paths.journal.stat().st_size < before / 3
        write(again, "next", 1)
    assert [session.id for session in list_sessions(paths)] == ["next", "young"]


def test_a_file_of_an_earlier_version_keeps_its_size_and_works(paths: Paths) -> None:
    paths.state_dir.mkdir()
    with closing(sqlite3.connect(paths.journal)) as db:
        db.executescript("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    with closing(Journal(paths)) as journal:
        write(journal, "old", 31, lines=2000)
        assert pruned(journal) == ["old"]
        assert not journal.give_back_some()
        write(journal, "next", 1)
    assert [session.id for session in list_sessions(paths)] == ["next"]
