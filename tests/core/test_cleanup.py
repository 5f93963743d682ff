"""An item is never lost and never comes back from an end, whatever happens to it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lktui.core.cleanup import (
    FIRST_WAIT_S,
    LAST_LOOK_S,
    LONGEST_WAIT_S,
    MAX_TRIES,
    OPEN,
    OVER,
    CleanupItem,
    ItemState,
    What,
)
from lktui.core.problems import ProblemCode, problem

WHY = problem(ProblemCode.SERVER_ERROR, what="unavailable")
JITTER = st.floats(0.0, 1.0)


def fresh() -> CleanupItem:
    return CleanupItem(id="1", what=What.ROOM, name="r", room="r", profile="p", url="ws://h")


class Life(RuleBasedStateMachine):
    """Every change in every order."""

    def __init__(self) -> None:
        super().__init__()
        self.item = fresh()
        self.now = 0.0
        self.answered = 0
        self.end: ItemState | None = None

    @rule()
    def falls_due(self) -> None:
        self.item = self.item.due(self.now)

    @rule()
    def is_kept(self) -> None:
        self.item = self.item.kept()

    @rule()
    def is_tried(self) -> None:
        self.item = self.item.running()

    @rule()
    def is_gone(self) -> None:
        self.item = self.item.done()

    @rule(late=st.booleans())
    def is_gone_for_now(self, late: bool) -> None:  # noqa: FBT001 - drawn
        self.item = msgspec.structs.replace(self.item, late=late).gone(self.now)

    @rule()
    def is_back(self) -> None:
        self.item = self.item.returned("RM_2")

    @rule()
    def is_abandoned(self) -> None:
        self.item = self.item.abandoned(self.now)

    @rule()
    def is_left(self) -> None:
        self.item = self.item.left()

    @rule(answered=st.booleans(), jitter=JITTER, passed_s=st.floats(0, 1000))
    def fails(self, answered: bool, jitter: float, passed_s: float) -> None:  # noqa: FBT001 - drawn
        self.now += passed_s
        before = self.item
        self.item = before.failed(WHY, now=self.now, answered=answered, jitter=jitter)
        if before.state in OVER:
            return
        self.answered += answered
        if self.item.state is ItemState.WAITING:
            wait_s = self.item.next_try_at - self.now
            assert FIRST_WAIT_S - 0.001 <= wait_s <= LONGEST_WAIT_S + 0.001
        assert not (self.item.state is ItemState.STUCK and not answered)

    @invariant()
    def an_end_is_the_end(self) -> None:
        if self.end is not None:
            assert self.item.state is self.end
        if self.item.state in OVER:
            self.end = self.item.state

    @invariant()
    def it_stays_the_same_thing(self) -> None:
        same = fresh()
        assert (self.item.id, self.item.name, self.item.what) == (same.id, same.name, same.what)

    @invariant()
    def only_answered_tries_make_it_stuck(self) -> None:
        if self.item.state is ItemState.STUCK:
            assert self.answered >= MAX_TRIES
        assert self.item.tries == self.answered


TestLife = Life.TestCase


@given(st.integers(1, 100), JITTER)
def test_while_a_server_cannot_be_reached_tries_go_on_for_ever(times: int, jitter: float) -> None:
    item = fresh().due()
    for _ in range(times):
        item = item.running().failed(WHY, now=0.0, answered=False, jitter=jitter)
        assert item.state is ItemState.WAITING
        assert FIRST_WAIT_S <= item.next_try_at <= LONGEST_WAIT_S


def test_ten_answered_tries_make_it_stuck() -> None:
    item = fresh().due()
    for tried in range(MAX_TRIES):
        assert item.state is not ItemState.STUCK, tried
        item = item.running().failed(WHY, now=0.0, answered=True, jitter=0.5)
    assert item.state is ItemState.STUCK
    assert item.problem == WHY


def test_waits_grow_from_a_second_to_five_minutes() -> None:
    item, waits = fresh().due(), []
    for _ in range(12):
        item = item.failed(WHY, now=0.0, answered=False, jitter=0.5)
        waits.append(item.next_try_at)
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == LONGEST_WAIT_S


@pytest.mark.parametrize("state", ItemState)
def test_every_state_is_worked_on_or_rests_or_is_an_end(state: ItemState) -> None:
    rests = {ItemState.LIVE, ItemState.KEPT, ItemState.LAST_LOOK}
    assert [state in OPEN, state in OVER, state in rests].count(True) == 1


def test_a_room_for_which_an_agent_may_still_come_is_looked_for_once_more() -> None:
    late = msgspec.structs.replace(fresh().due(), late=True)
    gone = late.running().gone(1000.0)
    assert gone.state is ItemState.LAST_LOOK
    assert not gone.starts(1000.0 + LAST_LOOK_S - 1)
    assert gone.starts(1000.0 + LAST_LOOK_S)
    assert gone.running().done().state is ItemState.DONE
    assert fresh().due().running().gone(1000.0).state is ItemState.DONE
    dispatch = msgspec.structs.replace(late, what=What.DISPATCH)
    assert dispatch.running().gone(1000.0).state is ItemState.DONE


def test_a_dispatch_whose_agent_may_still_come_into_a_room_that_stays_is_looked_for() -> None:
    item = msgspec.structs.replace(fresh(), what=What.DISPATCH, expected=("agent-1",))
    gone = item.due().running().gone(1000.0)
    assert gone.state is ItemState.LAST_LOOK
    assert gone.starts(1000.0 + LAST_LOOK_S)
    assert gone.running().done().state is ItemState.DONE


def test_a_last_look_that_fails_is_made_again_and_is_never_stuck() -> None:
    item = msgspec.structs.replace(fresh().due(), late=True).running().gone(1000.0)
    for number in range(3 * MAX_TRIES):
        item = item.due().running().failed(WHY, now=1000.0 + number, answered=True, jitter=0.5)
        assert item.state is ItemState.LAST_LOOK
        assert item.problem == WHY
    assert item.next_try_at > 1000.0


def test_a_room_that_is_back_is_removed_like_any_other() -> None:
    item = msgspec.structs.replace(fresh().due(), late=True).running().gone(1000.0)
    back = item.due().running().returned("RM_new")
    assert (back.state, back.gone_at, back.sid) == (ItemState.RUNNING, 0.0, "")
    failed = back.failed(WHY, now=1060.0, answered=True, jitter=0.5)
    assert failed.state is ItemState.WAITING
    assert back.gone(1060.0).state is ItemState.LAST_LOOK


def test_nobody_knows_what_a_dead_engine_had_withdrawn() -> None:
    assert fresh().abandoned(1000.0).late
    planned = msgspec.structs.replace(fresh().due(), late=True).running().gone(1000.0)
    assert planned.abandoned(1010.0) == planned
    looking = planned.due(1060.0).running().abandoned(1070.0)
    assert (looking.state, looking.next_try_at) == (ItemState.LAST_LOOK, 1070.0)


def test_an_item_that_is_gone_has_no_problem_any_more() -> None:
    failed = fresh().failed(WHY, now=0.0, answered=True, jitter=0.5)
    assert failed.done().problem is None
