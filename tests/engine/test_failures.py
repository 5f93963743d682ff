"""What a failed call of the server API means for what it may have made."""

from __future__ import annotations

import aiohttp
import pytest
from livekit import api, rtc

from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.engine.failures import answered, limited, may_have_landed, of_connect

CUT = [
    aiohttp.ServerDisconnectedError(),
    aiohttp.ClientOSError(104, "Connection reset by peer"),
]


async def failing(error: Exception) -> Problem:
    with pytest.raises(PortError) as refused:
        async with limited(5.0, "h", "create_room"):
            raise error
    return refused.value.problem


@pytest.mark.parametrize("error", [*CUT, TimeoutError()], ids=lambda error: type(error).__name__)
async def test_a_call_that_was_cut_off_may_have_been_carried_out(error: Exception) -> None:
    found = await failing(error)
    assert may_have_landed(found)
    assert not answered(found)


@pytest.mark.parametrize(
    "error",
    [
        api.ServerError("unknown", "", status=401),
        api.ServerError("unauthenticated", "permissions denied", status=401),
        api.ServerError("resource_exhausted", "", status=429),
    ],
    ids=["wrong key", "no grant", "rate limit"],
)
async def test_a_refused_call_has_made_nothing(error: Exception) -> None:
    found = await failing(error)
    assert not may_have_landed(found)
    assert answered(found)


@pytest.mark.parametrize(
    "code",
    [
        ProblemCode.CONNECTION_REFUSED,
        ProblemCode.DNS_FAILED,
        ProblemCode.TLS_FAILED,
        ProblemCode.NOT_LIVEKIT,
        ProblemCode.PROFILE_MISSING,
        ProblemCode.SECRET_UNRESOLVED,
    ],
)
def test_a_call_that_never_reached_livekit_counts_neither_way(code: ProblemCode) -> None:
    assert not may_have_landed(problem(code))
    assert not answered(problem(code))


def test_an_expired_certificate_is_no_refused_key_whatever_its_numbers_are() -> None:
    said = (
        "engine: signal failure: IO error: invalid peer certificate: certificate expired: "
        "verification time 1795388909 (UNIX), but certificate is not valid after 1795302508 "
        "(86401 seconds ago)"
    )
    found = of_connect(rtc.ConnectError(said), "h")
    assert found.code is ProblemCode.CERTIFICATE_REFUSED
    assert "Renew" in found.resolution
