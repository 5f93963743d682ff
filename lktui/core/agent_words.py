"""What an agent's session tells, as facts between the lines of a transcript."""

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
from lktui.core.events import Mark
from lktui.core.signs import GLYPHS, StateKind, seconds
from lktui.core.transcript import Transcript
from lktui.core.transcript_row import Fact

_BEHIND_S = 1e-6
"""So much later than its line a measurement stands: right behind it, in either order of coming."""
_KINDS = {ToolState.RUNNING: StateKind.WAITING, ToolState.FAILED: StateKind.FAILED}
_FIGURES = (
    ("first token", "llm_ttft_s"),
    ("first sound", "tts_ttfb_s"),
    ("end to end", "end_to_end_s"),
    ("transcribed in", "transcription_delay_s"),
    ("end of turn", "end_of_turn_delay_s"),
)
SILENT_WORDS = (
    "no tool calls, handoffs or metrics here: the agent answers no RemoteSession request;"
    " plain workers and older agents never do"
)


def tell(transcript: Transcript, event: AgentEvent) -> None:
    """Put an event between the lines, in the place of an older one of the same thing."""
    match event:
        case ToolUpdated():
            transcript.add_fact(
                event.began_at,
                Fact.TOOL,
                tool_words(event),
                event.took_s,
                _KINDS.get(event.state),
                mark=_mark(remembered=event.remembered),
                key=event.key,
            )
        case AgentHandedOff():
            words = f"{event.old} → {event.new}" if event.old else event.new
            mark = _mark(remembered=event.remembered)
            transcript.add_fact(event.began_at, Fact.HANDOFF, words, mark=mark, key=event.key)
        case TurnMeasured():
            at = event.about + _BEHIND_S
            transcript.add_fact(at, Fact.METRICS, metrics_words(event), key=event.key)
        case AgentErred():
            words = event.text + ("; the agent tries again" if event.goes_on else "")
            transcript.add_fact(event.at, Fact.ERROR, words, kind=StateKind.WARNING)
        case SessionSilent():
            transcript.add_fact(event.at, Fact.SESSION, SILENT_WORDS, key=event.identity)
        case UsageCounted():
            pass


def tool_words(tool: ToolUpdated) -> str:
    """Write a tool call as a programmer would: `find_order(order="A-1009") → 2 items`."""
    words = f"{tool.name}({_arguments(tool.arguments)})"
    match tool.state:
        case ToolState.RUNNING:
            return words
        case ToolState.DONE:
            return f"{words} → {_value(tool.output) or 'nothing'}"
        case ToolState.FAILED:
            return f"{words} {GLYPHS[StateKind.FAILED]} {_value(tool.output) or 'failed'}"
        case ToolState.CANCELLED:
            return f"{words} cancelled"


def metrics_words(turn: TurnMeasured) -> str:
    """Write what was measured; what was not is left out."""
    figures = [(words, getattr(turn, name)) for words, name in _FIGURES]
    told = [f"{words} {seconds(value)}" for words, value in figures if value is not None]
    if turn.llm_tokens_per_s is not None:
        told.insert(min(1, len(told)), f"{turn.llm_tokens_per_s:.0f} tokens/s")
    return " · ".join(told)


def _mark(*, remembered: bool) -> Mark:
    return Mark.HISTORY if remembered else Mark.NONE


def _arguments(written: str) -> str:
    try:
        given = msgspec.json.decode(written, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return written  # not an object: as the model wrote it
    return ", ".join(f"{name}={bytes(value).decode()}" for name, value in given.items())


def _value(written: str) -> str:
    """Unwrap what is only a JSON string; anything else is told as it came."""
    try:
        return msgspec.json.decode(written, type=str)
    except msgspec.DecodeError:
        return written
