"""The terminal that end-to-end tests use behaves as a real one does."""

from __future__ import annotations

import itertools
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.emulator import Emulator
from tests.support.terminal import Terminal

_APP = """
from textual.app import App, ComposeResult
from textual.events import Resize
from textual.widgets import Input, Label

class Small(App[None]):
    def compose(self) -> ComposeResult:
        yield Input(placeholder="type here")
        yield Label("size")

    def on_resize(self, event: Resize) -> None:
        self.query_one(Label).update(f"{event.size.width} by {event.size.height}")

Small().run()
"""


@pytest.fixture
def app(tmp_path: Path) -> list[str | Path]:
    program = tmp_path / "app.py"
    program.write_text(_APP)
    return [sys.executable, program]


def test_a_textual_app_takes_keys_and_leaves_the_screen_as_it_was(app: list[str | Path]) -> None:
    shell = ["/bin/sh", "-c", 'echo before; "$@"; echo after', "sh", *app]
    with Terminal(shell) as terminal:
        terminal.wait_for("80 by 24")
        assert "before" not in terminal.text()
        terminal.send("hello")
        terminal.wait_for("hello")
        terminal.send("\x11")  # ctrl+q
        assert terminal.wait_exit() == 0
        assert terminal.screen()[:3] == ["before", "after", ""]


def test_a_resize_reaches_the_program(app: list[str | Path]) -> None:
    with Terminal(app) as terminal:
        terminal.wait_for("80 by 24")
        terminal.resize(120, 40)
        terminal.wait_for("120 by 40")
        assert len(terminal.screen()) == 40


def test_ctrl_c_interrupts_the_program() -> None:
    with Terminal(["/bin/sh", "-c", "echo ready; exec sleep 60"]) as terminal:
        terminal.wait_for("ready")
        terminal.send("\x03")
        assert terminal.wait_exit() == -signal.SIGINT


def test_a_hang_up_ends_the_program() -> None:
    with Terminal(["/bin/sh", "-c", "echo ready; exec sleep 60"]) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()
        assert terminal.wait_exit() == -signal.SIGHUP


def test_what_came_after_a_mark_is_told_apart() -> None:
    with Terminal(["/bin/cat"]) as terminal:
        terminal.send("one\r")
        terminal.wait_for(lambda t: t.text().count("one") == 2)
        mark = terminal.mark()
        terminal.send("two\r")
        terminal.wait_for(lambda t: t.text().count("two") == 2)
        assert terminal.bytes_since(mark).split() == [b"two", b"two"]
        times = [chunk.at_s for chunk in terminal.chunks]
        assert times == sorted(times)


def test_a_text_that_never_comes_fails_with_the_screen() -> None:
    with (
        Terminal(["/bin/sh", "-c", "echo something else; exec sleep 60"]) as terminal,
        pytest.raises(AssertionError, match="something else"),
    ):
        terminal.wait_for("never", timeout_s=0.3)


def test_a_program_that_ended_is_not_waited_for() -> None:
    with Terminal(["/bin/echo", "bye"]) as terminal, pytest.raises(AssertionError, match="bye"):
        terminal.wait_for("never", timeout_s=60)


@given(cuts=st.lists(st.integers(0, 60)))
def test_pieces_of_any_size_show_the_same_screen(cuts: list[int]) -> None:
    written = "a\x1b[>1u\x1b[?2026h\x1b[?1004hé\x1b[<u\x1b[?2048$pb\x1b[?2026l\x1b[2;3Hc".encode()
    emulator = Emulator(20, 3)
    places = [0, *sorted(cuts), len(written)]
    for start, end in itertools.pairwise(places):
        emulator.feed(written[start:end])
    assert emulator.lines() == ["aéb", "  c", ""]


def test_half_a_wide_character_that_was_written_over_is_a_blank() -> None:
    emulator = Emulator(10, 1)
    emulator.feed("日本x\x1b[1;1Ha".encode())
    assert emulator.lines() == ["a 本x"]
