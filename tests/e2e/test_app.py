"""The dashboard in a real terminal, by keys alone, with a real server and a real agent."""

from __future__ import annotations

import re
import time

import pytest

from tests.e2e.dashboard import dashboard, talked_in
from tests.support.guest import Guest
from tests.support.program import Program, rooms_of
from tests.support.server import Server
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("echo_at_hand")

_ENTER, _ESCAPE = "\r", "\x1b"


def recorded(program: Program) -> list[str]:
    """Read the final texts that the journal has, in their order."""
    rows = program.journal(
        "SELECT json_extract(body, '$.text') FROM"
        " (SELECT id, CAST(body AS TEXT) AS body FROM event)"
        " WHERE json_extract(body, '$.t') = 'segment' AND json_extract(body, '$.final')"
        " ORDER BY id"
    )
    return [str(text) for (text,) in rows]


def test_a_conversation_by_keys_alone_from_profile_to_clean_server(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with dashboard(echo) as terminal:
        terminal.wait_for("▌ ○ never tried")
        terminal.send("s")
        terminal.wait_for("● listening  echo")
        (room,) = rooms_of(server_at_hand, prefix)
        terminal.send(f"{_ENTER}hello{_ENTER}")  # in one packet, as a slow link brings it
        terminal.wait_for("echo: hello")
        terminal.wait_for(lambda t: re.search(r"echo: hello +\d+\.\d\ds", t.text()) is not None)
        terminal.send(_ESCAPE)
        terminal.wait_for("enter Type")
        terminal.send("x")
        terminal.wait_for("○ ended")
        terminal.wait_for("room gone")
        assert rooms_of(server_at_hand, prefix) == set()
        terminal.send("4")
        terminal.wait_for(f"○ gone               room      {room}")
        terminal.send("1")
        terminal.wait_for("● ready")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_quitting_in_the_middle_of_a_conversation_asks_and_cleans_up_first(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    with dashboard(echo) as terminal:
        terminal.send("s")
        terminal.wait_for("● listening  echo")
        terminal.send("q")
        terminal.wait_for("▲ quit?")
        terminal.send("y")
        assert terminal.wait_exit() == 0
    assert rooms_of(server_at_hand, prefix) == set()
    assert echo.engines == set()


def test_what_others_write_is_shown_and_never_obeyed(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    payload = "52;c;aGFja2Vk"  # writes the clipboard, where a terminal obeys it
    with dashboard(echo) as terminal:
        terminal.send("s")
        room = talked_in(server_at_hand, prefix, terminal)
        with Guest(server_at_hand, room, name="[/x]") as guest:
            guest.say(f"[bold]look[/nope] \x1b]{payload}\x07 \x1b[2J\x9b31m\u202e end")
            terminal.wait_for(lambda t: "\ufffd end" in t.text())
        assert "[/x]" in terminal.text()
        assert "[bold]look[/nope]" in terminal.text()
        sent = terminal.received
        assert payload.encode() in sent
        for obeyed in (f"\x1b]{payload}", f"\x9d{payload}", "\x9b31m", "\u202e"):
            assert obeyed.encode() not in sent


def test_a_terminal_that_takes_nothing_stops_neither_the_conversation_nor_its_record(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    lines = [f"line {n} of many {'.' * 60}" for n in range(100)]
    with dashboard(echo) as terminal:
        terminal.send("s")
        room = talked_in(server_at_hand, prefix, terminal)
        with Guest(server_at_hand, room, name="guest") as guest:
            for line in lines:
                guest.say(line)
                time.sleep(0.04)  # a pace, for four seconds in all
            assert until(lambda: lines[-1] in recorded(echo))
        assert [text for text in recorded(echo) if text.startswith("line ")] == lines
        terminal.wait_for("line 99 of many")
