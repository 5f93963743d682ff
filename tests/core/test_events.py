"""Events are the journal's format: what is written by one version is read by another."""

from __future__ import annotations

from enum import Enum
from types import NoneType
from typing import Any, NewType, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import AnyEvent, AnySessionEvent, SessionEvent
from tests.support.scenes import Conversation

JSON = msgspec.json.Decoder(AnySessionEvent)
MSGPACK = msgspec.msgpack.Decoder(AnyEvent)
KINDS = get_args(AnyEvent)
SIMPLE = {
    str: st.text(max_size=20),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    NoneType: st.none(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Give any value that a field of this type may have; numbers as far as they can be written."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, NewType):
        return values_of(kind.__supertype__)
    if get_origin(kind) is tuple:
        return st.lists(values_of(get_args(kind)[0]), max_size=3).map(tuple)
    if get_args(kind):
        return st.one_of([values_of(part) for part in get_args(kind)])
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    fields = msgspec.structs.fields(kind)
    return st.builds(kind, **{field.name: values_of(field.type) for field in fields})


ANY = st.one_of([values_of(kind) for kind in KINDS])
OF_A_SESSION = st.one_of([values_of(k) for k in get_args(AnySessionEvent)])


@given(ANY)
def test_every_event_comes_back_from_the_pipe_as_it_was(event: AnyEvent) -> None:
    assert MSGPACK.decode(msgspec.msgpack.encode(event)) == event


@given(OF_A_SESSION)
def test_every_event_of_a_session_comes_back_from_the_journal_as_it_was(
    event: AnySessionEvent,
) -> None:
    assert JSON.decode(msgspec.json.encode(event)) == event


@pytest.mark.parametrize("event", Conversation("a").ready(), ids=lambda event: type(event).__name__)
def test_a_field_that_is_not_known_is_harmless(event: AnySessionEvent) -> None:
    grown = msgspec.json.decode(msgspec.json.encode(event)) | {"of_a_later_version": [1, {"a": 2}]}
    assert JSON.decode(msgspec.json.encode(grown)) == event


def test_an_event_that_is_not_known_is_refused_and_not_misread() -> None:
    with pytest.raises(msgspec.ValidationError):
        JSON.decode(b'{"t": "of_a_later_version", "session": "s"}')


def test_no_tag_is_used_twice() -> None:
    tags = [kind.__struct_config__.tag for kind in KINDS]
    assert len(set(tags)) == len(tags)


def test_every_event_of_a_session_is_in_both_unions() -> None:
    of_sessions = {kind for kind in KINDS if issubclass(kind, SessionEvent)}
    assert of_sessions == set(get_args(AnySessionEvent))
