"""How often a screen draws while more comes than anybody can read."""

from __future__ import annotations

from textual.app import App

from lktui.widgets.pacing import LEAST_S, LONGEST_S, Pacer
from tests.support.fakes.still_clock import StillClock


def paced(*rows_each_frame: int) -> float:
    """Give the time between frames after some of them, each a frame's time after the other."""
    clock = StillClock()
    pacer = Pacer(App[None](), clock, lambda: None)
    rows = 0
    for came in rows_each_frame:
        clock.move(pacer.least_s)
        rows += came
        pacer.keep_up(rows)
    return pacer.least_s


def test_a_conversation_is_drawn_every_100_ms() -> None:
    assert paced(1, 0, 2, 1) == LEAST_S


def test_a_flood_stretches_frames_to_a_second() -> None:
    assert paced(10, 20, 40, 80, 100, 100) == LONGEST_S


def test_one_burst_is_forgotten_with_the_next_line() -> None:
    assert paced(60) == 2 * LEAST_S
    assert paced(60, 1) == LEAST_S


def test_when_a_flood_ebbs_frames_come_faster_again() -> None:
    assert paced(10, 20, 40, 80, 100, 10, 5, 2, 1) == LEAST_S


async def test_the_last_of_a_flood_is_drawn_at_once_and_frames_come_as_ever() -> None:
    drawn: list[str] = []
    app, clock = App[None](), StillClock()
    async with app.run_test():
        pacer = Pacer(app, clock, lambda: drawn.append("frame"))
        pacer.ebb()
        for rows in range(100, 600, 100):
            clock.move(pacer.least_s)
            pacer.keep_up(rows)
        pacer.ebb()
        pacer.keep_up(1)
        pacer.ask()
        waited = pacer.is_waiting
        pacer.ebb()
        assert drawn == ["frame"] * 3
        assert (waited, pacer.is_waiting) == (True, False)
        assert pacer.least_s == LEAST_S
