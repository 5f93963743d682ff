"""Everything around one session run: a server, a journal on a real disk, a queue, the events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.commands import StartSession
from lktui.core.events import (
    AnyEvent,
    CleanupChanged,
    Event,
    Notice,
    RetryStep,
    SegmentUpdated,
    SessionEnded,
    SessionId,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.fold import Fold
from lktui.core.profile import AuthMode, DispatchMode, Profile, Secret
from lktui.core.session import SessionState
from lktui.core.verdict import Diagnosis, Outcome
from lktui.engine.janitor import Janitor
from lktui.engine.recorder import Recorder
from lktui.engine.session_run import SessionRun
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from tests.support.clock import LoopClock
from tests.support.fakes.agents import Script
from tests.support.fakes.livekit import FakeLiveKit
from tests.support.fakes.ports import FakeGateway

URL = "ws://fake.example"
SECURE_URL = URL.replace("ws:", "wss:")
AGENT = "echo"
PATIENCE_S = 3600.0
"""Longest wait of a test, in a time that costs nothing."""

EXPLICIT = Profile(
    name="p",
    url=URL,
    api_key=Secret("key"),
    api_secret=Secret("secret"),
    agent_name=AGENT,
    dispatch_mode=DispatchMode.EXPLICIT,
)
TOKEN_ONLY = Profile(name="p", url=URL, auth_mode=AuthMode.TOKEN, token=Secret("a.b.c"))

_E = TypeVar("_E", bound=Event)


class World:
    """A server with one kind of agent, and what the engine keeps of one session."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths.of(str(folder / "config"), str(folder / "state"))
        self.clock = LoopClock()
        self.server = FakeLiveKit()
        self.gateway = FakeGateway((URL, self.server), (SECURE_URL, self.server))
        self.gateway.profiles["p"] = EXPLICIT
        self.journal = Journal(self.paths)
        self.events: list[AnyEvent] = []
        self.recorder = Recorder(self.journal, self._hear, self.clock)
        self.janitor = Janitor(self.journal, self.gateway, self.recorder.emit, self.clock)
        self._heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._background = [
            loop.create_task(self.janitor.run()),
            loop.create_task(self.recorder.commit()),
        ]
        self.runs: list[SessionRun] = []

    async def close(self) -> None:
        """End what goes on."""
        self.server.up = True
        for run in self.runs:
            await run.end()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.janitor.close(0.0)
        await self.server.close()
        self.journal.close()

    # --- what happens -------------------------------------------------------------------------

    def start(
        self, script: Script | None = None, profile: Profile = EXPLICIT, *, keep: bool = False
    ) -> SessionRun:
        """Start a session with an agent that follows a script; without one nobody takes the job."""
        if script is not None:
            self.server.workers[profile.agent_name] = script
        self.gateway.profiles.setdefault(profile.name, profile)
        session = SessionId(f"s{len(self.runs) + 1}")
        command = StartSession(session=session, profile=profile, keep=keep)
        run = SessionRun(command, self.gateway, self.janitor, self.recorder.emit, self.clock)
        self.runs.append(run)
        run.start()
        return run

    async def ready(
        self, script: Script, profile: Profile = EXPLICIT, *, keep: bool = False
    ) -> SessionRun:
        """Start a session and wait until one can talk."""
        run = self.start(script, profile, keep=keep)
        await self.until(lambda: self.state.ready)
        return run

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; it is looked at after every event and every second."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self._heard.clear()
                try:
                    async with asyncio.timeout(1.0):
                        await self._heard.wait()
                except TimeoutError:
                    continue

    async def verdict(self) -> Diagnosis:
        """Wait for a verdict of the current attempt."""
        await self.until(lambda: self.verdict_now is not None)
        assert self.verdict_now is not None
        return self.verdict_now

    async def called(self, name: str, times: int = 1) -> None:
        """Wait until a call has reached the server."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.server.called(name)) < times:
                self.server.arrived.clear()
                await self.server.arrived.wait()

    async def ended(self, run: SessionRun) -> SessionEnded:
        """End a session and wait until it is over."""
        await run.end()
        return self.last(SessionEnded)

    def _hear(self, event: AnyEvent) -> None:
        self.events.append(event)
        self._heard.set()

    # --- what is seen -------------------------------------------------------------------------

    def all(self, kind: type[_E]) -> list[_E]:
        """Give the events of a kind, in their order."""
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[_E]) -> _E:
        """Give the newest event of a kind."""
        return self.all(kind)[-1]

    @property
    def state(self) -> SessionState:
        """The newest session as the screens see it."""
        fold = Fold()
        return fold.apply(self.events).sessions[self.runs[-1].session]

    @property
    def verdict_now(self) -> Diagnosis | None:
        """The verdict that stands; None while it is open."""
        found = self.state.diagnosis
        return found if found is not None and found.settled else None

    @property
    def verdicts(self) -> list[Outcome]:
        """Every verdict, in its order."""
        return [event.diagnosis.code for event in self.all(VerdictReached)]

    @property
    def steps(self) -> list[Step]:
        """Every step, in its order."""
        return [event.step for event in self.all(StepDone)]

    @property
    def retry_texts(self) -> list[str]:
        """What a retry told of itself."""
        return [event.text for event in self.all(RetryStep)]

    @property
    def notices(self) -> list[str]:
        """Sentences for the status line."""
        return [event.text for event in self.all(Notice)]

    @property
    def lines(self) -> list[str]:
        """The final lines of the transcript, in their order."""
        newest: dict[str, SegmentUpdated] = {}
        for event in self.all(SegmentUpdated):
            newest[event.key] = event
        rows = sorted(newest.values(), key=lambda event: event.opened_at)
        return [f"{row.role.value}: {row.text}" for row in rows if row.final and row.text]

    def states(self, what: What) -> list[ItemState]:
        """Give the states that items of a kind went through."""
        changes = [item for event in self.all(CleanupChanged) for item in event.items]
        return [item.state for item in changes if item.what is what]

    def item(self, what: What) -> CleanupItem:
        """Give the newest item of a kind."""
        changes = [item for event in self.all(CleanupChanged) for item in event.items]
        return [item for item in changes if item.what is what][-1]

    @property
    def agents(self) -> list[str]:
        """Identities of the agents in all rooms."""
        return [who for room in self.server.rooms.values() for who in room.agents]


def profile(**changes: object) -> Profile:
    """Make a profile like `EXPLICIT` with other fields."""
    return msgspec.structs.replace(EXPLICIT, **changes)
