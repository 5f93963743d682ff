"""What carries a room connection, told from the SDK's statistics."""

from __future__ import annotations

from collections.abc import Iterable

from livekit.rtc._proto import stats_pb2

_TRANSPORTS = {
    stats_pb2.IceServerTransportProtocol.TRANSPORT_UDP: "UDP",
    stats_pb2.IceServerTransportProtocol.TRANSPORT_TCP: "TCP",
    stats_pb2.IceServerTransportProtocol.TRANSPORT_TLS: "TLS",
}


def path_of(stats: Iterable[stats_pb2.RtcStats]) -> str:
    """Give `UDP`, `TCP` or `TURN over …` of the candidates that are in use; empty if none is."""
    pairs: dict[str, str] = {}
    locals_: dict[str, stats_pb2.RtcStats.LocalCandidate] = {}
    selected = ""
    for entry in stats:
        match entry.WhichOneof("stats"):
            case "candidate_pair":
                pair = entry.candidate_pair
                pairs[pair.rtc.id] = pair.candidate_pair.local_candidate_id
            case "local_candidate":
                locals_[entry.local_candidate.rtc.id] = entry.local_candidate
            case "transport":
                selected = entry.transport.transport.selected_candidate_pair_id or selected
            case _:
                pass
    local = locals_.get(pairs.get(selected, ""))
    if local is None:
        return ""
    candidate = local.candidate
    if candidate.candidate_type == stats_pb2.IceCandidateType.RELAY:
        return f"TURN over {_TRANSPORTS.get(candidate.relay_protocol, 'UDP')}"
    return candidate.protocol.upper() or "UDP"
