"""One conversation, seen by who talks, by who watches and by who comes late: the same for all."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from lktui.commands.headless import Headless
from lktui.core.commands import AnyCommand, Say, StartSession, WatchRoom
from lktui.core.events import Mark, Role, SessionId
from lktui.core.fold import State
from lktui.core.session import SessionState
from lktui.core.transcript import Row
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.livekit_server import LiveKitServer
from tests.support.server import profile_at

pytestmark = pytest.mark.usefixtures("echo_worker")

TO_COLLEAGUE = "hello, colleague"
LINES = (
    *("hello", "order 12", "refund 12", "hello again", "order 13") * 4,
    *("colleague", TO_COLLEAGUE),
)
HANDOFF = ("handoff", "shop → support")
_ANSWER_S = 15.0
_LATE_S = 30.0


class Seer:
    """One engine with one session, and the transcript that it makes."""

    def __init__(self, engine: Headless) -> None:
        self._engine = engine
        self.session = SessionId(secrets.token_hex(4))

    def send(self, command: AnyCommand) -> None:
        self._engine.send(command)

    @property
    def state(self) -> SessionState:
        return self._engine.state.sessions.get(self.session, SessionState(id=self.session))

    @property
    def rows(self) -> list[Row]:
        return list(self._engine.fold.transcript(self.session))

    @property
    def told(self) -> list[tuple[str, str]]:
        """Lines by the side that said them, tool calls and handoffs, in their order."""
        return [
            (
                "agent" if row.role is Role.AGENT else row.speaker if row.role is None else "",
                row.text,
            )
            for row in self.rows
            if row.role is not None or row.speaker in ("tool", "handoff")
        ]

    @property
    def answers(self) -> int:
        return sum(row.role is Role.AGENT for row in self.rows)

    async def is_at(self, answers: int) -> bool:
        return await self._engine.until(lambda _state: self.answers >= answers, _ANSWER_S)

    async def has_told(self, row: tuple[str, str]) -> bool:
        return await self._engine.until(lambda _state: row in self.told, _ANSWER_S)

    async def is_ready(self) -> bool:
        def ready(state: State) -> bool:
            found = state.sessions.get(self.session)
            return found is not None and found.ready

        return await self._engine.until(ready, _LATE_S)

    async def remembers(self, rows: int) -> bool:
        return await self._engine.until(lambda _state: len(self.told) >= rows, _LATE_S)


async def seer(stack: AsyncExitStack, folder: Path) -> Seer:
    paths = Paths.of(str(folder / "config"), str(folder / "state"))
    engine = Headless(Invocation(paths=paths, env=dict(os.environ)))
    return Seer(await stack.enter_async_context(engine))


async def test_a_talk_with_tools_is_the_same_for_all_who_see_it(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> None:
    profile = profile_at(livekit_server, room_prefix=prefix, metadata=json.dumps({"mode": "shop"}))
    async with AsyncExitStack() as stack:
        talker = await seer(stack, tmp_path / "talker")
        watcher = await seer(stack, tmp_path / "watcher")
        late = await seer(stack, tmp_path / "late")
        talker.send(StartSession(session=talker.session, profile=profile))
        assert await talker.is_ready()
        room = talker.state.room
        watcher.send(WatchRoom(session=watcher.session, profile=profile, room=room))
        assert await watcher.is_ready()
        for number, text in enumerate(LINES, 1):
            # A line that is typed in the very moment of the handoff may stand on either side.
            assert text != TO_COLLEAGUE or await talker.has_told(HANDOFF)
            talker.send(Say(session=talker.session, key=f"typed:{number}", text=text))
            assert await talker.is_at(number), talker.told
        assert await watcher.is_at(len(LINES))
        assert await talker.has_told(HANDOFF)
        assert await watcher.has_told(HANDOFF)
        assert watcher.told == talker.told
        assert talker.state.told.tools == watcher.state.told.tools == 13
        assert watcher.state.told.tools_failed == 4
        assert ("tool", 'find_order(number="12") → order 12: 2 items') in talker.told

        late.send(WatchRoom(session=late.session, profile=profile, room=room))
        assert await late.remembers(len(talker.told)), late.told
        assert late.told == talker.told
        lines = [row for row in late.rows if row.role is not None]
        assert {row.mark for row in lines} == {Mark.HISTORY}
