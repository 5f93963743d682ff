"""The servers that other tests rest on do what those tests assume."""

from __future__ import annotations

import pytest

from tests.support import twirp
from tests.support.server import Server


def test_a_fresh_server_has_no_room(own_server: Server) -> None:
    assert twirp.rooms(own_server) == set()


def test_a_restarted_server_answers_at_the_same_address_and_has_forgotten_its_rooms(
    own_server: Server,
) -> None:
    twirp.create_room(own_server, "a")
    before = own_server.environment
    own_server.restart()
    assert own_server.environment == before
    assert twirp.rooms(own_server) == set()


def test_a_frozen_server_answers_again_once_thawed(own_server: Server) -> None:
    own_server.freeze()
    own_server.thaw()
    twirp.create_room(own_server, "a")
    assert twirp.rooms(own_server) == {"a"}


def test_a_killed_server_takes_no_connection(own_server: Server) -> None:
    own_server.kill()
    with pytest.raises(ConnectionRefusedError):
        twirp.rooms(own_server)
