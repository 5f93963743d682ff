"""What the agents of a room tell of their sessions: tools, handoffs, errors, figures, memory.

Messages come in order (`engine.room_link` reads one after another), and `engine.session_order`
gives what they tell its place between the lines. A call that is told twice, or both live and from
memory, is one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.agent_events import ToolState
from lktui.core.events import (
    AgentErred,
    AgentHandedOff,
    AnyEvent,
    MemoryRead,
    SessionId,
    SessionSilent,
    ToolUpdated,
    UsageCounted,
)
from lktui.core.reassembly import Remembered
from lktui.core.sanitize import clean, clean_detail
from lktui.engine.conversation import Conversation
from lktui.engine.session_items import (
    MAX_ARGUMENTS,
    MAX_OUTPUT,
    Item,
    made_at,
    measured,
    remembered,
    seconds_of,
    state_of,
)
from lktui.engine.session_order import SessionOrder

_T = TypeVar("_T")
_MAX_NAME = 120
_REMEMBERED = 1024
"""Calls and handoffs that are known not to be told again."""
_MOVABLE = 32
"""Calls and handoffs of an agent that may still turn out to stand elsewhere."""


_STREAMED_S = 10.0
"""No stream of a line is later than the agent's memory of it by more."""


class _Told(msgspec.Struct, frozen=True):
    key: str
    made_at: float


class _Unplaced(msgspec.Struct, frozen=True):
    line: Remembered
    made_at: float
    until: float
    """On the engine's clock."""


class SessionDiary:
    """Tells one room's sessions.

    Args:
        session: Whose events these are.
        conversation: The lines that they are about.
        emit: Takes the events.
    """

    def __init__(
        self,
        session: SessionId,
        conversation: Conversation,
        emit: Callable[[AnyEvent], None],
    ) -> None:
        self._session, self._conversation, self._emit = session, conversation, emit
        self._calls: dict[str, ToolUpdated] = {}
        self._handoffs: dict[str, AgentHandedOff] = {}
        self._usage: UsageCounted | None = None
        self._silent: set[str] = set()
        self._orders: defaultdict[str, SessionOrder] = defaultdict(SessionOrder)
        self._unplaced: defaultdict[str, deque[_Unplaced]] = defaultdict(
            lambda: deque(maxlen=_MOVABLE)
        )
        self._movable: defaultdict[str, deque[_Told]] = defaultdict(lambda: deque(maxlen=_MOVABLE))

    def event(self, identity: str, event: pb.AgentSessionEvent, at: float) -> None:
        """Take what an agent's session tells; what a person sends there is passed over.

        Changes of state come by attributes too. Overlapping speech is only its guess at what comes
        next: speech that does interrupt marks the line that it has interrupted.

        Args:
            identity: Who tells it.
            event: What.
            at: When it began to arrive, on the engine's clock.
        """
        if self._conversation.is_person(identity):
            return
        made_at = seconds_of(event.created_at)
        self._orders[identity].came(made_at, at)
        self._place_late(identity, at)
        match event.WhichOneof("event"):
            case "tool_execution_updated":
                self._tool_updated(identity, event.tool_execution_updated, made_at, at)
            case "function_tools_executed":
                executed = event.function_tools_executed
                for call in executed.function_calls:
                    self._started(identity, call, made_at, at)
                ended_at = self._orders[identity].estimate(made_at, at)
                for output in executed.function_call_outputs:
                    self._output(identity, output, ended_at)
            case "conversation_item_added":
                self._item_added(identity, event.conversation_item_added.item, at)
            case "session_usage_updated":
                self._usage_updated(identity, event.session_usage_updated.usage)

    def erred(self, identity: str, text: str, *, goes_on: bool) -> None:
        """Tell of an error that a session reports; sanitised."""
        who = clean(identity, limit=_MAX_NAME)
        self._emit(AgentErred(session=self._session, identity=who, text=text, goes_on=goes_on))

    def silent(self, identity: str) -> None:
        """Tell, once for each agent, that it answers no ping."""
        if identity not in self._silent:
            self._silent.add(identity)
            who = clean(identity, limit=_MAX_NAME)
            self._emit(SessionSilent(session=self._session, identity=who))

    def remember(
        self,
        identity: str,
        items: Iterable[Item],
        place: Callable[[float], float],
        gap_began_at: float | None = None,
    ) -> None:
        """Add what an agent remembers and nobody here has seen.

        Args:
            identity: The agent.
            items: Its chat history, oldest first.
            place: Gives the place in the transcript, on the engine's clock, of a moment of the
                agent's clock, in seconds since the epoch.
            gap_began_at: Of the gap that is filled; None: of what was before we came.
        """
        count = 0
        for item in items:
            at = place(made_at(item))
            match item.WhichOneof("item"):
                case "message":
                    line = remembered(identity, item.message, at)
                    count += self._conversation.backfill((line,), at) if line else 0
                case "function_call":
                    count += self._started(identity, item.function_call, 0.0, at, remembered=True)
                case "function_call_output":
                    self._output(identity, item.function_call_output, at)
                case "agent_handoff":
                    count += self._handed_off(identity, item.agent_handoff, at, remembered=True)
        self._emit(
            MemoryRead(
                session=self._session,
                identity=clean(identity, limit=_MAX_NAME),
                lines=count,
                gap_began_at=gap_began_at,
            )
        )

    # --- lines ------------------------------------------------------------------------------

    def _item_added(self, identity: str, item: Item, at: float) -> None:
        match item.WhichOneof("item"):
            case "message":
                line = remembered(identity, item.message)
                if line is None:
                    return
                about = self._conversation.confirmed(line)
                if about is not None:
                    self._orders[identity].line(made_at(item), about)
                    self._move(identity)
                else:
                    unplaced = _Unplaced(line, made_at(item), at + _STREAMED_S)
                    self._unplaced[identity].append(unplaced)
                turn = measured(self._session, identity, item.message, about or at)
                if turn is not None:
                    self._emit(turn)
            case "agent_handoff":
                self._handed_off(identity, item.agent_handoff, at)

    def _handed_off(
        self, identity: str, handoff: pb.AgentHandoff, at: float, *, remembered: bool = False
    ) -> bool:
        """Tell that another agent speaks from now on; the first one takes over from nobody."""
        key = f"{clean(identity)}:{clean(handoff.id)}"
        known = self._handoffs.get(key)
        if not handoff.old_agent_id or (known and (remembered or not known.remembered)):
            return False
        made_at = 0.0 if remembered else seconds_of(handoff.created_at)
        new = clean(handoff.new_agent_id, limit=_MAX_NAME)
        self._conversation.speaks_as(identity, new)
        told = AgentHandedOff(
            session=self._session,
            key=key,
            identity=clean(identity, limit=_MAX_NAME),
            old=clean(handoff.old_agent_id, limit=_MAX_NAME),
            new=new,
            began_at=self._place(identity, key, made_at, at),
            remembered=remembered,
        )
        _note(self._handoffs, key, told)
        self._emit(told)
        return True

    # --- places -----------------------------------------------------------------------------

    def _place(self, identity: str, key: str, made_at: float, at: float) -> float:
        """Give the place of what is told for the first time, and remember to look at it again."""
        if made_at:
            self._movable[identity].append(_Told(key, made_at))
        return self._orders[identity].place(made_at, at)

    def _place_late(self, identity: str, at: float) -> None:
        """Look again for lines that the agent remembered before they were streamed to us."""
        waiting = self._unplaced[identity]
        for _ in range(len(waiting)):
            one = waiting.popleft()
            began_at = self._conversation.began(one.line)
            if began_at is not None:
                self._orders[identity].line(one.made_at, began_at)
                self._move(identity)
            elif at < one.until:
                waiting.append(one)

    def _move(self, identity: str) -> None:
        """Tell anew what stands on the wrong side of a line whose place is known now."""
        for told in self._movable[identity]:
            event = self._calls.get(told.key) or self._handoffs.get(told.key)
            if event is None:
                continue
            began_at = self._orders[identity].between_lines(told.made_at, event.began_at)
            if began_at == event.began_at:
                continue
            moved = msgspec.structs.replace(event, began_at=began_at)
            if isinstance(moved, ToolUpdated):
                self._tell(moved)
            else:
                _note(self._handoffs, moved.key, moved)
                self._emit(moved)

    # --- tools ------------------------------------------------------------------------------

    def _tool_updated(
        self,
        identity: str,
        update: pb.AgentSessionEvent.ToolExecutionUpdated,
        made_at: float,
        at: float,
    ) -> None:
        match update.WhichOneof("update"):
            case "started":
                self._started(identity, update.started.function_call, made_at, at)
            case "ended":
                ended = update.ended
                place = self._orders[identity].estimate(made_at, at)
                self._ended(identity, ended.call_id, state_of(ended.status), ended.message, place)

    def _started(
        self,
        identity: str,
        call: pb.FunctionCall,
        made_at: float,
        at: float,
        *,
        remembered: bool = False,
    ) -> bool:
        """Tell that a tool runs; whether that is new."""
        key = _key(identity, call.call_id)
        known = self._calls.get(key)
        if known is not None:
            if known.remembered and not remembered:
                self._tell(_told_live(known, self._place(identity, key, made_at, at)))
            return False
        tool = ToolUpdated(
            session=self._session,
            key=key,
            identity=clean(identity, limit=_MAX_NAME),
            name=clean(call.name, limit=_MAX_NAME),
            arguments=clean_detail(call.arguments, limit=MAX_ARGUMENTS),
            state=ToolState.RUNNING,
            began_at=self._place(identity, key, made_at, at),
            remembered=remembered,
        )
        self._tell(tool)
        return True

    def _output(self, identity: str, output: pb.FunctionCallOutput, at: float) -> None:
        state = ToolState.FAILED if output.is_error else ToolState.DONE
        self._ended(identity, output.call_id, state, output.output, at)

    def _ended(self, identity: str, call_id: str, state: ToolState, output: str, at: float) -> None:
        tool = self._calls.get(_key(identity, call_id))
        if tool is None:
            return  # it began before we came, and its name was not told
        told = clean_detail(output, limit=MAX_OUTPUT) or tool.output
        took_s = tool.took_s
        if took_s is None and not tool.remembered:
            took_s = max(0.0, at - tool.began_at)
        ended = msgspec.structs.replace(tool, state=state, output=told, took_s=took_s)
        if ended != tool:
            self._tell(ended)

    def _tell(self, tool: ToolUpdated) -> None:
        _note(self._calls, tool.key, tool)
        self._emit(tool)

    # --- figures ----------------------------------------------------------------------------

    def _usage_updated(self, identity: str, usage: pb.AgentSessionUsage) -> None:
        """Tell the sums of the language models; the newest model's name stands for all."""
        models = [one.llm for one in usage.model_usage if one.HasField("llm")]
        if not models:
            return
        counted = UsageCounted(
            session=self._session,
            identity=clean(identity, limit=_MAX_NAME),
            provider=clean(models[-1].provider, limit=_MAX_NAME),
            model=clean(models[-1].model, limit=_MAX_NAME),
            input_tokens=sum(model.input_tokens for model in models),
            output_tokens=sum(model.output_tokens for model in models),
        )
        if counted != self._usage:
            self._usage = counted
            self._emit(counted)


def _told_live(tool: ToolUpdated, began_at: float) -> ToolUpdated:
    """Give a call that was read from memory before it was told: only now its place is known."""
    return msgspec.structs.replace(tool, began_at=began_at, remembered=False)


def _key(identity: str, call_id: str) -> str:
    return f"{clean(identity)}:{clean(call_id)}"


def _note(known: dict[str, _T], key: str, value: _T) -> None:
    known[key] = value
    if len(known) > _REMEMBERED:
        del known[next(iter(known))]
