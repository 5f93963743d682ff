"""An engine that does nothing by itself: it records what is asked and says what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from lktui.core.commands import AnyCommand, WriteRecord
from lktui.core.events import AnyEvent, Hello, QueueRead, RecordWritten
from lktui.core.wire import PROTOCOL
from lktui.session.engine_client import EngineHealth

INSTALLATION = "k7qd"
_C = TypeVar("_C")


class FakeEngine:
    """Stands for the engine process of a controller."""

    def __init__(self) -> None:
        self.on_events: Callable[[list[AnyEvent]], None] = lambda _events: None
        self.on_health: Callable[[EngineHealth], None] = lambda _health: None
        self.commands: list[AnyCommand] = []
        self.stopped_after: float | None = None
        """The grace it was given; None while it runs."""
        self.reads_queue = True
        """Whether its journal can be read."""
        self.hangs = False
        """Whether it does not end when it is asked to."""

    async def start(self) -> None:
        """Be up at once."""
        self.on_health(EngineHealth.UP)
        hello = Hello(protocol=PROTOCOL, build="test", pid=1, installation=INSTALLATION)
        self.on_events([hello, QueueRead(items=())] if self.reads_queue else [hello])

    def send(self, command: AnyCommand) -> None:
        """Keep a command; nothing is ever pending for the record."""
        self.commands.append(command)
        if isinstance(command, WriteRecord):
            self.say(RecordWritten())

    async def stop(self, grace_s: float) -> None:
        """End at once, or never."""
        if self.hangs:
            await asyncio.Event().wait()
        self.stopped_after = grace_s
        self.on_health(EngineHealth.STOPPED)

    def say(self, *events: AnyEvent) -> None:
        """Send a batch of events to the controller."""
        self.on_events(list(events))

    def asked(self, kind: type[_C]) -> list[_C]:
        """Give the commands of one kind, in their order."""
        return [command for command in self.commands if isinstance(command, kind)]
