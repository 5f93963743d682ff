"""What an agent's session has told of itself so far, in numbers: a fold over its events."""

from __future__ import annotations

import msgspec

from lktui.core.agent_events import (
    AgentErred,
    AgentEvent,
    AgentHandedOff,
    SessionSilent,
    ToolState,
    ToolUpdated,
    TurnMeasured,
    UsageCounted,
)

_REMEMBERED_CALLS = 64
"""The end of a call may be told twice, one after the other."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers for panel and status line."""

    tells: bool | None = None
    """Whether the agent tells of tools and figures at all; None: not known yet."""
    tools: int = 0
    """Tool calls that have ended."""
    tools_failed: int = 0
    errors: int = 0
    """That the agent has reported, those that it got over included."""
    before: str = ""
    """Which agent spoke before the last handoff."""
    handed_off_at: float = 0.0
    """On the engine's clock."""
    model: str = ""
    provider: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    _ended: tuple[str, ...] = ()

    def after(self, event: AgentEvent) -> Told:
        """Count an event in."""
        change = msgspec.structs.replace
        match event:
            case ToolUpdated():
                return self._after_tool(event)
            case AgentHandedOff():
                return change(self, tells=True, before=event.old, handed_off_at=event.began_at)
            case UsageCounted():
                return change(
                    self,
                    tells=True,
                    model=event.model,
                    provider=event.provider,
                    input_tokens=event.input_tokens,
                    output_tokens=event.output_tokens,
                )
            case SessionSilent():
                return change(self, tells=False)
            case AgentErred():
                return change(self, tells=True, errors=self.errors + 1)
            case TurnMeasured():
                return change(self, tells=True)

    def _after_tool(self, event: ToolUpdated) -> Told:
        known = msgspec.structs.replace(self, tells=True)
        if event.state is ToolState.RUNNING or event.key in self._ended:
            return known
        return msgspec.structs.replace(
            known,
            tools=self.tools + 1,
            tools_failed=self.tools_failed + (event.state is ToolState.FAILED),
            _ended=(*self._ended, event.key)[-_REMEMBERED_CALLS:],
        )
