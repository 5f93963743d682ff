from __future__ import annotations

import pytest
from livekit.protocol import metrics, models

from lktui.sandbox.packets import Sender, stamp

USER = Sender(identity="ann", sid="PA_1", hidden=False, is_agent=False)
HIDDEN = Sender(identity="ann", sid="PA_1", hidden=True, is_agent=False)
AGENT = Sender(identity="agent", sid="PA_2", hidden=False, is_agent=True)
RELIABLE = models.DataPacket.RELIABLE


def text_header(speaker: str) -> models.DataPacket:
    header = models.DataStream.Header(text_header=models.DataStream.TextHeader())
    return models.DataPacket(participant_identity=speaker, stream_header=header)


def test_a_plain_participant_cannot_speak_for_another() -> None:
    packet = text_header("bob")
    assert stamp(packet, USER, RELIABLE)
    assert packet.participant_identity == "ann"
    assert packet.participant_sid == "PA_1"


def test_an_agent_can_say_who_has_spoken() -> None:
    packet = text_header("bob")
    assert stamp(packet, AGENT, RELIABLE)
    assert packet.participant_identity == "bob"
    assert packet.stream_header.text_header.generated


def test_not_even_an_agent_can_send_bytes_as_another() -> None:
    header = models.DataStream.Header(byte_header=models.DataStream.ByteHeader())
    packet = models.DataPacket(participant_identity="bob", stream_header=header)
    assert stamp(packet, AGENT, RELIABLE)
    assert packet.participant_identity == "agent"


def test_a_hidden_one_has_no_name() -> None:
    packet = text_header("bob")
    assert stamp(packet, HIDDEN, RELIABLE)
    assert packet.participant_identity == ""
    data = models.DataPacket(user=models.UserPacket(payload=b"x"))
    assert stamp(data, HIDDEN, RELIABLE)
    assert data.user.participant_identity == data.user.participant_sid == ""


def test_the_addressees_of_user_data_are_the_packet_s() -> None:
    packet = models.DataPacket(user=models.UserPacket(destination_identities=["bob"]))
    stamp(packet, USER, RELIABLE)
    assert list(packet.destination_identities) == ["bob"]


def test_the_channel_says_of_what_kind_a_packet_is() -> None:
    packet = models.DataPacket(kind=RELIABLE, user=models.UserPacket())
    stamp(packet, USER, models.DataPacket.LOSSY)
    assert packet.kind == models.DataPacket.LOSSY


@pytest.mark.parametrize(
    "packet",
    [
        models.DataPacket(),
        models.DataPacket(metrics=metrics.MetricsBatch()),
        models.DataPacket(transcription=models.Transcription()),
    ],
)
def test_what_nobody_may_send_is_not_passed_on(packet: models.DataPacket) -> None:
    assert not stamp(packet, USER, RELIABLE)
