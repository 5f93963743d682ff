"""What the real SDK and the doctor say of a server's certificate, and what people are to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lktui.clock import SystemClock
from lktui.core.problems import PortError, ProblemCode
from lktui.engine.doctor.case import Opened
from lktui.engine.doctor.network import SystemNetwork
from tests.contract.refusals import Credentials, not_asked, not_joined
from tests.support import twirp
from tests.support.certificates import LOCALHOST, Authority
from tests.support.relay import Relay

_NOBODY = 1
"""A port where nobody listens: no byte comes so far."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give an authority that is trusted by whom `SSL_CERT_FILE` tells."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Trust the authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


async def opened(port: int) -> Opened:
    network = SystemNetwork(SystemClock())
    return await network.open(LOCALHOST, LOCALHOST, port, tls=True, shown="the-host")


async def test_a_certificate_of_nobody_known_is_told_by_all(authority: Authority) -> None:
    with Relay(_NOBODY, tls=authority.server()) as server:
        address = f"wss://{LOCALHOST}:{server.port}"
        token = twirp.room_token(Credentials(address), "r", "person")
        with pytest.raises(PortError) as raised:
            await opened(server.port)
        found = [raised.value.problem, await not_joined(address, token)]
        found.append(await not_asked(Credentials(address)))
    assert {one.code for one in found} == {ProblemCode.CERTIFICATE_REFUSED}
    assert all("SSL_CERT_FILE=" in one.resolution for one in found), found


@pytest.mark.parametrize(
    ("host", "days", "cause", "do"),
    [
        (LOCALHOST, -1, "it has expired", "Renew"),
        ("elsewhere.example", 90, "it is for another host", "LiveKit URL"),
    ],
)
async def test_a_certificate_that_is_not_good_any_more_or_not_here_is_told(
    trusted: Authority, host: str, days: int, cause: str, do: str
) -> None:
    with Relay(_NOBODY, tls=trusted.server(host=host, lasts=timedelta(days=days))) as server:
        address = f"wss://{LOCALHOST}:{server.port}"
        token = twirp.room_token(Credentials(address), "r", "person")
        with pytest.raises(PortError) as raised:
            await opened(server.port)
        for found in (raised.value.problem, await not_joined(address, token)):
            assert found.code is ProblemCode.CERTIFICATE_REFUSED
            assert cause in found.cause
            assert do in found.resolution


async def test_a_good_certificate_says_how_long_it_is_valid(trusted: Authority) -> None:
    with Relay(_NOBODY, tls=trusted.server(lasts=timedelta(days=3))) as server:
        found = await opened(server.port)
    assert found.tls_version.startswith("TLS 1.")
    assert found.ends_at is not None
    assert found.ends_at - SystemClock().wall() == pytest.approx(3 * 86_400, abs=60)
