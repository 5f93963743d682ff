"""Past sessions for the screens: read in slices, and a few kept in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lktui.core.events import (
    CleanupResult,
    Noted,
    SegmentUpdated,
    SessionEnded,
    SessionId,
)
from lktui.core.fold import Fold
from lktui.session.archive import MAX_OPENED, SLICE_EVENTS, Archive
from lktui.store.paths import Paths
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import Talk

CALL = Conversation("7f3a02", age_s=900)
LINES = 3 * SLICE_EVENTS


def lines() -> list[SegmentUpdated]:
    talk = Talk(CALL)
    return [talk.line(1 + n / 10, "checkout", f"line {n}") for n in range(LINES)]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    write_record(paths, *CALL.ready(), *lines())
    return paths


def test_a_session_is_read_in_slices_to_the_state_that_it_had(paths: Paths) -> None:
    archive, fold = Archive(paths, {}), Fold()
    archive.open(CALL.id)
    read = [archive.progress(CALL.id)]
    while archive.read_on(CALL.id):
        read.append(archive.progress(CALL.id))
    assert None not in read
    assert read == sorted(set(read), key=lambda share: share or 0)
    assert archive.progress(CALL.id) is None
    wanted = fold.apply([*CALL.ready(), *lines()]).sessions[CALL.id]
    assert archive.opened[CALL.id] == msgspec.structs.replace(wanted, elsewhere=True)
    assert list(archive.transcript(CALL.id)) == list(fold.transcript(CALL.id))


def test_one_that_is_opened_again_is_not_read_again(paths: Paths) -> None:
    archive = Archive(paths, {})
    archive.open(CALL.id)
    rows = archive.transcript(CALL.id)
    archive.open(CALL.id)
    assert archive.transcript(CALL.id) is rows


def test_the_one_that_was_opened_first_goes_when_there_are_too_many(paths: Paths) -> None:
    archive = Archive(paths, {})
    others = [Conversation(f"other{n}") for n in range(MAX_OPENED)]
    for other in others:
        write_record(paths, *other.ready())
    archive.open(CALL.id)
    for other in others:
        archive.open(other.id)
    assert list(archive.opened) == [other.id for other in others]


def test_a_note_is_heard_once_however_far_the_session_is_read(paths: Paths) -> None:
    archive = Archive(paths, {})
    archive.open(CALL.id)
    noted = Noted(session=CALL.id, at=9.0, about=CALL.at + 1, text="good")
    write_record(paths, noted)
    archive.hear([noted])
    while archive.read_on(CALL.id):
        pass
    archive.hear([Noted(session=SessionId("unknown"), about=0.0, text="bad")])
    notes = [row.text for row in archive.transcript(CALL.id) if row.speaker == "note"]
    assert notes == ["good"]
    archive.hear([Noted(session=CALL.id, at=9.1, about=CALL.at + 1, text="")])
    assert not any(row.speaker == "note" for row in archive.transcript(CALL.id))


def test_a_session_that_is_over_is_not_taken_for_one_that_goes_on_while_it_is_read(
    paths: Paths,
) -> None:
    write_record(
        paths,
        SessionEnded(
            session=CALL.id, at=CALL.at + 900, wall=CALL.wall + 900, cleanup=CleanupResult.DONE,
            took_ms=1.0,
        ),
    )  # fmt: skip
    archive = Archive(paths, {})
    archive.open(CALL.id)
    assert archive.progress(CALL.id) is not None
    assert archive.opened[CALL.id].over
    while archive.read_on(CALL.id):
        assert archive.opened[CALL.id].over
    assert archive.opened[CALL.id].cleanup is CleanupResult.DONE


def test_a_session_that_goes_on_elsewhere_is_as_far_as_it_is_known(paths: Paths) -> None:
    archive = Archive(paths, {})
    archive.open(CALL.id)
    assert not archive.opened[CALL.id].over


async def test_a_session_is_read_apart_without_a_place_among_the_opened(paths: Paths) -> None:
    archive = Archive(paths, {})
    shares: list[float] = []

    async def pause(share: float) -> None:
        shares.append(share)

    found = await archive.read_apart(CALL.id, pause)
    assert found is not None
    state, rows = found
    assert state.turns == LINES
    assert rows[len(rows) - 1].text == f"line {LINES - 1}"
    assert not archive.opened
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert await archive.read_apart(SessionId("nobody"), pause) is None
