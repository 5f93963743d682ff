"""All sessions, the queue and the rooms as one snapshot after each batch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.cleanup import ItemState
from lktui.core.events import (
    AnyEvent,
    CleanupChanged,
    CleanupForgotten,
    Hello,
    Notice,
    OutcomesRead,
    ProfileOutcome,
    QueueRead,
    Role,
    RoomsListed,
    RoomsUnlisted,
    SegmentUpdated,
    SessionId,
)
from lktui.core.fold import Fold, State
from lktui.core.problems import ProblemCode, problem
from lktui.core.verdict import Outcome
from tests.support.scenes import Conversation, item, listed

ONE, TWO = Conversation("aaaaaa"), Conversation("bbbbbb", profile="prod")
REFUSED = problem(ProblemCode.CONNECTION_REFUSED, host="h")


def said(session: SessionId, key: str, text: str, *, role: Role, at: float) -> SegmentUpdated:
    return SegmentUpdated(
        session=session,
        key=key,
        identity=role.value,
        speaker=role.value,
        role=role,
        text=text,
        final=True,
        opened_at=at,
        first_text_at=at,
    )


def folded(*batches: list[AnyEvent]) -> State:
    fold = Fold()
    for batch in batches:
        fold.apply(batch)
    return fold.state


def comparable(state: State) -> tuple[object, ...]:
    return (
        dict(state.sessions),
        dict(state.cleanup),
        state.rooms,
        dict(state.outcomes),
        state.queue_read,
    )


STREAM: list[AnyEvent] = [
    *ONE.ready(),
    said(ONE.id, "a", "hello", role=Role.YOU, at=1000.0),
    said(ONE.id, "b", "hi there", role=Role.AGENT, at=1001.5),
    *TWO.not_taken(),
    QueueRead(items=(item("r1", ItemState.DUE),)),
    CleanupChanged(items=(item("r1", ItemState.DONE), item("r2", ItemState.WAITING, tries=1))),
    RoomsListed(wall=5.0, profile="staging", rooms=(listed("lobby"),)),
]


def test_sessions_are_told_apart() -> None:
    state = folded(STREAM)
    assert state.sessions[ONE.id].outcome == "ready"
    assert state.sessions[TWO.id].outcome == "not_taken"


@given(st.lists(st.integers(1, 6), max_size=20))
def test_however_events_are_batched_the_state_is_the_same(sizes: list[int]) -> None:
    batches, rest = [], STREAM
    for size in sizes:
        batches.append(rest[:size])
        rest = rest[size:]
    assert comparable(folded(*batches, rest)) == comparable(folded(STREAM))


def test_events_of_a_session_that_was_never_opened_are_passed_over() -> None:
    assert folded([Notice(session=SessionId("x"), text="not now: this session is over")]) == State()


def test_what_concerns_no_state_changes_none() -> None:
    assert folded([Hello(protocol=1, build="b", pid=1, installation="k7qd")]) == State()


def test_a_snapshot_is_not_changed_by_later_events() -> None:
    fold = Fold()
    before = fold.apply(ONE.opening())
    fold.apply([*TWO.opening(), CleanupChanged(items=(item("r", ItemState.LIVE),))])
    assert set(before.sessions) == {ONE.id}
    assert dict(before.cleanup) == {}


def test_a_reply_is_timed_by_the_transcript() -> None:
    state = folded(STREAM).sessions[ONE.id]
    assert state.turns == 2
    assert state.reply_s == pytest.approx(1.5)
    assert state.last_line == "hi there"


# --- the queue ----------------------------------------------------------------------------------


def test_an_item_is_as_it_was_last_told() -> None:
    state = folded(STREAM)
    assert {name: one.state for name, one in state.cleanup.items()} == {
        "r1": ItemState.DONE,
        "r2": ItemState.WAITING,
    }
    assert state.queue_read


def test_a_forgotten_item_is_not_shown() -> None:
    assert set(folded(STREAM, [CleanupForgotten(ids=("r2", "unknown"))]).cleanup) == {"r1"}


def test_what_the_next_engine_does_not_have_in_its_queue_is_gone() -> None:
    """The engine died after it had written `done` and before it could say so."""
    before: list[AnyEvent] = [
        CleanupChanged(items=(item("gone", ItemState.RUNNING), item("open", ItemState.LIVE)))
    ]
    after: list[AnyEvent] = [QueueRead(items=(item("open", ItemState.DUE),))]
    state = folded(before, after)
    assert {name: one.state for name, one in state.cleanup.items()} == {
        "gone": ItemState.DONE,
        "open": ItemState.DUE,
    }


# --- rooms and outcomes -------------------------------------------------------------------------


def test_a_list_that_cannot_be_read_keeps_what_was_seen_with_its_age() -> None:
    rooms = folded(STREAM, [RoomsUnlisted(wall=9.0, profile="staging", problem=REFUSED)]).rooms
    assert rooms is not None
    assert [room.name for room in rooms.rooms] == ["lobby"]
    assert (rooms.read_wall, rooms.problem) == (5.0, REFUSED)


def test_a_list_that_is_read_again_has_no_problem_any_more() -> None:
    again = RoomsListed(wall=10.0, profile="staging", rooms=())
    rooms = folded(
        STREAM, [RoomsUnlisted(wall=9.0, profile="staging", problem=REFUSED)], [again]
    ).rooms
    assert rooms is not None
    assert (rooms.rooms, rooms.problem, rooms.read_wall) == ((), None, 10.0)


def test_the_rooms_of_one_profile_are_not_shown_as_anothers() -> None:
    rooms = folded(STREAM, [RoomsUnlisted(wall=9.0, profile="prod", problem=REFUSED)]).rooms
    assert rooms is not None
    assert (rooms.profile, rooms.rooms) == ("prod", ())


def test_each_profile_has_the_outcome_of_its_last_session() -> None:
    outcomes = folded(STREAM).outcomes
    assert {name: one.diagnosis.code for name, one in outcomes.items()} == {
        "staging": Outcome.READY,
        "prod": Outcome.NOT_TAKEN,
    }


def test_what_the_journal_knows_is_older_than_what_was_just_seen() -> None:
    old = folded(STREAM).outcomes["prod"]
    read = OutcomesRead(
        outcomes=(
            ProfileOutcome(profile="staging", diagnosis=old.diagnosis, wall=1.0),
            ProfileOutcome(profile="other", diagnosis=old.diagnosis, wall=1.0),
        )
    )
    outcomes = folded(STREAM, [read]).outcomes
    assert outcomes["staging"].diagnosis.code is Outcome.READY
    assert outcomes["other"].diagnosis.code is Outcome.NOT_TAKEN


def test_a_session_under_way_is_no_outcome() -> None:
    assert dict(folded(list(ONE.opening())).outcomes) == {}
