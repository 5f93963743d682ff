"""What a transcript gives to those who look at it: a row, a reply, a line for scripts."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lktui.core.events import Mark, Role
from lktui.core.signs import StateKind

LATENCY_WORDS = "from the end of the line before it to the agent's first text"
"""What the latency of a reply is; a typed line ends when it is sent, a spoken one when final."""


class Fact(StrEnum):
    """What stands in the speaker's column of a row that nobody said, beside a timeline's words."""

    TOOL = "tool"
    HANDOFF = "handoff"
    ERROR = "error"
    METRICS = "metrics"
    GAP = "gap"
    SESSION = "session"
    NOTE = "note"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a line that somebody said, or a fact between the lines."""

    at: float
    """When it began, on the engine's clock."""
    speaker: str
    """Who spoke; of a fact, the word for what it is."""
    role: Role | None
    """None: a fact."""
    text: str
    took_s: float | None
    """How long a reply took to begin, or a fact took, seconds."""
    mark: Mark
    kind: StateKind | None
    """The state that a fact tells of."""
    other_agent: bool
    """It speaks as agent, but is not the session's first one."""


class Reply(msgspec.Struct, frozen=True):
    """How fast the agent began to answer."""

    at: float
    latency_s: float


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as `--json` shows it: an interface for scripts."""

    at_ms: int
    """From the start of the session."""
    speaker: str
    role: Role
    text: str
    final: bool
    latency_ms: int | None
