"""The dashboard in a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import twirp
from tests.support.program import Program, rooms_of
from tests.support.server import Server
from tests.support.terminal import Terminal
from tests.support.waiting import until


@contextmanager
def dashboard(program: Program, *words: str) -> Iterator[Terminal]:
    """Run the app at 80x24, from when it takes keys and its engine is up."""
    with Terminal(program.argv(*words), env=program.environment) as terminal:
        terminal.wait_for("○ not connected")
        yield terminal


def talked_in(server: Server, prefix: str, terminal: Terminal | None = None) -> str:
    """Wait until an agent is in the room with this prefix; gives the room.

    Args:
        server: Where the room is.
        prefix: What its name begins with.
        terminal: Where the app is, if it is one: it goes on only while what it draws is read.
    """

    def is_there() -> bool:
        if terminal is not None:
            terminal.pump(0.05)
        return any(twirp.agents(server, room) for room in rooms_of(server, prefix))

    assert until(is_there), terminal.text() if terminal else "no agent came"
    (room,) = rooms_of(server, prefix)
    return room
