"""A text agent in a room: it greets its user and answers line by line, and can be interrupted.

One task takes the turns, one after another, so that events keep their order. A new line cuts
short what is being said: the turn looks for one at every word instead of being cancelled, since a
cancelled stream would have no end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from livekit.protocol.agent_pb import agent_session as pb

from lktui.clock import Clock
from lktui.core.sanitize import clean
from lktui.sandbox.agents import session_messages as messages
from lktui.sandbox.agents.agent_session import AgentSession
from lktui.sandbox.agents.audience import Audience
from lktui.sandbox.agents.demo_agents import DemoAgent
from lktui.sandbox.agents.script import Reply, ToolCall, reply_to
from lktui.sandbox.agents.stage import Stage, StageError
from lktui.tasks import Tasks

MAX_LINES = 32
"""So many lines wait; more are not heard."""
MAX_LINE_CHARS = 4000
THINK_S = 0.35
TOOL_S = 0.25
WORD_S = 0.08
RECOVER_S = 1.0
"""Between two tries to listen again over a link that was down."""
AWAY_S = 15.0
"""A user who has been silent for so long counts as away."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Line:
    """Something that the agent is to answer, or its greeting."""

    text: str
    greeting: bool = False
    items: list[messages.Item] = field(default_factory=list)
    """What the turn has added to the history."""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Conversation:
    """One agent's conversation.

    Args:
        agent: Who speaks.
        stage: Where it speaks.
        clock: Tells the time.
    """

    def __init__(self, agent: DemoAgent, stage: Stage, clock: Clock) -> None:
        self._agent, self._stage, self._clock = agent, stage, clock
        self.audience = Audience()
        self._session = AgentSession(agent.name, clock, stage.send_session, self._run_input)
        self._lines: asyncio.Queue[_Line] = asyncio.Queue(MAX_LINES)
        self._newer = asyncio.Event()
        """Set for as long as a line waits."""
        self._turns = 0
        self._requests = Tasks("a conversation's requests")

    # --- what the room tells ------------------------------------------------------------------

    def joined(self, identity: str) -> None:
        """Somebody who is no agent is in the room; the first to come is greeted."""
        if self.audience.joined(identity) and self._agent.greeting:
            self._take(_Line(self._agent.greeting, greeting=True))

    def left(self, identity: str, reason: str) -> None:
        """Somebody is gone."""
        self.audience.left(identity, reason)

    def chat(self, identity: str, text: str) -> None:
        """Somebody typed a line; only the user is heard, and only once the session has begun."""
        if self._session.open and identity == self.audience.user:
            self._take(_Line(clean(text, limit=MAX_LINE_CHARS)))

    def session_message(self, body: bytes) -> None:
        """Somebody sent a RemoteSession message."""
        if len(self._requests) < MAX_LINES:
            self._requests.start(self._answer(body))

    async def _answer(self, body: bytes) -> None:
        with contextlib.suppress(StageError):  # who asked is out of reach: nobody waits
            await self._session.answer(body)

    async def _run_input(self, text: str) -> list[messages.Item] | None:
        line = _Line(clean(text, limit=MAX_LINE_CHARS))
        if not self._take(line):
            return None
        await line.done.wait()
        return line.items

    def _take(self, line: _Line) -> bool:
        try:
            self._lines.put_nowait(line)
        except asyncio.QueueFull:
            _log.info("%s: too many lines wait; one is not heard", self._agent.name)
            return False
        self._newer.set()
        return True

    # --- turns --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Begin the session and take turns until cancelled."""
        try:
            await self._begin()
            while True:
                await self._take_turn(await self._next())
        finally:
            await self._requests.cancel()

    async def _begin(self) -> None:
        await self._stage.show_state("initializing")
        await self._session.begin()
        await self._become("listening")
        # Who waits to be greeted is greeted first: a pong would say that the agent listens.
        if self._lines.empty():
            self._session.open = True

    async def _next(self) -> _Line:
        """Wait for a line; a user who says nothing for long is away."""
        if not await self._newer_within(AWAY_S) and self.audience.user:
            with contextlib.suppress(StageError):
                await self._session.user_became(pb.UserState.US_AWAY)
        line = await self._lines.get()
        if self._lines.empty():
            self._newer.clear()
        return line

    async def _take_turn(self, line: _Line) -> None:
        try:
            if line.greeting:
                await self._say(line, Reply(line.text), thought_s=0.0)
            else:
                await self._answer_line(line)
            await self._become("listening")
        except StageError as error:
            _log.info("%s: a turn broke off: %s", self._agent.name, error)
            await self._recover()
        except Exception:  # noqa: BLE001 - whatever breaks a turn, the user is still there
            _log.exception("%s: a turn failed", self._agent.name)
            await self._recover()
        finally:
            line.done.set()

    async def _recover(self) -> None:
        """Listen again after a turn that broke off, as soon as the link takes it; lines wait."""
        while True:
            try:
                await self._become("listening")
            except StageError as error:
                _log.info("%s: not listening yet: %s", self._agent.name, error)
                await self._clock.sleep(RECOVER_S)
            else:
                break
        # A greeting that broke off is not said again, and must not keep the session shut.
        self._session.open = True
        _log.info("%s: listening again", self._agent.name)

    async def _answer_line(self, line: _Line) -> None:
        began = self._clock.monotonic()
        await self._session.user_became(pb.UserState.US_SPEAKING)
        await self._session.user_became(pb.UserState.US_LISTENING)
        await self._add(line, messages.message(pb.ChatRole.USER, line.text, self._clock.wall()))
        await self._become("thinking")
        reply = reply_to(line.text, self._turns)
        self._turns += 1
        if await self._newer_within(THINK_S):
            return
        await self._session.used(heard=len(line.text.split()))
        if reply.tool is not None:
            await self._run_tool(line, reply.tool)
        if not self._newer.is_set():
            await self._say(line, reply, thought_s=self._clock.monotonic() - began)

    async def _run_tool(self, line: _Line, tool: ToolCall) -> None:
        """Run a tool to its end: what it does would be done, whoever speaks meanwhile."""
        call = messages.call(tool, self._clock.wall())
        await self._session.runs(call)
        await self._clock.sleep(TOOL_S)
        output = messages.output(tool, call, self._clock.wall())
        await self._session.ran(call, output)
        line.items.append(messages.Item(function_call=call))
        line.items.append(messages.Item(function_call_output=output))

    async def _say(self, line: _Line, reply: Reply, *, thought_s: float) -> None:
        await self._become("speaking")
        self._session.open = True
        began = self._clock.wall()
        said, whole = await self._speak(reply.text)
        words = len(said.split())
        metrics = messages.spoken_metrics(began, self._clock.wall(), thought_s, words)
        await self._session.used(said=words)
        item = messages.message(
            pb.ChatRole.ASSISTANT, said, began, interrupted=not whole, metrics=metrics
        )
        await self._add(line, item)

    async def _speak(self, text: str) -> tuple[str, bool]:
        """Stream a text word by word; what was said, and whether it is all."""
        said, words = "", text.split(" ")
        speech = await self._stage.speak()
        for n, word in enumerate(words):
            part = f" {word}" if n else word
            await speech.write(part)
            said += part
            if n + 1 < len(words) and await self._newer_within(WORD_S):
                break
        await speech.end()
        return said, said == text

    # --- small steps --------------------------------------------------------------------------

    async def _become(self, state: str) -> None:
        await self._stage.show_state(state)
        await self._session.become(state)

    async def _add(self, line: _Line, item: messages.Item) -> None:
        line.items.append(item)
        await self._session.add(item)

    async def _newer_within(self, limit_s: float) -> bool:
        """Wait, but no longer than until there is a newer line."""
        try:
            async with asyncio.timeout(limit_s):
                return await self._newer.wait()
        except TimeoutError:
            return False
