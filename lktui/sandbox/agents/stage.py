"""What a conversation needs of its room, so that tests bring a fake."""

from __future__ import annotations

from typing import Protocol


class StageError(Exception):
    """The room did not take what was sent: the link is down, or the room has gone."""


class Speech(Protocol):
    """One thing being said: a text stream on `lk.transcription`."""

    async def write(self, text: str) -> None:
        """Say some more; joined, the parts are the text."""
        ...

    async def end(self) -> None:
        """End it; its trailer says that it is final, interrupted or not."""
        ...


class Stage(Protocol):
    """A room as its agent acts in it; every method raises `StageError` when it cannot."""

    async def show_state(self, state: str) -> None:
        """Publish `lk.agent.state`."""
        ...

    async def speak(self) -> Speech:
        """Begin a segment of the agent's own."""
        ...

    async def send_session(self, body: bytes) -> None:
        """Send a RemoteSession message to everybody."""
        ...
