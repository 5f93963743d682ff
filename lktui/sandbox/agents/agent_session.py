"""RemoteSession's side of the agent: what a session remembers, tells, and answers when asked.

Events go out in the order in which they are told here, and to everybody, as answers do
(facts/livekit.md section 1).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable

from google.protobuf.message import DecodeError
from livekit.protocol.agent_pb import agent_session as pb

from lktui import __version__
from lktui.clock import Clock
from lktui.sandbox.agents import session_messages as messages
from lktui.sandbox.agents.script import INSTRUCTIONS, TOOLS

MAX_ITEMS = 400
"""Of the chat history: it must fit into one answer."""
STATES = {
    "initializing": pb.AgentState.AS_INITIALIZING,
    "listening": pb.AgentState.AS_LISTENING,
    "thinking": pb.AgentState.AS_THINKING,
    "speaking": pb.AgentState.AS_SPEAKING,
}
"""`lk.agent.state` and its code; the demo agents have no others."""
_log = logging.getLogger(__name__)


class AgentSession:
    """One session.

    Args:
        agent_id: What it calls its agent.
        clock: Tells the time.
        send: Sends a message to everybody in the room.
        run_input: Takes a turn for somebody who is not the user; None when it has too much to do.
    """

    def __init__(
        self,
        agent_id: str,
        clock: Clock,
        send: Callable[[bytes], Awaitable[None]],
        run_input: Callable[[str], Awaitable[list[messages.Item] | None]],
    ) -> None:
        self.agent_id = agent_id
        self._clock, self._send, self._run_input = clock, send, run_input
        self._items: deque[messages.Item] = deque(maxlen=MAX_ITEMS)
        self._state = "initializing"
        self._user = pb.UserState.US_LISTENING
        self._heard_words = self._said_words = 0
        self.open = False
        """Before this nothing is answered: a pong means that the session has started."""

    # --- what happens -------------------------------------------------------------------------

    async def add(self, item: messages.Item) -> None:
        """Remember an item and tell of it."""
        self._items.append(item)
        await self._tell(messages.item_added(item))

    async def begin(self) -> messages.Item:
        """Tell which agent has taken over."""
        item = messages.handoff(self.agent_id, self._clock.wall())
        await self.add(item)
        return item

    async def become(self, state: str) -> None:
        """Tell the agent's new state."""
        old, self._state = self._state, state
        await self._tell(messages.agent_changed(STATES[old], STATES[state]))

    async def user_became(self, state: pb.UserState) -> None:
        """Tell the user's new state, if it is new."""
        old, self._user = self._user, state
        if old != state:
            await self._tell(messages.user_changed(old, state))

    async def ran(self, call: pb.FunctionCall, output: pb.FunctionCallOutput) -> None:
        """Remember a tool's call, which has ended, and tell of it."""
        await self._tell(messages.tool_ended(output))
        await self._tell(messages.tools_executed(call, output))
        self._items.append(messages.Item(function_call=call))
        self._items.append(messages.Item(function_call_output=output))

    async def runs(self, call: pb.FunctionCall) -> None:
        """Tell that a tool runs."""
        await self._tell(messages.tool_started(call))

    async def used(self, *, heard: int = 0, said: int = 0) -> None:
        """Add to the sums of words and tell them."""
        self._heard_words += heard
        self._said_words += said
        await self._tell(messages.usage_updated(self._usage()))

    async def _tell(self, event: messages.Event) -> None:
        event.created_at.CopyFrom(messages.stamp(self._clock.wall()))
        await self._send(pb.AgentSessionMessage(event=event).SerializeToString())

    # --- what is asked ------------------------------------------------------------------------

    async def answer(self, body: bytes) -> None:
        """Answer a request; other messages, and those that do not parse, are passed over."""
        message = pb.AgentSessionMessage()
        try:
            message.ParseFromString(body)
        except DecodeError:
            _log.info("a RemoteSession message of %d bytes does not parse", len(body))
            return
        if message.WhichOneof("message") == "request" and self.open:
            response = await self._response(message.request)
            response.request_id = message.request.request_id
            await self._send(pb.AgentSessionMessage(response=response).SerializeToString())

    async def _response(self, request: pb.SessionRequest) -> pb.SessionResponse:
        response = pb.SessionResponse()
        match request.WhichOneof("request"):
            case "ping":
                response.pong.SetInParent()
            case "get_chat_history":
                response.get_chat_history.SetInParent()
                response.get_chat_history.items.extend(self._items)
            case "get_agent_info":
                info = response.get_agent_info
                info.id, info.instructions = self.agent_id, INSTRUCTIONS
                info.tools.extend(TOOLS)
                info.chat_ctx.extend(self._items)
            case "get_session_state":
                state = response.get_session_state
                state.agent_state, state.user_state = STATES[self._state], self._user
                state.agent_id = self.agent_id
                state.created_at.CopyFrom(messages.stamp(self._clock.wall()))
            case "get_session_usage":
                response.get_session_usage.usage.CopyFrom(self._usage())
                now = messages.stamp(self._clock.wall())
                response.get_session_usage.created_at.CopyFrom(now)
            case "get_framework_info":
                response.get_framework_info.sdk = "lktui-demo-agents"
                response.get_framework_info.sdk_version = __version__
            case "run_input":
                items = await self._run_input(request.run_input.text)
                if items is None:
                    response.error = "too many lines wait"
                else:
                    response.run_input.SetInParent()
                    response.run_input.items.extend(items)
            case unknown:
                response.error = f"a demo agent does not know {unknown or 'this request'}"
        return response

    def _usage(self) -> pb.AgentSessionUsage:
        return messages.usage(self._heard_words, self._said_words)
