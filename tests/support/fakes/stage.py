"""A room that a demo agent's conversation plays in: it keeps what it is given, with the time."""

from __future__ import annotations

import asyncio

from livekit.protocol.agent_pb import agent_session as pb

from lktui.sandbox.agents.stage import StageError


class FakeStage:
    """Everything that was shown, said and told, in one order."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        """`state S`, `event E`, `answer A`, and `said TEXT` at the end of a speech."""
        self.messages: list[pb.AgentSessionMessage] = []
        self.speeches: list[FakeSpeech] = []
        self.down = False
        """Takes nothing, as over a lost link."""

    async def show_state(self, state: str) -> None:
        """Note the agent's state."""
        self._take()
        self.shown.append(f"state {state}")

    async def speak(self) -> FakeSpeech:
        """Begin a speech."""
        self._take()
        speech = FakeSpeech(self)
        self.speeches.append(speech)
        return speech

    async def send_session(self, body: bytes) -> None:
        """Note a RemoteSession message."""
        self._take()
        message = pb.AgentSessionMessage.FromString(body)
        self.messages.append(message)
        if message.WhichOneof("message") == "event":
            self.shown.append(f"event {message.event.WhichOneof('event')}")
        else:
            self.shown.append(f"answer {message.response.WhichOneof('response')}")

    @property
    def state(self) -> str:
        """The state that was shown last."""
        shown = [step for step in self.shown if step.startswith("state ")]
        return shown[-1].removeprefix("state ") if shown else ""

    @property
    def said(self) -> list[str]:
        """What was said, as far as it came."""
        return [speech.text for speech in self.speeches]

    @property
    def events(self) -> list[pb.AgentSessionEvent]:
        """What was told, in its order."""
        return [m.event for m in self.messages if m.WhichOneof("message") == "event"]

    @property
    def answers(self) -> list[pb.SessionResponse]:
        """What was answered, in its order."""
        return [m.response for m in self.messages if m.WhichOneof("message") == "response"]

    @property
    def items(self) -> list[pb.ChatMessage]:
        """The lines that were added to the conversation."""
        added = [event.conversation_item_added.item for event in self.events]
        return [item.message for item in added if item.WhichOneof("item") == "message"]

    def _take(self) -> None:
        if self.down:
            raise StageError("the link is down")


class FakeSpeech:
    """One speech."""

    def __init__(self, stage: FakeStage) -> None:
        self._stage = stage
        self.parts: list[str] = []
        self.began_at = asyncio.get_running_loop().time()
        self.ended_at: float | None = None

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self.parts)

    async def write(self, text: str) -> None:
        """Note some more."""
        self._stage._take()
        self.parts.append(text)

    async def end(self) -> None:
        """Note the end."""
        self._stage._take()
        self.ended_at = asyncio.get_running_loop().time()
        self._stage.shown.append(f"said {self.text}")
