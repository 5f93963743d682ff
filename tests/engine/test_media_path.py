"""What carries a connection, told from statistics like the SDK's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from livekit.rtc._proto import stats_pb2

from lktui.engine.media_path import path_of


def transport(selected: str) -> Message:
    entry = stats_pb2.RtcStats()
    entry.transport.rtc.id = "T"
    entry.transport.transport.selected_candidate_pair_id = selected
    return entry


def pair(name: str, local: str) -> Message:
    entry = stats_pb2.RtcStats()
    entry.candidate_pair.rtc.id = name
    entry.candidate_pair.candidate_pair.local_candidate_id = local
    return entry


def candidate(name: str, **is_: str) -> Message:
    entry = stats_pb2.RtcStats()
    entry.local_candidate.rtc.id = name
    found = entry.local_candidate.candidate
    found.protocol = is_.get("protocol", "")
    found.candidate_type = stats_pb2.IceCandidateType.Value(is_.get("type", "HOST"))
    if relay := is_.get("relay"):
        found.relay_protocol = stats_pb2.IceServerTransportProtocol.Value(f"TRANSPORT_{relay}")
    return entry


@pytest.mark.parametrize(
    ("is_", "told"),
    [
        ({"protocol": "udp"}, "UDP"),
        ({"protocol": "tcp"}, "TCP"),
        ({"protocol": ""}, "UDP"),
        ({"protocol": "udp", "type": "SRFLX"}, "UDP"),
        ({"protocol": "udp", "type": "RELAY", "relay": "UDP"}, "TURN over UDP"),
        ({"protocol": "udp", "type": "RELAY", "relay": "TCP"}, "TURN over TCP"),
        ({"protocol": "udp", "type": "RELAY", "relay": "TLS"}, "TURN over TLS"),
        ({"protocol": "udp", "type": "RELAY"}, "TURN over UDP"),
    ],
)
def test_the_candidate_in_use_tells_the_path(is_: Mapping[str, str], told: str) -> None:
    others = [pair("P0", "L0"), candidate("L0", protocol="tcp" if told == "UDP" else "udp")]
    entries = [*others, pair("P1", "L1"), candidate("L1", **is_), transport("P1")]
    assert path_of(entries) == told
    assert path_of(reversed(entries)) == told


def test_nothing_is_told_while_nothing_is_selected() -> None:
    assert path_of([]) == ""
    assert path_of([pair("P1", "L1"), candidate("L1", protocol="udp")]) == ""
    assert path_of([transport(""), pair("P1", "L1"), candidate("L1", protocol="udp")]) == ""
    assert path_of([transport("P9"), pair("P1", "L1"), candidate("L1", protocol="udp")]) == ""


def test_statistics_of_another_shape_are_not_known_rather_than_an_error() -> None:
    assert path_of([Timestamp(seconds=1)]) == ""
