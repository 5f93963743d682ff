"""What the verbs print with `--json`, strictly: a key too many or too few is an error."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from tests.support.program import Ended

T = TypeVar("T")


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No field has a default: every key must be there."""


class Problem(_Strict, frozen=True):
    code: str
    summary: str
    cause: str
    resolution: str
    subject: str
    detail: str


class Agent(_Strict, frozen=True):
    identity: str
    name: str
    session: bool


class Timings(_Strict, frozen=True):
    room: float | None
    connect: float | None
    dispatch: float | None
    joined: float | None
    ready: float | None
    first_reply: float | None
    cleanup: float | None


class Attempt(_Strict, frozen=True):
    n: int
    ok: bool
    outcome: str
    problem: Problem | None
    dispatch_id: str
    agent: Agent | None
    timings_ms: Timings
    seen: tuple[str, ...]


class Line(_Strict, frozen=True):
    at_ms: int
    speaker: str
    role: str
    text: str
    final: bool
    latency_ms: int | None


class Run(_Strict, frozen=True):
    """What `probe` prints of one profile."""

    ok: bool
    outcome: str
    problem: Problem | None
    profile: str
    room: str
    dispatch_id: str
    agent: Agent | None
    timings_ms: Timings
    attempts: tuple[Attempt, ...]
    transcript: tuple[Line, ...]
    cleanup: str

    @property
    def said(self) -> list[tuple[str, str]]:
        """Who said what."""
        return [(line.role, line.text) for line in self.transcript]

    @property
    def code(self) -> str:
        """The problem's code; empty if there is none."""
        return self.problem.code if self.problem else ""


class Runs(_Strict, frozen=True):
    """What `probe` prints of several profiles."""

    runs: tuple[Run, ...]


class Item(_Strict, frozen=True):
    id: str
    what: str
    name: str
    room: str
    profile: str
    state: str
    tries: int
    next_try_s: float | None
    age_s: float
    problem: Problem | None


class Items(_Strict, frozen=True):
    """What `cleanup` prints."""

    items: tuple[Item, ...]
    last_looks: int
    last_look_s: float | None


class RoomAttempt(_Strict, frozen=True):
    """What `dispatch` and `retry` print."""

    room: str
    n: int
    ok: bool
    outcome: str
    problem: Problem | None
    dispatch_id: str
    agent: Agent | None
    timings_ms: Timings
    seen: tuple[str, ...]

    @property
    def code(self) -> str:
        """The problem's code; empty if there is none."""
        return self.problem.code if self.problem else ""


class AgentHere(_Strict, frozen=True):
    name: str
    identity: str
    state: str


class JobListed(_Strict, frozen=True):
    id: str
    status: str
    identity: str


class DispatchListed(_Strict, frozen=True):
    id: str
    agent: str
    jobs: tuple[JobListed, ...]


class Room(_Strict, frozen=True):
    room: str
    outcome: str
    agents: tuple[AgentHere, ...]
    dispatches: tuple[DispatchListed, ...]
    people: int
    whose: str
    age_s: float


class Rooms(_Strict, frozen=True):
    """What `rooms` prints."""

    rooms: tuple[Room, ...]


def read(done: Ended, kind: type[T]) -> T:
    """Read the one object that a verb printed."""
    assert done.stdout.count("\n") == 1, done.stdout + done.stderr
    return msgspec.json.decode(done.stdout, type=kind)
