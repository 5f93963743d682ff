"""Whose a data packet is: the server says it, and not the sender, but for an agent's transcripts.

Facts/livekit.md sections 1 and 4; the cases are the real server's.
"""

from __future__ import annotations

import msgspec
from livekit.protocol import models


class Sender(msgspec.Struct, frozen=True):
    """What of a participant its packets say."""

    identity: str
    sid: str
    hidden: bool
    is_agent: bool

    @property
    def shown_identity(self) -> str:
        """How others see it: a hidden one has no name."""
        return "" if self.hidden else self.identity


def stamp(packet: models.DataPacket, sender: Sender, kind: models.DataPacket.Kind) -> bool:
    """Write the sender into a packet.

    Args:
        packet: As it came; changed in place.
        sender: Who sent it.
        kind: The channel that it came on, which counts and not what it says itself.

    Returns:
        Whether it is to be passed on.
    """
    packet.kind = kind
    packet.participant_sid = sender.sid
    value = packet.WhichOneof("value")
    if value in {None, "metrics", "speaker"}:
        return False
    if value == "transcription" and not sender.is_agent:
        return False
    if value == "user":
        _stamp_user(packet, sender)
    if not (_speaks_for_others(packet, sender) and _is_generated(packet, value)):
        packet.participant_identity = sender.shown_identity
    return True


def _stamp_user(packet: models.DataPacket, sender: Sender) -> None:
    user = packet.user
    user.participant_sid = "" if sender.hidden else sender.sid
    user.participant_identity = sender.shown_identity
    if packet.destination_identities:
        user.destination_identities[:] = packet.destination_identities
    else:
        packet.destination_identities[:] = user.destination_identities


def _speaks_for_others(packet: models.DataPacket, sender: Sender) -> bool:
    named = packet.participant_identity
    return sender.is_agent and named not in {"", sender.identity}


def _is_generated(packet: models.DataPacket, value: str | None) -> bool:
    """Mark what an agent says for somebody else; whether it is of a kind that may be."""
    if value == "chat_message":
        packet.chat_message.generated = True
        return True
    if value == "stream_header" and packet.stream_header.HasField("text_header"):
        packet.stream_header.text_header.generated = True
        return True
    return False
