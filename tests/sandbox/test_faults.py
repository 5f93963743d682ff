from __future__ import annotations

import msgspec
import pytest
from livekit.protocol import models

from lktui.sandbox.fault_desk import ANY, CallFaults, text_packets
from lktui.sandbox.faults import (
    AnyFault,
    CutSignal,
    DelayCall,
    Die,
    DropCall,
    Freeze,
    RefuseCall,
    SendText,
)

EVERY_KIND: list[AnyFault] = [
    RefuseCall(method="CreateRoom", code="resource_exhausted"),
    DelayCall(method="CreateRoom", delay_s=1.5),
    DropCall(method="CreateDispatch", done=True),
    CutSignal(room="hall", identity="ann"),
    Freeze(duration_s=2),
    Die(),
    SendText(room="hall", content=b"\x1b]0;x\x07\xff", attributes={"lk.segment_id": "SG_1"}),
]


@pytest.mark.parametrize("fault", EVERY_KIND, ids=lambda fault: type(fault).__name__)
def test_every_fault_survives_the_wire(fault: AnyFault) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fault), type=AnyFault) == fault


def test_a_fault_happens_as_often_as_it_was_asked_for() -> None:
    faults = CallFaults()
    faults.add(RefuseCall(method="CreateRoom", times=2))
    assert [len(faults.take("CreateRoom")) for _ in range(3)] == [1, 1, 0]


def test_a_fault_of_one_method_leaves_the_others_alone() -> None:
    faults = CallFaults()
    faults.add(RefuseCall(method="CreateRoom"))
    assert not faults.take("DeleteRoom")
    assert faults.take("CreateRoom")


def test_a_fault_of_any_method_happens_to_the_first_that_comes() -> None:
    faults = CallFaults()
    faults.add(DelayCall(method=ANY, delay_s=1))
    assert faults.take("ListRooms")
    assert not faults.take("ListRooms")


def test_several_faults_of_a_call_come_in_the_order_of_asking() -> None:
    faults = CallFaults()
    late, refused = DelayCall(method="ListRooms", delay_s=1), RefuseCall(method="ListRooms")
    faults.add(late)
    faults.add(refused)
    assert faults.take("ListRooms") == [late, refused]


def test_an_answer_is_lost_only_after_the_call_was_done() -> None:
    faults = CallFaults()
    faults.add(DropCall(method="CreateDispatch", done=True))
    assert not faults.take("CreateDispatch")
    assert faults.take("CreateDispatch", after=True)
    faults.add(DropCall(method="CreateDispatch"))
    assert not faults.take("CreateDispatch", after=True)
    assert faults.take("CreateDispatch")


def test_text_is_sent_byte_for_byte_in_pieces() -> None:
    content = bytes(range(256)) * 200
    packets = text_packets(SendText(room="hall", content=content, topic="t", sender="ghost"))
    kinds = [packet.WhichOneof("value") for packet in packets]
    assert kinds == ["stream_header", *["stream_chunk"] * 4, "stream_trailer"]
    assert b"".join(packet.stream_chunk.content for packet in packets) == content
    assert {packet.participant_identity for packet in packets} == {"ghost"}
    assert all(packet.kind == models.DataPacket.RELIABLE for packet in packets)
