"""One session of an engine, and every verdict that was given on it, for cases on a real server."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

from lktui.commands.headless import Headless
from lktui.core.commands import EndSession, Retry, Say, StartSession
from lktui.core.event import Event, SessionEvent
from lktui.core.events import (
    AnyEvent,
    AttemptBegan,
    DispatchSent,
    Role,
    SegmentUpdated,
    SessionId,
    VerdictReached,
)
from lktui.core.fold import State
from lktui.core.profile import Profile
from lktui.core.verdict import Diagnosis
from tests.support.waiting import PATIENCE_S

_E = TypeVar("_E", bound=Event)


class Seen(NamedTuple):
    """A verdict and its age, from the dispatch, seconds."""

    code: str
    at_s: float


class ObservedSession:
    """An engine, and what it says of one session.

    Args:
        engine: Where it runs.
        events: Grows by what the engine says of this session.
        profile: What it is started from.
    """

    def __init__(self, engine: Headless, events: list[AnyEvent], profile: Profile) -> None:
        self._engine, self._events, self._profile = engine, events, profile
        self.session = SessionId(secrets.token_hex(4))

    def start(self, mode: str, *, once: bool = False, **fields: object) -> None:
        """Start a session with an agent that behaves as the mode says, or only its first job."""
        metadata = json.dumps({"mode": mode, "once": once})
        profile = msgspec.structs.replace(self._profile, metadata=metadata, **fields)
        self._engine.send(StartSession(session=self.session, profile=profile))

    def say(self, text: str) -> None:
        """Type a line."""
        key = f"typed:{secrets.token_hex(4)}"
        self._engine.send(Say(session=self.session, key=key, text=text))

    @property
    def verdicts(self) -> list[Seen]:
        """Every verdict so far, without `waiting`."""
        began = next((e.at for e in self._events if isinstance(e, AttemptBegan)), 0.0)
        began = next((e.at for e in self._events if isinstance(e, DispatchSent)), began)
        found = [e for e in self._events if isinstance(e, VerdictReached) and e.diagnosis.settled]
        return [Seen(e.diagnosis.code.value, e.at - began) for e in found]

    @property
    def diagnosis(self) -> Diagnosis:
        """The newest, whether settled or not."""
        return self._of(VerdictReached)[-1].diagnosis

    @property
    def codes(self) -> list[str]:
        """The same without their ages."""
        return [seen.code for seen in self.verdicts]

    async def until(self, *codes: str, limit_s: float = PATIENCE_S) -> Seen:
        """Wait for these verdicts in this order, and no others; gives the last one."""

        def reached(_state: State) -> bool:
            return len(self.codes) >= len(codes)

        assert await self._engine.until(reached, limit_s), self.verdicts
        assert tuple(self.codes) == codes
        return self.verdicts[-1]

    async def room(self) -> str:
        """Wait for the room's name."""

        def named(state: State) -> bool:
            found = state.sessions.get(self.session)
            return found is not None and bool(found.identity)

        assert await self._engine.until(named, PATIENCE_S)
        return self._engine.state.sessions[self.session].room

    async def hears(self, text: str) -> bool:
        """Wait until an agent has said this; whether it has."""

        def heard(_state: State) -> bool:
            said = [e for e in self._events if isinstance(e, SegmentUpdated) and e.final]
            return any(e.role is Role.AGENT and e.text == text for e in said)

        return await self._engine.until(heard, PATIENCE_S)

    def retry(self, *, replace_live: bool = False) -> None:
        """Dispatch again in the safe order."""
        self._engine.send(Retry(session=self.session, replace_live=replace_live))

    def end(self) -> None:
        """End it; its cleanup goes on by itself."""
        self._engine.send(EndSession(session=self.session))

    def _of(self, kind: type[_E]) -> list[_E]:
        return [event for event in self._events if isinstance(event, kind)]

    async def settles(self, *, attempt: int, limit_s: float) -> str:
        """Wait for a verdict on this attempt; empty if none was given in time."""

        def verdict() -> str:
            found = [e for e in self._of(VerdictReached) if e.attempt == attempt]
            return next((e.diagnosis.code.value for e in found if e.diagnosis.settled), "")

        await self._engine.until(lambda _state: bool(verdict()), limit_s)
        return verdict()

    async def becomes(self, code: str, *, attempt: int, limit_s: float) -> bool:
        """Wait for this verdict on this attempt, whichever came before it."""

        def reached(_state: State) -> bool:
            found = [e for e in self._of(VerdictReached) if e.attempt == attempt]
            return any(e.diagnosis.code.value == code for e in found)

        return await self._engine.until(reached, limit_s)

    async def answers(self, text: str, *, limit_s: float, listen_s: float) -> list[str]:
        """Say a line; the identity of each agent that answered it, once for each answer.

        Args:
            text: What the agent repeats after `echo: `.
            limit_s: How long to wait for the first answer.
            listen_s: How long to listen for another one.
        """
        key = f"typed:{secrets.token_hex(4)}"
        self._engine.send(Say(session=self.session, key=key, text=text))

        def heard() -> dict[str, str]:
            said = [e for e in self._of(SegmentUpdated) if e.role is Role.AGENT and e.final]
            return {e.key: e.identity for e in said if e.text == f"echo: {text}"}

        await self._engine.until(lambda _state: bool(heard()), limit_s)
        await self._engine.until(lambda _state: len(heard()) > 1, listen_s)
        return list(heard().values())


class ObservedSessions:
    """Sessions beside one another in one engine, each with the events that concern it.

    Args:
        profile: What they are started from.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._heard: dict[SessionId, list[AnyEvent]] = {}

    def take(self, events: list[AnyEvent]) -> None:
        """Give each session its events; what the engine is to be told to call."""
        for event in events:
            if isinstance(event, SessionEvent) and event.session in self._heard:
                self._heard[event.session].append(event)

    @contextlib.contextmanager
    def one(self, engine: Headless) -> Iterator[ObservedSession]:
        """Observe one more session, which ends with the context."""
        events: list[AnyEvent] = []
        session = ObservedSession(engine, events, self._profile)
        self._heard[session.session] = events
        try:
            yield session
        finally:
            session.end()
            del self._heard[session.session]
