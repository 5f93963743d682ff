"""Garbage is looked for while nobody presses keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
from textual.message_pump import MessagePump

from lktui import garbage
from lktui.garbage import WORTH_IT, QuietCollection


class Host:
    """Has a timer that goes when it is told to."""

    def __init__(self) -> None:
        self.tick: Callable[[], None] = lambda: None

    def set_interval(self, _s: float, tick: Callable[[], None]) -> None:
        """Keep what is to be called."""
        self.tick = tick


class Collector:
    """Stands for Python's."""

    def __init__(self) -> None:
        self.younger, self.collections = WORTH_IT, 0

    def get_count(self) -> tuple[int, int, int]:
        """Tell how often what is younger was collected."""
        return 0, 0, self.younger

    def collect(self) -> None:
        """Count."""
        self.collections += 1
        self.younger = 0


class Keys:
    """Counts them."""

    def __init__(self) -> None:
        self.pressed = 0


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Collector:
    """Give the collector in the place of Python's."""
    fake = Collector()
    monkeypatch.setattr(garbage, "gc", fake)
    return fake


def begun(keys: Keys) -> Host:
    """Begin to collect; gives what ticks."""
    host = Host()
    QuietCollection(cast("MessagePump", host), lambda: keys.pressed).begin()
    return host


def test_garbage_is_collected_where_no_key_came_between_two_looks(collector: Collector) -> None:
    keys = Keys()
    host = begun(keys)
    keys.pressed += 1
    host.tick()
    assert collector.collections == 0
    host.tick()
    assert collector.collections == 1


def test_nothing_is_collected_where_little_was_made(collector: Collector) -> None:
    host = begun(Keys())
    collector.younger = WORTH_IT - 1
    host.tick()
    host.tick()
    assert collector.collections == 0
