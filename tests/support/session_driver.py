"""An app without a screen: one conversation with a retry in it, then a quiet end.

`python -m tests.support.session_driver STATE_DIR CONFIG_DIR PROFILE [SESSIONS]`; what it says on
stdout is for its test: `ready` when everybody talks, `ended` when all sessions are over.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from lktui.core.commands import EndSession, Retry, Say, StartSession
from lktui.core.events import AnyEvent, SessionId
from lktui.core.fold import Fold
from lktui.session.engine_client import ChildEngine, EngineOptions
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore

_STEP_S = 20.0


class _Driver:
    def __init__(self, paths: Paths, profile: str, sessions: int) -> None:
        log = paths.log_file
        self._engine = ChildEngine(EngineOptions(paths.config_dir, paths.state_dir, log))
        self._engine.on_events = self._hear
        self._fold = Fold()
        self._changed = asyncio.Event()
        self._profile = ProfileStore(paths, {}).get(profile)
        self._sessions = [SessionId(os.urandom(6).hex()) for _ in range(sessions)]

    async def run(self) -> None:
        await self._engine.start()
        for session in self._sessions:
            self._engine.send(StartSession(session=session, profile=self._profile))
        await self._until_ready(1)
        print("ready", flush=True)
        for session in self._sessions:
            self._engine.send(Say(session=session, key="typed:1", text="hello"))
            self._engine.send(Retry(session=session, replace_live=True))
        await self._until_ready(2)
        for session in self._sessions:
            self._engine.send(EndSession(session=session))
        await self._until(lambda: all(self._state(one, "over") for one in self._sessions))
        print("ended", flush=True)
        await self._engine.stop(20)

    async def _until_ready(self, attempt: int) -> None:
        def ready() -> bool:
            states = [self._fold.state.sessions.get(one) for one in self._sessions]
            return all(
                state is not None
                and (state.over or (state.ready and state.attempt and state.attempt.n >= attempt))
                for state in states
            )

        await self._until(ready)

    async def _until(self, reached: object) -> None:
        assert callable(reached)
        try:
            async with asyncio.timeout(_STEP_S):
                while not reached():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return  # a session that an engine's death has ended

    def _state(self, session: SessionId, trait: str) -> bool:
        state = self._fold.state.sessions.get(session)
        return state is None or bool(getattr(state, trait))

    def _hear(self, events: list[AnyEvent]) -> None:
        self._fold.apply(events)
        self._changed.set()


if __name__ == "__main__":
    state_dir, config_dir, name, *rest = sys.argv[1:]
    folder = Path(state_dir)
    folder.mkdir(parents=True, exist_ok=True)
    count = int(rest[0]) if rest else 1
    asyncio.run(_Driver(Paths.of(config_dir, state_dir), name, count).run())
