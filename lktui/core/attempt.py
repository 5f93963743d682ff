"""One dispatch within a session: its agent, its steps, and what is to be thought of it."""

from __future__ import annotations

import msgspec

from lktui.core.evidence import Job
from lktui.core.verdict import Diagnosis


class Timings(msgspec.Struct, frozen=True):
    """When each step was done, milliseconds from the start of the session; None if never."""

    room: float | None = None
    connect: float | None = None
    dispatch: float | None = None
    joined: float | None = None
    ready: float | None = None
    first_reply: float | None = None
    cleanup: float | None = None
    """How long the cleanup took, milliseconds."""


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """The agent of the current attempt."""

    identity: str
    name: str
    state: str = ""
    state_at: float = 0.0
    pong_ms: float | None = None
    """Time to its first pong, milliseconds; None if it has none, so no session is known."""
    here: bool = True


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One dispatch and what became of it."""

    n: int
    began_at: float
    dispatch_id: str = ""
    jobs: tuple[Job, ...] = ()
    agent: AgentView | None = None
    diagnosis: Diagnosis | None = None
    timings: Timings = Timings()


class RetryProgress(msgspec.Struct, frozen=True):
    """Where a retry is: step 1 to 4."""

    attempt: int
    number: int
    text: str
    since: float
