"""`D`: an agent into any room, with a question only where two would answer."""

from __future__ import annotations

import msgspec

from lktui.core.commands import DispatchInto, EndSession, LookInto, Retry, WithdrawDispatches
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    DispatchesWithdrawn,
    ListedDispatch,
    ListedRoom,
    RoomsListed,
    SessionEnded,
    SessionOpened,
)
from lktui.core.problems import ProblemCode, problem
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation, listed

SUPPORT = msgspec.structs.replace(
    listed("call-5521", "support", "listening"),
    dispatches=(ListedDispatch(id="AD_1", agent_name="support", made_at=NOON - 200),),
)


def rooms(*given: ListedRoom) -> RoomsListed:
    return RoomsListed(wall=NOON, profile="staging", rooms=given)


def watched(conversation: Conversation) -> list[AnyEvent]:
    """Make the same events of a dispatch into somebody's room."""
    first, *rest = conversation.ready()
    assert isinstance(first, SessionOpened)
    return [msgspec.structs.replace(first, watched=True), *rest]


async def test_d_offers_the_profiles_agent_and_what_is_known(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby"), SUPPORT))
        await dashboard.press("D")
        assert "agent     checkout" in dashboard.text
        assert "room      lobby" in dashboard.text
        assert "enter dispatches checkout  known: support" in dashboard.text
        assert dashboard.footer.startswith("enter Dispatch  tab Next field  down Known agents")
        await dashboard.press("down")
        assert "enter dispatches support" in dashboard.text
        await dashboard.press("down", "enter")
        (asked,) = dashboard.engine.asked(DispatchInto)
    assert (asked.room, asked.profile.agent_name) == ("lobby", "checkout")
    assert not asked.agreed
    assert not asked.again


async def test_name_and_metadata_can_be_typed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby")))
        await dashboard.press("D", *("backspace",) * 8, *"mine", "tab", *"a b", "enter")
        (asked,) = dashboard.engine.asked(DispatchInto)
    assert (asked.profile.agent_name, asked.profile.metadata) == ("mine", "a b")


async def test_the_agent_that_was_dispatched_last_comes_first(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby")))
        await dashboard.press("D", *("backspace",) * 8, *"mine", "tab", *"m1", "enter", "D")
        assert "agent     mine" in dashboard.text
        assert "metadata  m1" in dashboard.text


async def test_a_name_is_needed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby")))
        await dashboard.press("D", *("backspace",) * 8)
        assert "enter needs an agent's name" in dashboard.text
        await dashboard.press("enter")
        assert not dashboard.engine.asked(DispatchInto)


async def test_esc_closes_the_sheet_and_the_list_has_the_keys_again(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby"), SUPPORT))
        await dashboard.press("D", "escape", "j")
        assert "dispatch an agent into" not in dashboard.text
        assert next(row for row in dashboard.lines if row.startswith("▌")).split()[3] == "call-5521"


async def test_a_second_agent_of_the_same_name_is_asked_about(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(SUPPORT))
        await dashboard.press("D", "down", "enter")
        assert "dispatch a second support?" in dashboard.text
        await dashboard.press("enter")
        assert not dashboard.engine.asked(DispatchInto)
        await dashboard.press("D", "down", "enter", "y")
        assert dashboard.engine.asked(DispatchInto)[0].agreed


async def test_a_room_of_others_is_retried_after_a_question_only(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(SUPPORT))
        await dashboard.press("r")
        assert "retry support in call-5521?" in dashboard.text
        assert "was made by another program or person" in dashboard.text
        await dashboard.press("enter")
        assert not dashboard.engine.asked(DispatchInto)
        await dashboard.press("r", "y")
        (asked,) = dashboard.engine.asked(DispatchInto)
    assert (asked.again, asked.agreed, asked.profile.agent_name) == (True, True, "support")


async def test_a_dispatch_is_withdrawn_by_the_palette(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(SUPPORT))
        await dashboard.press(":", *"withd", "enter")
        assert "withdraw the dispatch in call-5521?" in dashboard.text
        await dashboard.press("y")
        (asked,) = dashboard.engine.asked(WithdrawDispatches)
        assert asked.ids == ("AD_1",)
        await dashboard.hear(DispatchesWithdrawn(room="call-5521", ids=("AD_1",)))
        assert dashboard.status.endswith("withdrawn from call-5521: AD_1")


async def test_a_withdrawal_that_failed_says_why(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        refused = problem(ProblemCode.AUTH_FAILED)
        await dashboard.hear(DispatchesWithdrawn(room="call-5521", ids=(), problem=refused))
        assert "Auth failed" in dashboard.status


async def test_the_row_of_a_watched_room_stays_under_the_cursor(dashboard: Dashboard) -> None:
    call = Conversation("d1", "support", room="call-5521")
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby"), SUPPORT, listed("standup")))
        await dashboard.press("j")
        await dashboard.hear(*watched(call))
        on = next(row for row in dashboard.lines if row.startswith("▌"))
        assert "● listening · watched" in on
        assert "call-5521" in on
        await dashboard.press("x")
        assert [end.session for end in dashboard.engine.asked(EndSession)] == [call.id]
        over = SessionEnded(session=call.id, cleanup=CleanupResult.KEPT, took_ms=1.0)
        await dashboard.hear(over)
        on = next(row for row in dashboard.lines if row.startswith("▌"))
        assert "● listening  " in on
        assert "call-5521" in on


async def test_what_is_only_watched_is_read_in_live_and_takes_no_line(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*watched(Conversation("d1", "support", room="call-5521")))
        await dashboard.press("enter", "enter")
        assert dashboard.status.endswith("this room is only watched: nobody there sees you")
        assert "3 Live  4" in dashboard.lines[0]


async def test_token_mode_says_why_nothing_can_be_dispatched(make: Make) -> None:
    text = STAGING.replace('api_key = "APIabc"', 'auth_mode = "token"\ntoken = "env:T"')
    text = text.replace('api_secret = "env:LK_STAGING_SECRET"\n', "").replace("explicit", "auto")
    board = make({"staging": text})
    async with board.running((80, 24)):
        await board.press("2")
        await board.hear(*Conversation("7f3a02").ready())
        await board.press("D")
        assert board.status.endswith("not now: the profile has no API key")


async def test_the_room_under_the_cursor_is_looked_into(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby"), SUPPORT))
        await dashboard.press("j")
        assert [look.room for look in dashboard.engine.asked(LookInto)] == ["lobby", "call-5521"]


# --- marks ----------------------------------------------------------------------------------------


async def test_marks_are_retried_together(dashboard: Dashboard) -> None:
    one, two = Conversation("91bc4e", age_s=30), Conversation("5d20aa", age_s=20)
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*one.not_taken(), *two.never_joined(), *Conversation("7f3a02").ready())
        await dashboard.press("j", "space", "space")
        assert dashboard.status.startswith("◆ 2 marked of 3 rooms")
        assert dashboard.footer.startswith("r Retry 2 marked  x End 2 marked  esc Unmark")
        await dashboard.press("r")
        assert {retry.session for retry in dashboard.engine.asked(Retry)} == {one.id, two.id}
        assert not dashboard.status.startswith("◆")


async def test_marked_agents_that_answer_are_named_in_one_question(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(
            *Conversation("91bc4e", age_s=30).not_taken(), *Conversation("7f3a02", "echo").ready()
        )
        await dashboard.press("*", "r")
        assert "retry 2 marked?" in dashboard.text
        assert "echo   is listening; it is removed" in dashboard.text
        await dashboard.press("y")
        retries = {retry.session: retry.replace_live for retry in dashboard.engine.asked(Retry)}
        assert retries == {"91bc4e": False, "7f3a02": True}


async def test_esc_clears_the_filter_then_the_marks(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(listed("lobby"), SUPPORT))
        await dashboard.press("space", "slash", *"call", "enter", "escape")
        assert dashboard.status.startswith("◆ 1 marked")
        await dashboard.press("escape")
        assert dashboard.status.startswith("2 rooms")
