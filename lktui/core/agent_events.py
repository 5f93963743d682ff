"""What an agent's session tells of itself over `lk.agent.session`; see `core.events`.

Source: facts/livekit.md section 1, "RemoteSession".
"""

from __future__ import annotations

from enum import StrEnum

from lktui.core.event import SessionEvent


class ToolState(StrEnum):
    """How far a tool call is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ToolUpdated(SessionEvent, frozen=True, tag="tool"):
    """A tool call as it is now; a later one of the same key replaces it."""

    key: str
    """Identity and call id: unique in the session."""
    identity: str
    name: str
    arguments: str
    """JSON, as the model gave it; one line, sanitised."""
    state: ToolState
    began_at: float
    output: str = ""
    """What it gave back, or the error; one line, sanitised."""
    took_s: float | None = None
    remembered: bool = False
    """It comes from the agent's memory: nobody here saw it happen."""


class AgentHandedOff(SessionEvent, frozen=True, tag="handoff"):
    """Another agent of the same session has taken over."""

    key: str
    """Identity and item id: unique in the session."""
    identity: str
    old: str
    new: str
    began_at: float
    remembered: bool = False


class TurnMeasured(SessionEvent, frozen=True, tag="metrics"):
    """What the agent has measured of one turn; None: not measured."""

    key: str
    """Identity and item id: unique in the session."""
    identity: str
    about: float
    """When the line began that it is of, on the engine's clock."""
    llm_ttft_s: float | None = None
    """Until the model's first token."""
    llm_tokens_per_s: float | None = None
    tts_ttfb_s: float | None = None
    """Until the first sound."""
    end_to_end_s: float | None = None
    """From the end of the user's speech to the agent's."""
    transcription_delay_s: float | None = None
    end_of_turn_delay_s: float | None = None


class AgentErred(SessionEvent, frozen=True, tag="agent_error"):
    """The agent's session reports an error."""

    identity: str
    text: str
    goes_on: bool
    """The agent tries again by itself."""


class SessionSilent(SessionEvent, frozen=True, tag="no_session"):
    """An agent is there that tells nothing of its session, for it answers no ping."""

    identity: str


class UsageCounted(SessionEvent, frozen=True, tag="usage"):
    """What the session's language model has used since it began."""

    identity: str
    provider: str
    model: str
    input_tokens: int
    output_tokens: int


class MemoryRead(SessionEvent, frozen=True, tag="memory"):
    """The agent was asked what was said before or meanwhile, and has answered."""

    identity: str
    lines: int
    """So many were not known here."""
    gap_began_at: float | None = None
    """Of the gap that was to be filled; None: what was said before we came."""


AgentEvent = ToolUpdated | AgentHandedOff | TurnMeasured | AgentErred | SessionSilent | UsageCounted
"""The union of them."""
