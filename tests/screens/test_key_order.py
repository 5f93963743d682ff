"""Keys that come in one piece, as over a slow link, mean what they mean one by one."""

from __future__ import annotations

from textual.events import Key

from lktui.core.commands import StartSession
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard

OTHER = STAGING.replace("checkout", "billing")


def burst(board: Dashboard, keys: str) -> None:
    """Hand over keys as one read of the terminal does: without waiting between them."""
    for key in keys:
        name = {"/": "slash", "\r": "enter"}.get(key, key)
        board.app.post_message(Key(name, key))


async def test_a_filter_and_a_start_in_one_piece_start_what_the_filter_left(make: Make) -> None:
    board = make({"a": OTHER, "b": STAGING})
    async with board.running((80, 24)):
        burst(board, "/checkout\rs")
        await board.settled()
        started = board.engine.asked(StartSession)
    assert [command.profile.name for command in started] == ["b"]


async def test_a_key_whose_widget_went_away_does_not_hold_back_the_next(make: Make) -> None:
    board = make({"a": OTHER})
    async with board.running((80, 24)):
        burst(board, "4?")
        await board.settled()
        await board.press("escape", "1")
        assert "last outcome" in board.text
