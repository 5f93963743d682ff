"""A signal connection or a worker's connection that keeps what is sent over it."""

from __future__ import annotations

from livekit.protocol import agent, models, rtc


class FakeLink:
    """What a participant and a worker need of their sockets."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False
        self.is_cut = False

    def send(self, message: bytes) -> None:
        """Keep a message."""
        self.sent.append(message)

    def close(self) -> None:
        """Note the end."""
        self.is_closed = True

    def cut(self) -> None:
        """Note the end."""
        self.is_cut = True

    @property
    def signals(self) -> list[rtc.SignalResponse]:
        """What a participant was sent."""
        return [rtc.SignalResponse.FromString(message) for message in self.sent]

    @property
    def to_worker(self) -> list[agent.ServerMessage]:
        """What a worker was sent."""
        return [agent.ServerMessage.FromString(message) for message in self.sent]

    def told_of(self, identity: str) -> list[models.ParticipantInfo]:
        """Everything that a participant was told of another."""
        return [
            info
            for signal in self.signals
            for info in signal.update.participants
            if info.identity == identity
        ]
