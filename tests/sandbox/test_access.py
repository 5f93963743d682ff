from __future__ import annotations

import time
from collections.abc import Mapping

import jwt
import pytest

from lktui.sandbox.access import Access, AccessError, Grants, Video

KEY = "devkey"
SECRET = "a secret that is long enough for HS256, or PyJWT warns"
ACCESS = Access(KEY, SECRET)
NOW = 1_800_000_000.0
JOIN = Grants(identity="me", video=Video(room="hall", room_join=True))


def signed(claims: Mapping[str, object], secret: str = SECRET) -> str:
    return jwt.encode({"iss": KEY, **claims}, secret, algorithm="HS256")


def refusal(token: str, now_s: float = NOW) -> str:
    with pytest.raises(AccessError) as refused:
        ACCESS.check(token, now_s)
    assert refused.value.status == 401
    return refused.value.message


def test_a_good_token_grants_what_it_says() -> None:
    token = signed(
        {
            "sub": "me",
            "exp": NOW + 60,
            "attributes": {"colour": "red"},
            "video": {"roomJoin": True, "room": "hall", "canPublishData": False},
        }
    )
    grants = ACCESS.check(token, NOW)
    assert grants.require_join() == "hall"
    assert grants.identity == "me"
    assert grants.attributes == {"colour": "red"}
    assert grants.video is not None
    assert grants.video.can_publish_data is False
    assert grants.video.can_publish is None


def test_what_is_signed_here_is_good_here() -> None:
    assert ACCESS.check(ACCESS.sign(JOIN, 60), time.time()) == JOIN


def test_a_refusal_is_worded_as_by_the_real_server() -> None:
    assert refusal("no token") == "invalid authorization token"
    other_key = jwt.encode({"iss": "other"}, SECRET, algorithm="HS256")
    assert refusal(other_key) == "invalid API key: other"
    wrong = signed({}, "another secret that is long enough for HS256")
    why = "token signature is invalid: signature is invalid"
    assert refusal(wrong) == f"invalid token: {wrong}, error: {why}"
    old = signed({"exp": NOW - 3600})
    why = "token has invalid claims: token is expired"
    assert refusal(old) == f"invalid token: {old}, error: {why}"
    early = signed({"nbf": NOW + 3600})
    why = "token has invalid claims: token is not valid yet"
    assert refusal(early) == f"invalid token: {early}, error: {why}"


def test_a_minute_of_leeway_is_given_on_both_ends() -> None:
    token = signed({"nbf": NOW, "exp": NOW + 100})
    for good in (NOW - 59, NOW + 159):
        ACCESS.check(token, good)
    for bad in (NOW - 61, NOW + 161):
        refusal(token, bad)


@pytest.mark.parametrize("claims", [{"video": 7}, {"sub": {}}, {"attributes": {"a": 1}}])
def test_claims_of_the_wrong_type_are_refused(claims: dict[str, object]) -> None:
    assert "error: " in refusal(signed(claims))


def test_the_header_comes_before_the_query() -> None:
    good = ACCESS.sign(JOIN, 60)
    assert ACCESS.grants(f"Bearer {good}", None, time.time()) == JOIN
    assert ACCESS.grants(None, good, time.time()) == JOIN
    assert ACCESS.grants(None, None, NOW) == Grants()
    with pytest.raises(AccessError, match="Must start with Bearer"):
        ACCESS.grants("Basic abc", good, NOW)


def test_no_grant_is_taken_for_another() -> None:
    nothing = Grants(identity="me")
    empty = Grants(identity="me", video=Video())
    for grants in (nothing, empty):
        for require in (
            grants.require_join,
            grants.require_create,
            grants.require_list,
            grants.require_agent,
            lambda grants=grants: grants.require_admin("hall"),
        ):
            with pytest.raises(AccessError, match="permissions denied"):
                require()


def test_an_admin_of_one_room_is_none_of_another() -> None:
    admin = Grants(video=Video(room="hall", room_admin=True))
    admin.require_admin("hall")
    with pytest.raises(AccessError, match="permissions denied"):
        admin.require_admin("kitchen")


def test_to_join_takes_a_name_and_a_room() -> None:
    for grants in (
        Grants(video=Video(room="hall", room_join=True)),
        Grants(identity="me", video=Video(room_join=True)),
    ):
        with pytest.raises(AccessError) as refused:
            grants.require_join()
        assert refused.value.status == 400
