"""Why an action is impossible, and what is asked before it."""

from __future__ import annotations

import msgspec

from lktui.core.action_types import View
from lktui.core.actions import ACTIONS, ActionId
from lktui.core.cleanup import ItemState
from lktui.core.events import AnySessionEvent, Phase, PhaseEntered, SessionEvent
from lktui.core.profile import Profile
from lktui.core.session import SessionState
from tests.support.scenes import Conversation, item

PROFILE = Profile(name="staging", url="ws://127.0.0.1:7880")


def fold(events: list[AnySessionEvent]) -> SessionState:
    state = SessionState(id=events[0].session)
    for event in events:
        state = state.apply(event)
    return state


def session_of(events: list[object], *more: Phase) -> SessionState:
    known = [event for event in events if isinstance(event, SessionEvent)]
    entered = [PhaseEntered(at=2000.0, session=known[0].session, phase=phase) for phase in more]
    return fold([*known, *entered])  # type: ignore[list-item]  # narrowed above


FAILED = session_of([*Conversation("91bc4e").not_taken()])
READY = session_of([*Conversation("7f3a02").ready()])


def reason(name: ActionId, view: View) -> str | None:
    return ACTIONS[name].unavailable(view)


def question(name: ActionId, view: View) -> str:
    asked = ACTIONS[name].ask(view)
    return asked.title if asked is not None else ""


def test_a_conversation_starts_only_with_a_profile_without_faults() -> None:
    assert reason(ActionId.PROFILES_START, View(profile=PROFILE, profile_name="staging")) is None
    assert reason(ActionId.PROFILES_START, View(profile_name="bad")) == "its file has faults"
    assert reason(ActionId.PROFILES_START, View()) == "there is no profile"
    stopped = View(profile=PROFILE, profile_name="staging", engine_runs=False)
    assert reason(ActionId.ROOMS_START, stopped) == "the engine does not run"


def test_the_profile_of_the_environment_cannot_be_deleted() -> None:
    told = reason(ActionId.PROFILES_DELETE, View(profile_name="env"))
    assert told == "it comes from the environment"


def test_a_failed_dispatch_is_retried_without_a_question() -> None:
    view = View(session=FAILED, rows=1)
    assert reason(ActionId.ROOMS_RETRY, view) is None
    assert question(ActionId.ROOMS_RETRY, view) == ""


def test_a_conversation_of_another_lktui_is_only_read() -> None:
    view = View(session=msgspec.structs.replace(READY, elsewhere=True), rows=1)
    only_read = "it goes on in another lktui: here it is only read"
    for action in (ActionId.LIVE_TYPE, ActionId.LIVE_END, ActionId.LIVE_RETRY):
        assert reason(action, view) == only_read


def test_a_second_retry_is_answered() -> None:
    view = View(session=session_of([*Conversation("91bc4e").not_taken()], Phase.RETRYING), rows=1)
    assert reason(ActionId.ROOMS_RETRY, view) == "already retrying preclinical-test-k7qd91bc4e"


def test_removing_an_agent_that_answers_is_asked_about() -> None:
    view = View(session=READY, rows=1)
    assert reason(ActionId.ROOMS_RETRY, view) is None
    assert question(ActionId.ROOMS_RETRY, view) == "retry preclinical-test-k7qd7f3a02?"


def test_what_is_over_can_be_tried_again() -> None:
    over = session_of([*Conversation("91bc4e").not_taken()], Phase.ENDED)
    assert reason(ActionId.ROOMS_RETRY, View(session=over, rows=1)) is None
    assert reason(ActionId.ROOMS_END, View(session=over, rows=1)) == "it is over"


def test_there_is_no_retry_before_a_verdict_nor_while_it_ends() -> None:
    waiting = session_of([*Conversation("c0ffee").opening()])
    assert reason(ActionId.ROOMS_RETRY, View(session=waiting, rows=1)) == "there is no verdict yet"
    ending = session_of([*Conversation("91bc4e").not_taken()], Phase.ENDING)
    assert reason(ActionId.ROOMS_RETRY, View(session=ending, rows=1)) == "it is ending"
    assert reason(ActionId.ROOMS_RETRY, View(rows=1)) == "it is no conversation of yours"
    assert reason(ActionId.ROOMS_RETRY, View()) == "there is no row"


def test_ending_asks_only_where_others_would_be_cut_off() -> None:
    assert question(ActionId.ROOMS_END, View(session=READY, rows=1)) == ""
    asked = ACTIONS[ActionId.ROOMS_END].ask(View(session=READY, rows=1, others=2))
    assert asked is not None
    assert asked.effects[0].words == "is deleted: cuts 2 participants besides you"
    assert asked.effects[0].harms


def test_what_is_in_use_is_neither_tried_nor_forgotten() -> None:
    live = View(item=item("AD_x8Kq2LmN4cTz", ItemState.LIVE), rows=1)
    assert reason(ActionId.CLEANUP_TRY, live) == "it is in use"
    assert reason(ActionId.CLEANUP_FORGET, live) == "it is in use"


def test_what_is_gone_is_neither_tried_nor_forgotten() -> None:
    gone = View(item=item("AD_x8Kq2LmN4cTz", ItemState.DONE), rows=1)
    assert reason(ActionId.CLEANUP_TRY, gone) == "it is gone"
    assert reason(ActionId.CLEANUP_FORGET, gone) == "it is gone"


def test_a_stuck_item_can_be_tried_and_forgotten_after_a_question() -> None:
    stuck = View(item=item("room-1", ItemState.STUCK, tries=10), rows=1, unfinished=1)
    assert reason(ActionId.CLEANUP_TRY, stuck) is None
    assert reason(ActionId.CLEANUP_TRY_ALL, stuck) is None
    assert question(ActionId.CLEANUP_FORGET, stuck) == "forget this room?"
    assert reason(ActionId.CLEANUP_TRY_ALL, View()) == "nothing is left to clean up"


def test_quitting_asks_only_while_a_conversation_goes_on() -> None:
    assert question(ActionId.QUIT, View()) == ""
    asked = ACTIONS[ActionId.QUIT].ask(View(talking=("room-1", "")))
    assert asked is not None
    assert asked.verb == "End 2 conversations and quit"
    assert [effect.subject for effect in asked.effects] == ["room-1", "a new room"]
