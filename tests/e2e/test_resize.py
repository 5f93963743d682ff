"""What a terminal shows after its size has changed: laid out in steps, which Pilot does not do."""

from tests.support.program import Program
from tests.support.terminal import Terminal

NAMES = ("crash", "flaky", "leftover", "nobody", "slow", "support")
FIELDS = {"url": "ws://127.0.0.1:1", "api_key": "key", "api_secret": "secret"}


def test_a_list_is_whole_when_the_terminal_has_shrunk_under_a_low_cursor(program: Program) -> None:
    for name in NAMES:
        program.save_profile(name, dict(FIELDS))
    with Terminal(program.argv(), env=program.environment, columns=80, rows=24) as terminal:
        terminal.wait_for("6 profiles")
        terminal.send("gjjjj")
        terminal.wait_for("▌ ○ never tried           slow")
        terminal.resize(60, 15)
        terminal.wait_for(lambda shown: shown.screen()[-2].startswith(" 6 profiles"))
        terminal.wait_for(lambda shown: all(name in shown.text() for name in NAMES))
        assert any(row.startswith("▌ ○ never tried") and "slow" in row for row in terminal.screen())
