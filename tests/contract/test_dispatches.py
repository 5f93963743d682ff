"""What the real server says of dispatches, where the cleanup rests on it."""

from __future__ import annotations

import pytest

from tests.support import twirp
from tests.support.livekit_server import LiveKitServer


def test_a_dispatch_of_a_missing_room_cannot_be_deleted(livekit_server: LiveKitServer) -> None:
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.delete_dispatch(livekit_server, "never-there", "AD_none")
    assert refused.value.code == "unavailable"


def test_a_dispatch_that_is_gone_is_not_found_in_its_room(livekit_server: LiveKitServer) -> None:
    twirp.create_room(livekit_server, "without-dispatch")
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.delete_dispatch(livekit_server, "without-dispatch", "AD_none")
    assert refused.value.code == "not_found"
    twirp.delete_room(livekit_server, "without-dispatch")


def test_a_dispatch_goes_with_its_room(livekit_server: LiveKitServer) -> None:
    twirp.create_room(livekit_server, "made-twice")
    twirp.create_dispatch(livekit_server, "made-twice", "nobody")
    twirp.delete_room(livekit_server, "made-twice")
    twirp.create_room(livekit_server, "made-twice")
    assert twirp.dispatches(livekit_server, "made-twice") == ()
    twirp.delete_room(livekit_server, "made-twice")
