"""A room whose talk is heard and whose agent tells of its session; times by hand."""

from __future__ import annotations

from unittest.mock import create_autospec

from livekit.protocol.agent_pb import agent_session as pb

from lktui.core import agent_words
from lktui.core.agent_events import AgentHandedOff, ToolUpdated
from lktui.core.events import AnyEvent, SegmentUpdated, SessionId
from lktui.core.transcript import Transcript
from lktui.engine.conversation import Conversation
from lktui.engine.ports import Participant, RoomLink
from lktui.engine.session_diary import SessionDiary
from lktui.engine.session_items import Item
from lktui.sandbox.agents.session_messages import stamp
from tests.support.fakes.still_clock import StillClock

AGENT, TALKER = "agent", "talker"
EPOCH = 1_795_378_000.0
"""What the agent's clock says when ours says 0."""
DELAY_S = 0.01
"""The fastest message's."""


class Watched:
    """A room whose talk we hear; times are seconds on our clock."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.clock.move(100.0 - self.clock.monotonic())
        self.transcript = Transcript()
        self.tools: list[ToolUpdated] = []
        self.events: list[AnyEvent] = []
        session = SessionId("s1")
        link = create_autospec(RoomLink, instance=True, identity="me")
        self.conversation = Conversation(session, link, self._take, self.clock)
        self.conversation.know(Participant(identity=AGENT, is_agent=True))
        self.conversation.know(Participant(identity=TALKER))
        self.diary = SessionDiary(session, self.conversation, self._take)
        idle = pb.AgentSessionEvent()
        idle.agent_state_changed.SetInParent()
        self.told(idle, made_at=100.0, at=100.0 + DELAY_S)

    def _take(self, event: AnyEvent) -> None:
        self.events.append(event)
        match event:
            case SegmentUpdated():
                self.transcript.apply(event)
            case ToolUpdated():
                self.tools.append(event)
                agent_words.tell(self.transcript, event)
            case AgentHandedOff():
                agent_words.tell(self.transcript, event)

    @property
    def rows(self) -> list[str]:
        """What the transcript says."""
        return [row.text for row in self.transcript]

    def heard(self, text: str, who: str, at: float) -> None:
        """Let somebody say a line."""
        self.clock.move(at - self.clock.monotonic())
        stream = f"{who}/{at}"
        self.conversation.opened(stream, "lk.transcription", who, {})
        self.conversation.chunk(stream, text)
        self.conversation.closed(stream, {"lk.transcription_final": "true"})

    def told(self, event: pb.AgentSessionEvent, made_at: float, at: float) -> None:
        """Let the agent's session tell something."""
        event.created_at.CopyFrom(stamp(EPOCH + made_at))
        self.diary.event(AGENT, event, at)

    def tool_began(self, made_at: float, at: float, call_id: str = "c1") -> None:
        """Let a tool call begin."""
        event = pb.AgentSessionEvent()
        call = pb.FunctionCall(call_id=call_id, name="find", arguments="{}")
        event.tool_execution_updated.started.function_call.CopyFrom(call)
        self.told(event, made_at, at)

    def tool_ended(self, made_at: float, at: float, call_id: str = "c1") -> None:
        """Let it end well."""
        event = pb.AgentSessionEvent()
        ended = event.tool_execution_updated.ended
        ended.call_id, ended.status, ended.message = call_id, pb.ToolCallStatus.TC_DONE, "it"
        self.told(event, made_at, at)

    def added(
        self,
        text: str,
        role: pb.ChatRole,
        began_at: float,
        at: float,
        *,
        interrupted: bool = False,
    ) -> None:
        """Let the agent put a line into its memory."""
        line = pb.ChatMessage(
            id=f"m{at}", role=role, created_at=stamp(EPOCH + began_at), interrupted=interrupted
        )
        line.content.add().text = text
        self._item_added(Item(message=line), at)

    def handed_off(self, made_at: float, at: float) -> None:
        """Let another agent take over."""
        handoff = pb.AgentHandoff(
            id="h1", old_agent_id="shop", new_agent_id="support", created_at=stamp(EPOCH + made_at)
        )
        self._item_added(Item(agent_handoff=handoff), at)

    def _item_added(self, item: Item, at: float) -> None:
        event = pb.AgentSessionEvent()
        event.conversation_item_added.item.CopyFrom(item)
        self.told(event, at - DELAY_S, at)
