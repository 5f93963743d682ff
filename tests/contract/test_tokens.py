"""Which tokens a server takes, what it says of the others, and the problem that people see."""

from __future__ import annotations

import time

import jwt
import pytest
from livekit import api

from lktui.core.problems import ProblemCode
from tests.contract.refusals import Credentials, not_asked, not_joined
from tests.support import twirp
from tests.support.person import Person
from tests.support.server import Server


def signed(server: Server, **claims: object) -> str:
    """Sign claims with the server's own key, however wrong they are."""
    return jwt.encode({"iss": server.key, "sub": "person", **claims}, server.secret)


async def test_a_wrong_key_is_an_auth_failure(server: Server) -> None:
    stranger = Credentials(server.url, key="stranger")
    found = await not_joined(server.url, twirp.room_token(stranger, "r", "person"))
    assert found.code is ProblemCode.AUTH_FAILED
    assert "invalid API key: stranger" in found.detail


async def test_a_wrong_secret_is_an_auth_failure_without_the_token(server: Server) -> None:
    stranger = Credentials(server.url, secret="wrong")
    token = twirp.room_token(stranger, "r", "person")
    found = await not_joined(server.url, token)
    assert found.code is ProblemCode.AUTH_FAILED
    assert "signature is invalid" in found.detail
    assert token not in repr(found)


async def test_an_expired_token_is_told_apart(server: Server) -> None:
    token = twirp.room_token(server, "r", "person", ttl_s=-3600)
    found = await not_joined(server.url, token)
    assert found.code is ProblemCode.TOKEN_EXPIRED


async def test_a_token_from_the_future_is_told_apart(server: Server) -> None:
    now = int(time.time())
    grant = {"roomJoin": True, "room": "r"}
    token = signed(server, nbf=now + 3600, exp=now + 7200, video=grant)
    found = await not_joined(server.url, token)
    assert found.code is ProblemCode.TOKEN_NOT_YET_VALID


async def test_a_clock_that_differs_by_seconds_is_forgiven(server: Server, room: str) -> None:
    now = int(time.time())
    grant = {"roomJoin": True, "room": room}
    for claims in ({"exp": now - 5}, {"nbf": now + 5, "exp": now + 600}):
        token = signed(server, video=grant, **claims)
        async with Person(server, token) as person:
            assert person.room.name == room


@pytest.mark.parametrize("token", ["garbage", ""])
async def test_a_text_that_is_no_token_is_told_apart(server: Server, token: str) -> None:
    found = await not_joined(server.url, token)
    assert found.code is ProblemCode.TOKEN_INVALID


async def test_a_token_that_may_not_join_lacks_a_permission(server: Server) -> None:
    token = signed(server, exp=int(time.time()) + 600, video={"roomList": True})
    found = await not_joined(server.url, token)
    assert found.code is ProblemCode.PERMISSION_DENIED


async def test_a_port_without_tls_is_told_apart(server: Server) -> None:
    address = server.url.replace("ws:", "wss:")
    token = twirp.room_token(server, "r", "person")
    assert (await not_joined(address, token)).code is ProblemCode.TLS_FAILED
    assert (await not_asked(Credentials(address))).code is ProblemCode.TLS_FAILED


async def test_a_path_beside_the_servers_own_is_no_livekit_server(server: Server) -> None:
    token = twirp.room_token(server, "r", "person")
    elsewhere = Credentials(f"{server.url}/elsewhere", server.key, server.secret)
    assert (await not_joined(elsewhere.url, token)).code is ProblemCode.NOT_LIVEKIT
    assert (await not_asked(elsewhere)).code is ProblemCode.NOT_LIVEKIT


async def test_an_http_address_is_as_good(server: Server, room: str) -> None:
    plain = Credentials(server.url.replace("ws:", "http:"), server.key, server.secret)
    async with Person(plain, twirp.room_token(server, room, "person")) as person:
        assert person.room.name == room


@pytest.mark.parametrize("wrong", ["key", "secret"])
async def test_the_api_refuses_a_wrong_key_or_secret(server: Server, wrong: str) -> None:
    own = {"key": server.key, "secret": server.secret}
    stranger = Credentials(server.url, **own | {wrong: "another"})
    assert (await not_asked(stranger)).code is ProblemCode.AUTH_FAILED
    async with api.LiveKitAPI(stranger.url, stranger.key, stranger.secret) as client:
        with pytest.raises(api.ServerError) as refused:
            await client.room.list_rooms(api.ListRoomsRequest())
    assert (refused.value.status, refused.value.code, refused.value.message) == (401, "unknown", "")


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("RoomService/ListRooms", {}),
        ("RoomService/CreateRoom", {"name": "r"}),
        ("RoomService/DeleteRoom", {"room": "r"}),
        ("RoomService/ListParticipants", {"room": "r"}),
        ("RoomService/RemoveParticipant", {"room": "r", "identity": "x"}),
        ("AgentDispatchService/ListDispatch", {"room": "r"}),
        ("AgentDispatchService/CreateDispatch", {"room": "r", "agent_name": "x"}),
        ("AgentDispatchService/DeleteDispatch", {"room": "r", "dispatch_id": "x"}),
    ],
)
def test_the_api_refuses_who_lacks_the_grant(
    server: Server, method: str, body: dict[str, str]
) -> None:
    token = signed(server, exp=int(time.time()) + 600, video={"roomJoin": True, "room": "r"})
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.ask(server, method, body, token=token)
    assert (refused.value.status, refused.value.code) == (401, "unauthenticated")
    assert refused.value.message == "permissions denied"


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("RoomService/ListParticipants", {"room": "r"}),
        ("AgentDispatchService/ListDispatch", {"room": "r"}),
    ],
)
def test_a_grant_for_one_room_is_none_for_another(
    server: Server, method: str, body: dict[str, str]
) -> None:
    grant = {"roomAdmin": True, "room": "other"}
    token = signed(server, exp=int(time.time()) + 600, video=grant)
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.ask(server, method, body, token=token)
    assert (refused.value.status, refused.value.code) == (401, "unauthenticated")


def test_a_method_that_does_not_exist_is_a_bad_route(server: Server) -> None:
    with pytest.raises(twirp.TwirpError) as refused:
        twirp.ask(server, "RoomService/NoSuchMethod", {})
    assert (refused.value.status, refused.value.code) == (404, "bad_route")
