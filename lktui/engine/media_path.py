"""What carries a room connection, told from the SDK's statistics.

Their classes are not public in the SDK, so they are read by the names of their fields; what this
module does not know of a later SDK is no error, but not known.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

_RELAYED = "RELAY"
_TRANSPORTS = {"TRANSPORT_UDP": "UDP", "TRANSPORT_TCP": "TCP", "TRANSPORT_TLS": "TLS"}


class _Id(msgspec.Struct):
    id: str


class _PairOf(msgspec.Struct):
    local_candidate_id: str = ""


class _Pair(msgspec.Struct):
    rtc: _Id
    candidate_pair: _PairOf


class _CandidateOf(msgspec.Struct):
    candidate_type: str = ""
    protocol: str = ""
    relay_protocol: str = ""


class _Candidate(msgspec.Struct):
    rtc: _Id
    candidate: _CandidateOf


class _TransportOf(msgspec.Struct):
    selected_candidate_pair_id: str = ""


class _Transport(msgspec.Struct):
    transport: _TransportOf


class _Entry(msgspec.Struct):
    """One entry of the statistics; it is of one kind, and most are of none of these."""

    transport: _Transport | None = None
    candidate_pair: _Pair | None = None
    local_candidate: _Candidate | None = None


def path_of(stats: Iterable[Message]) -> str:
    """Give `UDP`, `TCP` or `TURN over …` of the candidates that are in use; empty if none is.

    Args:
        stats: What `Room.get_rtc_stats` gives of a connection.
    """
    try:
        entries = [_entry_of(entry) for entry in stats]
    except msgspec.ValidationError:
        return ""
    pairs = {pair.rtc.id: pair.candidate_pair for e in entries if (pair := e.candidate_pair)}
    candidates = {one.rtc.id: one.candidate for e in entries if (one := e.local_candidate)}
    selected = [e.transport.transport.selected_candidate_pair_id for e in entries if e.transport]
    in_use = next((pairs[pair] for pair in reversed(selected) if pair in pairs), _PairOf())
    candidate = candidates.get(in_use.local_candidate_id)
    if candidate is None:
        return ""
    if candidate.candidate_type == _RELAYED:
        return f"TURN over {_TRANSPORTS.get(candidate.relay_protocol, 'UDP')}"
    return candidate.protocol.upper() or "UDP"


def _entry_of(entry: Message) -> _Entry:
    return msgspec.convert(MessageToDict(entry, preserving_proto_field_name=True), _Entry)
