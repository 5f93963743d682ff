"""Keys that come in one piece, as over a slow link, mean what they mean one by one."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from lktui.core.commands import EndSession, Say, StartSession
from lktui.core.events import CleanupResult, SessionEnded
from lktui.widgets.early_keys import as_pressed, read_alt_as_alt
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard
from tests.support.scenes import Conversation

OTHER = STAGING.replace("checkout", "billing")


def burst(board: Dashboard, keys: str) -> None:
    """Hand over keys as one read of the terminal does: without waiting between them."""
    for key in keys:
        name = {"/": "slash", "\r": "enter", "\n": "ctrl+j"}.get(key, key)
        board.app.post_message(Key(name, key))


async def test_a_filter_and_a_start_in_one_piece_start_what_the_filter_left(make: Make) -> None:
    board = make({"a": OTHER, "b": STAGING})
    async with board.running((80, 24)):
        burst(board, "/checkout\rs")
        await board.settled()
        started = board.engine.asked(StartSession)
    assert [command.profile.name for command in started] == ["b"]


async def test_no_letter_of_a_filter_is_lost_that_comes_at_once(make: Make) -> None:
    board = make({"a": OTHER, "b": STAGING})
    async with board.running((80, 24)):
        burst(board, "/checkout")
        await board.settled()
        assert "/ checkout" in board.text


async def test_a_key_whose_widget_went_away_does_not_hold_back_the_next(make: Make) -> None:
    board = make({"a": OTHER})
    async with board.running((80, 24)):
        burst(board, "4?")
        await board.settled()
        await board.press("escape", "1")
        assert "last outcome" in board.text


async def test_what_is_typed_right_after_a_start_is_text_and_never_an_action(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        burst(dashboard, "s\rxyz")
        await dashboard.settled()
        assert not dashboard.engine.asked(EndSession)
        assert " › xyz" in dashboard.text


async def test_a_long_line_that_the_terminal_types_in_one_piece_loses_no_letter(
    dashboard: Dashboard,
) -> None:
    line = "".join(f"{number:03}," for number in range(400))
    async with dashboard.running((80, 24)):
        burst(dashboard, f"s\r{line}\r")
        await dashboard.settled()
        while (said := dashboard.engine.asked(Say)) == []:
            await dashboard.pilot.pause()
    assert [command.text for command in said] == [line]


async def test_enter_is_enter_before_the_terminal_hands_over_keys_as_they_are(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        burst(dashboard, "s\nxyz")
        await dashboard.settled()
        assert not dashboard.engine.asked(EndSession)
        assert " › xyz" in dashboard.text


async def test_one_types_at_once_in_a_conversation_that_follows_one_which_is_over(
    dashboard: Dashboard,
) -> None:
    own = Conversation("7f3a02")
    over = SessionEnded(session=own.id, cleanup=CleanupResult.DONE, took_ms=12.0)
    async with dashboard.running((80, 24)):
        dashboard.controller.focus = own.id
        await dashboard.press("3")
        await dashboard.hear(*own.ready(), over)
        burst(dashboard, "s\rxyz")
        await dashboard.settled()
        assert not dashboard.engine.asked(EndSession)
        assert " › xyz" in dashboard.text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("x", "x"), ("2", "2"), ("X", "X"), ("/", "slash"), (":", "colon"), ("?", "question_mark")],
)
def test_esc_and_a_key_in_one_read_are_no_other_key(sent: str, shown: str) -> None:
    read_alt_as_alt()
    parser = XTermParser()
    keys = [*parser.feed(f"\x1b{sent}"), *parser.feed("")]
    assert [as_pressed(key, typing=True)[-1].key for key in keys if isinstance(key, Key)] == [shown]


async def test_esc_and_a_digit_in_one_read_leave_the_composer_and_act(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        burst(dashboard, "s\rhi")
        dashboard.app.post_message(Key("alt+2", "2"))
        await dashboard.settled()
        assert dashboard.app.current_mode == "rooms"


async def test_alt_and_a_key_is_no_key_where_nothing_is_typed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.app.post_message(Key("alt+2", "2"))
        await dashboard.settled()
        assert dashboard.app.current_mode == "profiles"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_esc_and_a_search_in_one_piece_leave_the_composer_and_search(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        burst(dashboard, "s\rhi")
        await dashboard.settled()
        read_alt_as_alt()
        for key in XTermParser().feed("\x1b/order"):
            dashboard.app.post_message(key)
        await dashboard.settled()
        assert " › hi" in dashboard.text
        assert "/order" in dashboard.status.replace(" ", "")


@pytest.mark.parametrize(
    ("sent", "shown"), [("\r", "enter"), ("\n", "ctrl+j"), ("\x03", "ctrl+c"), ("\x10", "ctrl+p")]
)
def test_esc_and_a_key_that_is_no_sign_in_one_read_are_two(sent: str, shown: str) -> None:
    read_alt_as_alt()
    parser = XTermParser()
    keys = [*parser.feed(f"\x1b{sent}"), *parser.feed("")]
    assert [key.key for key in keys if isinstance(key, Key)] == ["escape", shown]


async def test_esc_and_enter_in_one_read_send_nothing(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        burst(dashboard, "s\rhi")
        await dashboard.settled()
        read_alt_as_alt()
        parser = XTermParser()
        for key in [*parser.feed("\x1b\r"), *parser.feed("")]:
            dashboard.app.post_message(key)
        await dashboard.settled()
        assert " › hi" in dashboard.text
        assert not dashboard.engine.asked(Say)


async def test_esc_and_a_sign_in_one_read_are_two_keys_also_where_nothing_is_typed(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        burst(dashboard, "/prod\r")
        await dashboard.settled()
        dashboard.app.post_message(Key("alt+slash", None))
        await dashboard.settled()
        assert dashboard.status == "/"
