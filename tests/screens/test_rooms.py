"""Rooms: outcome, story and what can be done, for our conversations and for other rooms."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.cleanup import ItemState
from lktui.core.commands import EndSession, Retry, StartSession, WatchRooms
from lktui.core.events import (
    AnyEvent,
    CleanupChanged,
    LinkChanged,
    LinkState,
    RetryStep,
    RoomsListed,
    RoomsUnlisted,
    VerdictReached,
)
from lktui.core.problems import ProblemCode, problem
from lktui.screens.rooms.screen import RoomsScreen
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation, item, listed

TOKEN = STAGING.replace('api_key = "APIabc"', 'auth_mode = "token"\ntoken = "env:T"').replace(
    'api_secret = "env:LK_STAGING_SECRET"\n', ""
).replace("explicit", "auto")  # fmt: skip


def rooms(*names: str) -> RoomsListed:
    return RoomsListed(
        wall=NOON, profile="staging", rooms=tuple(listed(name, "echo", "idle") for name in names)
    )


async def test_own_conversations_come_first_and_only_once(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(
            *Conversation("91bc4e", age_s=30).not_taken(),
            *Conversation("7f3a02", "echo", age_s=20).ready(),
            rooms("call-5521", "preclinical-test-k7qd91bc4e"),
        )
        rows = [line.split("  ")[1].strip() for line in dashboard.lines[2:5]]
        assert "● listening" in dashboard.lines[2]
        assert "✗ no worker took it" in dashboard.lines[3]
        assert "● idle" in dashboard.lines[4]
        assert "call-5521" in dashboard.lines[4]
        assert dashboard.status.startswith("3 rooms  ✗ 1 failed  ● 2 ready"), rows


async def test_the_story_says_seen_cause_do_and_each_step(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2")
        text = dashboard.text
    assert "── preclinical-test-k7qd91bc4e  checkout  attempt 1 ──" in text
    assert "✗ Agent not dispatched: no worker took it         0.000  room created" in text
    assert "\n seen   no job listed at" in text
    assert "\n cause  Agent offline:" in text
    assert "\n do     Check agent is deployed" in text
    assert "5.651  ✗ no worker took it" in text


async def test_r_retries_in_the_safe_order_without_a_question(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2", "r")
        (retry,) = dashboard.engine.asked(Retry)
    assert retry.session == "91bc4e"
    assert not retry.replace_live


async def test_an_agent_that_answers_is_replaced_after_a_yes_only(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("2", "r")
        assert "checkout   is listening; it is removed" in dashboard.text
        await dashboard.press("escape")
        assert not dashboard.engine.asked(Retry)
        await dashboard.press("r", "y")
        assert dashboard.engine.asked(Retry)[0].replace_live


async def test_capital_r_retries_all_that_have_failed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(
            *Conversation("91bc4e").not_taken(),
            *Conversation("5d20aa").never_joined(),
            *Conversation("7f3a02").ready(),
        )
        await dashboard.press("2", "R")
        assert {retry.session for retry in dashboard.engine.asked(Retry)} == {"91bc4e", "5d20aa"}
        assert dashboard.status.endswith("retrying 2")


async def test_x_asks_if_others_are_in_the_room(dashboard: Dashboard) -> None:
    own = Conversation("7f3a02")
    crowd = listed(own.room, "checkout", "listening", people=4)
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(
            *own.ready(), RoomsListed(wall=NOON, profile="staging", rooms=(crowd,))
        )
        await dashboard.press("x")
        assert "cuts 2 participants besides you" in dashboard.text
        await dashboard.press("y")
        assert [end.session for end in dashboard.engine.asked(EndSession)] == [own.id]


async def test_x_ends_at_once_if_nobody_else_is_there(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("2", "x")
        assert len(dashboard.engine.asked(EndSession)) == 1


async def test_enter_opens_own_conversations_only(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*Conversation("7f3a02").ready(), rooms("call-5521"))
        await dashboard.press("G", "enter")
        assert dashboard.status.endswith("not now: it is no conversation of yours")
        await dashboard.press("g", "enter")
        assert dashboard.controller.focus == "7f3a02"
        assert dashboard.app.current_mode == "live"


async def test_s_starts_with_the_profile_in_use(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", "s")
        assert len(dashboard.engine.asked(StartSession)) == 1


async def test_the_server_is_asked_only_while_the_screen_is_shown(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        assert not dashboard.engine.asked(WatchRooms)
        await dashboard.press("2", "1")
        on, off = dashboard.engine.asked(WatchRooms)
        assert on.profile is not None
        assert off.profile is None


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("a", "b", "c"))
        await dashboard.press("j")
        await dashboard.hear(*Conversation("91bc4e").opening())
        assert dashboard.lines[4].startswith("▌ ● idle")
        assert " b " in dashboard.lines[4]
        await dashboard.hear(rooms("a", "c"))
        assert " c " in next(line for line in dashboard.lines if line.startswith("▌"))


async def test_a_second_under_the_cursor_counts_as_looked_at(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        while not dashboard.controller.seen:
            await dashboard.pilot.pause()
        await dashboard.settled()
        assert dashboard.lines[2].startswith("▌ ✗ no worker took it")


async def test_what_was_opened_needs_nobody_any_more(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(
            *Conversation("7f3a02", age_s=5).ready(), *Conversation("91bc4e").not_taken()
        )
        assert " !✗ no worker took it" in dashboard.lines[3]
        assert "2 Rooms !1" in dashboard.lines[0]
        style = dashboard.style_at("✗ no worker")
        assert style.bold
        await dashboard.press("j", "enter", "2")
        assert "▌ ✗ no worker took it" in dashboard.lines[3]
        assert "!1" not in dashboard.lines[0]


async def test_a_list_that_cannot_be_read_says_so_and_keeps_the_last_view(
    dashboard: Dashboard,
) -> None:
    refused = problem(ProblemCode.CONNECTION_REFUSED, host="voice-staging.example.net")
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        await dashboard.hear(rooms("call-5521"))
        await dashboard.hear(RoomsUnlisted(wall=NOON, profile="staging", problem=refused))
        assert "◌ was idle" in dashboard.lines[2]
        assert "◌ data" in dashboard.status
        assert " s old" in dashboard.status
        assert "▲ cannot connect  @ history" in dashboard.status
        assert "Cannot connect: voice-staging.example.net refuses" in dashboard.text
        assert "✗ cannot connect" in dashboard.lines[0]


async def test_token_mode_says_why_nothing_is_listed(make: Make) -> None:
    board = make({"staging": TOKEN})
    async with board.running((80, 24)):
        await board.press("2")
        assert "This profile cannot list rooms (no API key)." in board.text
        assert not board.engine.asked(WatchRooms)


async def test_an_empty_server_says_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms())
        assert "No rooms on this server." in dashboard.text
        assert "s  start a conversation with “checkout”" in dashboard.text


HOSTILE = [
    "[/x]",
    "[bold red]x",
    "\x1b]52;c;aGk=\x07x",
    "\u202eevil",
    "予約テスト-東京本店-第二会議室-2026-11-22",
    "👩‍👩‍👧 family",
]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_hostile_names_are_text_and_keep_the_columns(
    dashboard: Dashboard, name: str, size: tuple[int, int]
) -> None:
    events: list[AnyEvent] = [rooms("plain", name), *Conversation("x", name, room=name).ready()]
    async with dashboard.running(size):
        await dashboard.press("2")
        await dashboard.hear(*events)
        assert "\x1b" not in dashboard.text
        assert "\u202e" not in dashboard.text
        assert dashboard.cells(2) == dashboard.cells(3) == size[0]


async def test_sorting_moves_rows_by_a_key_press_only(dashboard: Dashboard) -> None:
    def order() -> list[str]:
        screen = dashboard.app.screen
        assert isinstance(screen, RoomsScreen)
        return [row.cells[1].text for row in screen.table.rows]

    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("b", "c", "a"))
        assert order() == ["b", "c", "a"]
        await dashboard.press("o", "o")
        assert order() == ["a", "b", "c"]
        assert "by room" in dashboard.status
        await dashboard.press("O")
        assert order() == ["c", "b", "a"]
        await dashboard.hear(rooms("d", "a", "b", "c"))
        assert order() == ["d", "c", "b", "a"]


async def test_the_filter_is_shown_and_esc_clears_it(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("call-1", "call-2", "standup"))
        await dashboard.press("slash", "c", "a", "l", "l")
        assert dashboard.status == "/ call"
        assert dashboard.footer.startswith("enter Keep  esc Clear")
        assert dashboard.footer.endswith("esc ? Help")
        await dashboard.press("enter")
        assert dashboard.status.startswith("/call  2 of 3 rooms")
        assert dashboard.status.endswith("esc clears")
        await dashboard.press("escape")
        assert dashboard.status.startswith("3 rooms")


async def test_a_filter_that_finds_nothing_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("call-1"))
        await dashboard.press("slash", *"chekout", "enter")
        assert "0 of 1 rooms match “chekout”." in dashboard.text
        assert "esc  shows all" in dashboard.text


async def test_copies_go_to_the_clipboard_whole(dashboard: Dashboard) -> None:
    name = "standup-2026-11-22-platform-team-daily-europe-west-and-americas"
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(name, "b"))
        await dashboard.press("y")
        assert name in dashboard.app.clipboard
        await dashboard.press("i")
        assert dashboard.app.clipboard == name
        assert dashboard.status.endswith(f"sent {len(name)} B to the terminal")
        await dashboard.press("Y")
        assert len(dashboard.app.clipboard.splitlines()) == 2


async def test_a_filter_that_is_no_valid_expression_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*Conversation("7f3a02").ready())
        await dashboard.press("slash", "~", "(", "[")
        assert "“~([” is no valid regex" in dashboard.text
        assert "0 of 1" not in dashboard.text
        await dashboard.press("enter")
        assert "▲ no valid regex" in dashboard.status


async def test_the_column_and_the_story_give_the_same_time_to_ready(dashboard: Dashboard) -> None:
    own = Conversation("7f3a02")
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        await dashboard.hear(*own.ready())
        found = dashboard.controller.sessions[own.id].diagnosis
        assert found is not None
        assert found.ready_s is not None
        later = msgspec.structs.replace(found, ready_s=found.ready_s + 0.02)
        await dashboard.hear(
            VerdictReached(at=1001.0, wall=NOON, session=own.id, attempt=1, diagnosis=later)
        )
        assert "0.43s" in dashboard.lines[2]


async def test_the_title_of_a_room_without_an_agent_ends_with_its_name(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(RoomsListed(wall=NOON, profile="staging", rooms=(listed("lobby"),)))
        assert any(row.startswith("── lobby ──") for row in dashboard.lines)


async def test_old_data_is_never_blanked_and_says_its_age_in_80_columns(
    dashboard: Dashboard,
) -> None:
    refused = problem(ProblemCode.CONNECTION_REFUSED, host="voice-staging.example.net")
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms("call-5521"))
        dashboard.clock.move(20)
        unread = RoomsUnlisted(wall=NOON + 20, profile="staging", problem=refused, read_wall=NOON)
        await dashboard.hear(unread)
        assert "1 room  ◌ data 21 s old" in dashboard.status
        assert "◌ Was idle 21 s ago; unknown since" in dashboard.text
        assert "data 21 s old ──" in dashboard.text
        style = dashboard.style_at("◌ was idle")
        assert style.italic


async def test_a_room_that_was_not_looked_into_is_unknown_and_not_empty(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        unseen = msgspec.structs.replace(listed("far"), looked=False)
        await dashboard.hear(RoomsListed(wall=NOON, profile="staging", rooms=(unseen,)))
        assert "◌ unknown" in dashboard.lines[2]


async def test_500_rooms_keep_the_cursor_and_draw_only_what_is_in_sight(
    dashboard: Dashboard,
) -> None:
    names = [f"load-{number:03}" for number in range(500)]
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(rooms(*names))
        await dashboard.press("G", "k")
        assert "load-498" in next(row for row in dashboard.lines if row.startswith("▌"))
        await dashboard.hear(rooms("new-1", "new-2", *names[100:]))
        assert "load-498" in next(row for row in dashboard.lines if row.startswith("▌"))
        assert dashboard.status.startswith("402 rooms")


async def test_z_shows_every_attempt_of_a_long_story(dashboard: Dashboard) -> None:
    own = Conversation("91bc4e")
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*own.not_taken())
        for attempt in range(2, 5):
            for number, text in enumerate(("look", "delete", "leaves", "again"), 1):
                step = RetryStep(
                    at=1000.0 + attempt, session=own.id, attempt=attempt, number=number, text=text
                )
                await dashboard.hear(step)
        assert "earlier" in dashboard.text
        await dashboard.press("z")
        assert "earlier" not in dashboard.text
        assert "0.000  room created" in dashboard.text
        assert "preclinical-test" in dashboard.lines[2]
        await dashboard.press("z")
        assert "earlier" in dashboard.text


async def test_a_lost_link_makes_the_verdict_old_and_says_what_happens(
    dashboard: Dashboard,
) -> None:
    own = Conversation("7f3a02")
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        lost = LinkChanged(at=980.0, session=own.id, state=LinkState.RECONNECTING)
        await dashboard.hear(*own.ready(), lost)
        assert "◌ was listening" in dashboard.lines[2]
        assert "◌ Was listening 20." in dashboard.text
        assert "s ago; unknown since" in dashboard.text
        assert "the link to the server was lost at" in dashboard.text
        assert "do     nothing: lktui reconnects by itself" in dashboard.text


async def test_of_twenty_conversations_one_key_retries_the_seven_that_failed(
    dashboard: Dashboard,
) -> None:
    calls = [Conversation(f"{number:06}", age_s=30 + number) for number in range(20)]
    events = [
        event
        for number, call in enumerate(calls)
        for event in (call.not_taken() if number % 3 == 1 else call.ready())
    ]
    failed = {call.id for number, call in enumerate(calls) if number % 3 == 1}
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(*events)
        assert dashboard.status.startswith("20 rooms  ✗ 7 failed  ● 13 ready")
        await dashboard.press("R")
        assert {retry.session for retry in dashboard.engine.asked(Retry)} == failed
        assert dashboard.status.endswith("retrying 7")


async def test_capital_r_leaves_alone_what_the_filter_hides(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2")
        await dashboard.hear(
            *Conversation("91bc4e").not_taken(), *Conversation("5d20aa").never_joined()
        )
        await dashboard.press("slash", *"never", "enter", "R")
        assert [retry.session for retry in dashboard.engine.asked(Retry)] == ["5d20aa"]


async def test_a_kept_room_is_said_to_be_ours(dashboard: Dashboard) -> None:
    kept = item("preclinical-test-k7qd0be214", ItemState.KEPT)
    async with dashboard.running((120, 40)):
        await dashboard.press("2")
        await dashboard.hear(
            RoomsListed(profile="staging", rooms=(listed(kept.name), listed("lobby"))),
            CleanupChanged(items=(kept,)),
        )
        (row,) = [line for line in dashboard.lines[2:30] if f"  {kept.name}  " in line]
        assert row.split()[-2] == "ours"
        assert "made here, perhaps in use by another lktui: 4 Cleanup tells" in dashboard.text
