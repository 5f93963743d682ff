"""RemoteSession's protobufs as values of our own; text is made safe here.

Source: facts/livekit.md section 1, "RemoteSession".
"""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.agent_events import ToolState, TurnMeasured
from lktui.core.events import SessionId
from lktui.core.reassembly import Remembered
from lktui.core.sanitize import clean

MAX_ARGUMENTS = 4000
MAX_OUTPUT = 4000
Item = pb.ChatContext.ChatItem
_STATES = {
    pb.ToolCallStatus.TC_RUNNING: ToolState.RUNNING,
    pb.ToolCallStatus.TC_DONE: ToolState.DONE,
    pb.ToolCallStatus.TC_ERROR: ToolState.FAILED,
    pb.ToolCallStatus.TC_CANCELLED: ToolState.CANCELLED,
}


def remembered(agent: str, message: pb.ChatMessage, at: float | None = None) -> Remembered | None:
    """Give a line of the conversation; None for what nobody has said, such as instructions.

    Args:
        agent: Whose memory it is, and who has said its own lines.
        message: The line.
        at: Where it belongs, on the engine's clock.
    """
    if message.role not in (pb.ChatRole.ASSISTANT, pb.ChatRole.USER):
        return None
    by_agent = message.role == pb.ChatRole.ASSISTANT
    return Remembered(
        id=message.id,
        identity=agent if by_agent else "",
        text=" ".join(part.text for part in message.content if part.text),
        at=at,
        not_by="" if by_agent else agent,
        interrupted=message.interrupted,
    )


def measured(
    session: SessionId, agent: str, message: pb.ChatMessage, about: float
) -> TurnMeasured | None:
    """Give what was measured of a line; None if nothing was."""
    report = message.metrics
    turn = TurnMeasured(
        session=session,
        key=f"{clean(agent)}:{clean(message.id)}",
        identity=clean(agent, limit=120),
        about=about,
        llm_ttft_s=_positive(report.llm_node_ttft),
        llm_tokens_per_s=_positive(report.llm_node_tps),
        tts_ttfb_s=_positive(report.tts_node_ttfb),
        end_to_end_s=_positive(report.e2e_latency),
        transcription_delay_s=_positive(report.transcription_delay),
        end_of_turn_delay_s=_positive(report.end_of_turn_delay),
    )
    figures = (
        turn.llm_ttft_s,
        turn.llm_tokens_per_s,
        turn.tts_ttfb_s,
        turn.end_to_end_s,
        turn.transcription_delay_s,
        turn.end_of_turn_delay_s,
    )
    return None if all(figure is None for figure in figures) else turn


def made_at(item: Item) -> float:
    """Give when an item was made, seconds since the epoch, by the agent's clock; 0 if not told."""
    kind = item.WhichOneof("item")
    if kind is None or kind == "agent_config_update":
        return 0.0
    return seconds_of(getattr(item, kind).created_at)


def seconds_of(stamp: Timestamp) -> float:
    """Give a time in seconds since the epoch; 0 if it is not told."""
    return stamp.seconds + stamp.nanos / 1e9


def state_of(status: pb.ToolCallStatus) -> ToolState:
    """Give how far a tool call is; what is not known is taken for done."""
    return _STATES.get(status, ToolState.DONE)


def _positive(value: float) -> float | None:
    return value if value > 0 else None
