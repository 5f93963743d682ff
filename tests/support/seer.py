"""An engine with one session, and the transcript that it makes, for cases on a real server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from lktui.commands.headless import Headless
from lktui.core.commands import AnyCommand
from lktui.core.events import AnyEvent, Role, SegmentUpdated, SessionId
from lktui.core.fold import RoomsView
from lktui.core.session import SessionState
from lktui.core.transcript import Row
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.program import Program

ANSWER_S = 15.0
LATE_S = 30.0
_FACTS = ("tool", "handoff")


class Seer:
    """Whoever talks in a room, or watches it; `program` is the installation that it is of."""

    def __init__(self, engine: Headless, program: Program) -> None:
        self._engine, self.program = engine, program
        self.session = SessionId(secrets.token_hex(4))

    def send(self, command: AnyCommand) -> None:
        """Ask the engine something."""
        self._engine.send(command)

    @property
    def paths(self) -> Paths:
        """Where its record is."""
        return Paths.of(str(self.program.config_dir), str(self.program.state_dir))

    @property
    def state(self) -> SessionState:
        """What is known of the session."""
        return self._engine.state.sessions.get(self.session, SessionState(id=self.session))

    @property
    def listed(self) -> RoomsView | None:
        """The rooms of the server, if they are watched."""
        return self._engine.state.rooms

    @property
    def rows(self) -> list[Row]:
        """All rows of the transcript."""
        return list(self._engine.fold.transcript(self.session))

    @property
    def told(self) -> list[tuple[str, str]]:
        """Lines by the side that said them, tool calls and handoffs, in their order."""
        return told_of(self.rows)

    @property
    def speaking(self) -> tuple[SegmentUpdated, ...]:
        """Lines that are being said."""
        return self._engine.fold.transcript(self.session).speaking

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What stands between the lines: its kind and its words."""
        return [(row.speaker, row.text) for row in self.rows if row.role is None]

    @property
    def answers(self) -> int:
        """How many lines the agent has said."""
        return sum(row.role is Role.AGENT for row in self.rows)

    async def until(self, reached: Callable[[], bool], limit_s: float = ANSWER_S) -> bool:
        """Wait until something is so; False when it is not in time."""
        return await self._engine.until(lambda _state: reached(), limit_s)

    async def is_at(self, answers: int) -> bool:
        """Wait for so many lines of the agent."""
        return await self.until(lambda: self.answers >= answers)

    async def has_told(self, row: tuple[str, str]) -> bool:
        """Wait until something was told."""
        return await self.until(lambda: row in self.told)

    async def is_ready(self) -> bool:
        """Wait until one can talk to the agent."""
        return await self.until(lambda: self.state.ready, LATE_S)


def told_of(rows: list[Row]) -> list[tuple[str, str]]:
    """Give lines by the side that said them, tool calls and handoffs, in their order."""
    return [
        ("agent" if row.role is Role.AGENT else row.speaker if row.role is None else "", row.text)
        for row in rows
        if row.role is not None or row.speaker in _FACTS
    ]


async def seer(
    stack: AsyncExitStack,
    folder: Path,
    on_events: Callable[[list[AnyEvent]], None] = lambda _events: None,
) -> Seer:
    """Start an engine with folders of its own; it ends with the stack."""
    program = Program(folder)
    paths = Paths.of(str(program.config_dir), str(program.state_dir))
    engine = Headless(Invocation(paths=paths, env=dict(os.environ)), on_events)
    return Seer(await stack.enter_async_context(engine), program)
