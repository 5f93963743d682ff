"""Frames: however the bytes arrive, the same messages come out; broken ones end the link."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.commands import AnyCommand, EndSession, Say, Shutdown, StartSession
from lktui.core.events import AnyEvent, Bye, Hello, Notice, SessionId
from lktui.core.profile import Profile, Secret
from lktui.core.wire import (
    MAX_FRAME_BYTES,
    FrameError,
    command_reader,
    event_reader,
    frame_command,
    frame_events,
)

S = SessionId("s")
NOTICES = st.builds(Notice, session=st.just(S), text=st.text(max_size=40))
BATCHES = st.lists(st.lists(NOTICES, min_size=1, max_size=5), max_size=8)


@given(BATCHES, st.lists(st.integers(1, 60), max_size=60))
def test_any_split_of_the_bytes_gives_the_same_batches(
    batches: list[list[AnyEvent]], cuts: list[int]
) -> None:
    stream = b"".join(frame_events(batch) for batch in batches)
    reader, got, start = event_reader(), [], 0
    for cut in cuts:
        got += list(reader.feed(stream[start : start + cut]))
        start += cut
    got += list(reader.feed(stream[start:]))
    assert got == batches


@given(BATCHES)
def test_half_a_frame_gives_nothing_yet(batches: list[list[AnyEvent]]) -> None:
    stream = b"".join(frame_events(batch) for batch in batches)
    assert len(list(event_reader().feed(stream[:-1]))) == max(0, len(batches) - 1)


COMMANDS: list[AnyCommand] = [
    StartSession(session=S, profile=Profile(name="p", url="ws://h", api_key=Secret("literal"))),
    Say(session=S, key="k", text="hello"),
    EndSession(session=S),
    Shutdown(grace_s=1.0),
]


def test_commands_arrive_as_they_were_sent() -> None:
    stream = b"".join(frame_command(command) for command in COMMANDS)
    assert list(command_reader().feed(stream)) == COMMANDS


def test_a_batch_of_different_events_arrives_as_it_was_sent() -> None:
    batch: list[AnyEvent] = [
        Hello(protocol=1, build="b", pid=1, installation="k7qd"),
        Notice(session=S, text="x"),
        Bye(pending=0),
    ]
    assert list(event_reader().feed(frame_events(batch))) == [batch]


@pytest.mark.parametrize(
    "body",
    [
        b"\xc1",
        b"",
        msgspec.msgpack.encode([{"t": "unheard_of"}]),
        msgspec.msgpack.encode([{"t": "bye"}]),
        msgspec.msgpack.encode({"t": "bye", "pending": 0}),
    ],
    ids=["garbage", "empty", "unknown_event", "field_missing", "no_batch"],
)
def test_a_frame_that_is_not_ours_ends_the_link(body: bytes) -> None:
    reader = event_reader()
    with pytest.raises(FrameError):
        list(reader.feed(len(body).to_bytes(4, "big") + body))


def test_what_came_before_a_broken_frame_is_delivered() -> None:
    batch: list[AnyEvent] = [Notice(session=S, text="x")]
    messages = event_reader().feed(frame_events(batch) + b"\x00\x00\x00\x01\xc1")
    assert next(messages) == batch
    with pytest.raises(FrameError):
        next(messages)


def test_an_oversized_frame_is_refused_by_its_head_alone() -> None:
    with pytest.raises(FrameError):
        list(event_reader().feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big")))


def test_an_oversized_frame_is_not_made() -> None:
    with pytest.raises(FrameError):
        frame_events([Notice(session=S, text="x" * (MAX_FRAME_BYTES + 1))])
