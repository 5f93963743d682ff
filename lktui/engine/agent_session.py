"""The agent's RemoteSession on `lk.agent.session`: pings and the chat history.

A pong is the best sign that a session is alive. Responses go to everybody in the room, so an
answer counts only by identity and request id (facts/livekit.md section 1, "RemoteSession").
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from google.protobuf.message import DecodeError
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.problems import PortError
from lktui.core.reassembly import Remembered
from lktui.core.sanitize import clean
from lktui.engine.ports import RoomLink

HISTORY_LIMIT_S = 2.0
MAX_HISTORY_LINES = 500
_MAX_ERROR_CHARS = 120
_RECOVERABLE = "recoverable=True"
"""In the text of an error after which the agent tries again by itself."""
_ERROR = re.compile(r"\berror=(.*?)(?: recoverable=\w+)?$", re.DOTALL)
"""What went wrong, in the Python repr that an `error` event carries and nothing else."""
_log = logging.getLogger(__name__)


class SessionListener(Protocol):
    """What hears of an agent's session by itself, without having asked."""

    def heard(self, identity: str) -> None:
        """A message came: the session lives."""
        ...

    def took_turn(self, identity: str) -> None:
        """The session has taken a line for a turn of its user."""
        ...

    def reply_failed(self, identity: str, text: str) -> None:
        """The session reports an error that it does not try to get over; sanitised."""
        ...


class AgentSession:
    """Asks one room's agents; a room without an AgentSession never answers."""

    def __init__(self, link: RoomLink) -> None:
        self._link = link
        self.listener: SessionListener | None = None
        """Who hears what was not asked for."""
        self._waiting: dict[tuple[str, str], asyncio.Future[pb.SessionResponse]] = {}

    def received(self, identity: str, body: bytes) -> None:
        """Take a message from the room; what is not an answer to us is passed over."""
        message = pb.AgentSessionMessage()
        try:
            message.ParseFromString(body)
        except DecodeError:
            _log.info("a RemoteSession message of %s does not parse", identity)
            return
        what = message.WhichOneof("message")
        if self.listener is not None and what in ("response", "event"):
            self.listener.heard(identity)
            self._tell(self.listener, identity, message.event)
        if what == "response":
            future = self._waiting.pop((identity, message.response.request_id), None)
            if future is not None and not future.done():
                future.set_result(message.response)

    def _tell(self, listener: SessionListener, identity: str, event: pb.AgentSessionEvent) -> None:
        match event.WhichOneof("event"):
            case "error":
                said = event.error.message
                if _RECOVERABLE not in said:
                    listener.reply_failed(identity, _error_text(said))
            case "conversation_item_added":
                if event.conversation_item_added.item.message.role == pb.ChatRole.USER:
                    listener.took_turn(identity)

    @contextlib.asynccontextmanager
    async def pinged(
        self, identity: str, on_pong: Callable[[], None] = lambda: None
    ) -> AsyncIterator[asyncio.Future[pb.SessionResponse]]:
        """Ask whether the session is alive; entered when the ping has been sent.

        Args:
            identity: Who is asked.
            on_pong: Called when the answer comes, which may be before the send has returned.

        Raises:
            PortError: It could not be sent, which says nothing of the agent.
        """
        request = pb.SessionRequest()
        request.ping.SetInParent()
        async with self._asked(identity, request, on_pong) as answer:
            yield answer

    async def history(self, agent: str, user: str) -> tuple[Remembered, ...]:
        """Read what was said before, as the agent knows it; empty when it does not answer.

        Args:
            agent: The agent's identity: who is asked, and whose its own lines are.
            user: Whose the other side's lines are taken to be.
        """
        request = pb.SessionRequest()
        request.get_chat_history.SetInParent()
        try:
            async with self._asked(agent, request) as asked, asyncio.timeout(HISTORY_LIMIT_S):
                answer = await asked
        except (TimeoutError, PortError):
            return ()
        speakers = {pb.ChatRole.ASSISTANT: agent, pb.ChatRole.USER: user}
        items = [i for i in answer.get_chat_history.items if i.WhichOneof("item") == "message"]
        return tuple(
            Remembered(
                id=item.message.id,
                identity=speakers[item.message.role],
                text=" ".join(part.text for part in item.message.content if part.text),
            )
            for item in items[-MAX_HISTORY_LINES:]
            if item.message.role in speakers
        )

    @contextlib.asynccontextmanager
    async def _asked(
        self,
        identity: str,
        request: pb.SessionRequest,
        on_answer: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[asyncio.Future[pb.SessionResponse]]:
        """Send a request, and give what its answer will be; that is looked for until the exit."""
        request.request_id = secrets.token_hex(8)
        key = (identity, request.request_id)
        future: asyncio.Future[pb.SessionResponse] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: None if done.cancelled() else on_answer())
        self._waiting[key] = future
        body = pb.AgentSessionMessage(request=request).SerializeToString()
        try:
            await self._link.send_session(request.request_id, body, identity)
            yield future
        finally:
            self._waiting.pop(key, None)
            future.cancel()


def _error_text(said: str) -> str:
    found = _ERROR.search(said)
    return clean(found.group(1) if found else said, limit=_MAX_ERROR_CHARS).strip()
