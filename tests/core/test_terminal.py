"""What is said of a terminal that cannot do everything."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.doctor import CheckState
from lktui.core.terminal import LEAST_COLUMNS, LEAST_LINES, Terminal, terminal_finding

GOOD = Terminal(term="xterm-256color", colours="256", columns=80, lines=24)


def test_a_good_terminal_is_told_in_one_line() -> None:
    found = terminal_finding(GOOD)
    assert found.state is CheckState.OK
    assert found.detail == "xterm-256color, 256 colours, 80 x 24, UTF-8"


def test_what_stands_between_is_named() -> None:
    found = terminal_finding(
        msgspec.structs.replace(GOOD, tmux=True, ssh=True, tmux_clipboard="on")
    )
    assert found.state is CheckState.OK
    assert found.detail.endswith("tmux, SSH")


@pytest.mark.parametrize(
    ("changed", "why", "do"),
    [
        ({"columns": LEAST_COLUMNS - 1}, "60 x 15 is least", "Make the window larger"),
        ({"lines": LEAST_LINES - 1}, "60 x 15 is least", "Make the window larger"),
        ({"tmux": True, "tmux_clipboard": "external"}, "external", "set-clipboard on"),
        ({"utf8": False}, "not UTF-8", "LANG"),
        ({"term": "dumb"}, "names no terminal", "xterm-256color"),
        ({"term": ""}, "names no terminal", "xterm-256color"),
    ],
)
def test_each_lack_says_why_it_matters_and_what_to_do(
    changed: dict[str, object], why: str, do: str
) -> None:
    found = terminal_finding(msgspec.structs.replace(GOOD, **changed))
    assert found.state is CheckState.DOUBT
    assert found.problem is not None
    assert why in found.detail
    assert why in found.problem.cause
    assert do in found.problem.resolution


def test_the_least_size_is_enough_and_without_a_terminal_no_size_is_asked_for() -> None:
    least = msgspec.structs.replace(GOOD, columns=LEAST_COLUMNS, lines=LEAST_LINES)
    assert terminal_finding(least).state is CheckState.OK
    none = msgspec.structs.replace(GOOD, columns=0, lines=0)
    assert "no terminal" in terminal_finding(none).detail


def test_of_several_lacks_all_are_in_cause_and_resolution() -> None:
    found = terminal_finding(msgspec.structs.replace(GOOD, utf8=False, columns=20))
    assert found.problem is not None
    assert "least" in found.problem.cause
    assert "UTF-8" in found.problem.cause
    assert "; " in found.problem.resolution


def test_what_the_environment_says_is_made_safe() -> None:
    found = terminal_finding(msgspec.structs.replace(GOOD, term="x\x1b[31m" + "y" * 100))
    assert "\x1b" not in found.detail
    assert len(found.detail) < 100
