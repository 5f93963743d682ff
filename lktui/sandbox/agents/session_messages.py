"""RemoteSession's protobufs, built from plain values (facts/livekit.md section 1)."""

from __future__ import annotations

import secrets

from google.protobuf.timestamp_pb2 import Timestamp
from livekit.protocol.agent_pb import agent_session as pb

from lktui.sandbox.agents.script import ToolCall

Event = pb.AgentSessionEvent
Item = pb.ChatContext.ChatItem

PROVIDER, MODEL = "lktui", "scripted"


def stamp(wall_s: float) -> Timestamp:
    """Make a timestamp of seconds since the epoch."""
    made = Timestamp()
    made.FromNanoseconds(int(wall_s * 1e9))
    return made


def message(
    role: pb.ChatRole,
    text: str,
    at: float,
    *,
    interrupted: bool = False,
    metrics: pb.MetricsReport | None = None,
) -> Item:
    """Make a line of the conversation; `at` in seconds since the epoch."""
    return Item(
        message=pb.ChatMessage(
            id=_id("item"),
            role=role,
            content=[pb.ChatMessage.ChatContent(text=text)],
            interrupted=interrupted,
            metrics=metrics,
            created_at=stamp(at),
        )
    )


def spoken_metrics(began_at: float, ended_at: float, ttft_s: float, words: int) -> pb.MetricsReport:
    """Make the figures of one reply; words stand for tokens."""
    return pb.MetricsReport(
        started_speaking_at=stamp(began_at),
        stopped_speaking_at=stamp(ended_at),
        llm_node_ttft=ttft_s,
        llm_node_tps=words / max(ended_at - began_at, 0.001),
    )


def call(tool: ToolCall, at: float) -> pb.FunctionCall:
    """Make a tool's call, with an id of its own."""
    return pb.FunctionCall(
        id=_id("item"),
        call_id=_id("call"),
        name=tool.name,
        arguments=tool.arguments,
        created_at=stamp(at),
    )


def output(tool: ToolCall, made: pb.FunctionCall, at: float) -> pb.FunctionCallOutput:
    """Make what the tool gave back for a call."""
    return pb.FunctionCallOutput(
        id=_id("item"),
        call_id=made.call_id,
        name=tool.name,
        output=tool.output,
        is_error=tool.failed,
        created_at=stamp(at),
    )


def handoff(agent_id: str, at: float) -> Item:
    """Make the item that begins every session: the first agent takes over."""
    return Item(
        agent_handoff=pb.AgentHandoff(id=_id("item"), new_agent_id=agent_id, created_at=stamp(at))
    )


def agent_changed(old: pb.AgentState, new: pb.AgentState) -> Event:
    """Tell the agent's new state."""
    return Event(agent_state_changed=Event.AgentStateChanged(old_state=old, new_state=new))


def user_changed(old: pb.UserState, new: pb.UserState) -> Event:
    """Tell the user's new state."""
    return Event(user_state_changed=Event.UserStateChanged(old_state=old, new_state=new))


def item_added(item: Item) -> Event:
    """Tell that the conversation has a new item."""
    return Event(conversation_item_added=Event.ConversationItemAdded(item=item))


def tool_started(made: pb.FunctionCall) -> Event:
    """Tell that a tool runs."""
    started = Event.ToolExecutionUpdated.Started(function_call=made)
    return Event(tool_execution_updated=Event.ToolExecutionUpdated(started=started))


def tool_ended(got: pb.FunctionCallOutput) -> Event:
    """Tell that a tool has ended, and how."""
    ended = Event.ToolExecutionUpdated.Ended(
        id=got.id,
        call_id=got.call_id,
        message=got.output,
        status=pb.ToolCallStatus.TC_ERROR if got.is_error else pb.ToolCallStatus.TC_DONE,
    )
    return Event(tool_execution_updated=Event.ToolExecutionUpdated(ended=ended))


def tools_executed(made: pb.FunctionCall, got: pb.FunctionCallOutput) -> Event:
    """Tell the whole call again, with its result."""
    return Event(
        function_tools_executed=Event.FunctionToolsExecuted(
            function_calls=[made], function_call_outputs=[got]
        )
    )


def usage(heard_words: int, said_words: int) -> pb.AgentSessionUsage:
    """Make the sums since the session began; words stand for tokens."""
    model = pb.LLMModelUsage(
        provider=PROVIDER, model=MODEL, input_tokens=heard_words, output_tokens=said_words
    )
    return pb.AgentSessionUsage(model_usage=[pb.ModelUsage(llm=model)])


def usage_updated(sums: pb.AgentSessionUsage) -> Event:
    """Tell the new sums."""
    return Event(session_usage_updated=Event.SessionUsageUpdated(usage=sums))


def _id(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(6)}"
