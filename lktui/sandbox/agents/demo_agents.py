"""Who the demo agents are and what each does with its jobs: data, and the count of tries."""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum

import msgspec

MAX_ROOMS = 1000
"""So many rooms are remembered whose jobs have failed; then the oldest is forgotten."""


class Behaviour(StrEnum):
    """What an agent does with one job."""

    TALK = "talk"
    """It joins and talks for as long as its user stays."""
    DECLINE = "decline"
    """It declines for all workers: the server lists the job as ended before it began."""
    NEVER_JOIN = "never_join"
    """It takes the job and is never seen."""
    CRASH = "crash"
    """It joins and is gone a second later, before its session has started."""


class DemoAgent(msgspec.Struct, frozen=True, kw_only=True):
    """One agent that dispatches can name."""

    name: str
    title: str
    """What the room shows beside the identity."""
    greeting: str
    tries: tuple[Behaviour, ...] = (Behaviour.TALK,)
    """What it does with the first, the second ... job of a room; the last holds for all others."""
    joins_after_s: float = 0.0

    def behaviour(self, earlier_tries: int) -> Behaviour:
        """Choose by the number of jobs that this room has had."""
        return self.tries[min(earlier_tries, len(self.tries) - 1)]


DEMO_AGENTS = (
    DemoAgent(
        name="support",
        title="Support",
        greeting="Hello, this is support, a demo agent. Ask about an order or the weather, or say"
        " help.",
    ),
    DemoAgent(
        name="slow",
        title="Slow starter",
        greeting="Hello, and thank you for waiting. I take four seconds to join, on purpose.",
        joins_after_s=4.0,
    ),
    DemoAgent(
        name="flaky",
        title="Third time lucky",
        greeting="Hello, third time lucky. I declined the first job and never came to the second.",
        tries=(Behaviour.DECLINE, Behaviour.NEVER_JOIN, Behaviour.TALK),
    ),
    DemoAgent(
        name="crash",
        title="Crash",
        greeting="",
        tries=(Behaviour.CRASH,),
    ),
)


class Tries:
    """Counts the jobs of each room, for one agent."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, int] = OrderedDict()

    def count(self, room: str) -> int:
        """Count one more job of this room and give how many it has had before."""
        earlier = self._rooms.pop(room, 0)
        self._rooms[room] = earlier + 1
        if len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return earlier

    def forget(self, room: str) -> None:
        """Begin anew: a job of this room has succeeded."""
        self._rooms.pop(room, None)
