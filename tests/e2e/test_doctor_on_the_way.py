"""`lktui doctor` where something stands between it and a good server; pieces are in contract/."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.results import Run, read
from tests.e2e.test_doctor import examined, failed
from tests.support.certificates import LOCALHOST, Authority
from tests.support.livekit_server import LiveKitServer, server_binary
from tests.support.program import Program, echo_profile, rooms_of
from tests.support.relay import Relay, with_clock
from tests.support.server import Server

pytestmark = pytest.mark.full


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Give an authority that nobody trusts yet."""
    return Authority(tmp_path)


def port_of(server: Server) -> int:
    return urlsplit(server.url).port or 0


def test_a_certificate_of_nobody_known_is_told_with_what_trusts_it(
    program: Program, server_at_hand: Server, prefix: str, authority: Authority
) -> None:
    with Relay(port_of(server_at_hand), tls=authority.server()) as front:
        secure = echo_profile(server_at_hand, prefix) | {"url": f"wss://{LOCALHOST}:{front.port}"}
        found, code = examined(program, secure)
    assert failed(found) == [("connect", "certificate_refused")]
    assert "SSL_CERT_FILE=" in found["connect"].resolution
    assert found["server"].ok is None
    assert code == 3


def test_a_certificate_that_ends_soon_is_a_doubt_and_all_else_passes(
    program: Program,
    server_at_hand: Server,
    prefix: str,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    lasts = authority.server(lasts=timedelta(days=3, hours=1))
    with Relay(port_of(server_at_hand), tls=lasts) as front:
        secure = echo_profile(server_at_hand, prefix) | {"url": f"wss://{LOCALHOST}:{front.port}"}
        found, code = examined(program, secure)
    assert (failed(found), code) == ([], 0)
    assert (found["connect"].state, found["connect"].code) == ("doubt", "certificate_ends_soon")
    assert "3 d" in found["connect"].detail
    assert "carries it" in found["webrtc"].detail
    assert rooms_of(server_at_hand, prefix) == set()


@pytest.mark.parametrize("case", [(-130.0, "failed", "2 min"), (30.0, "doubt", "behind")])
def test_a_clock_that_is_off_is_told(
    program: Program, server_at_hand: Server, prefix: str, case: tuple[float, str, str]
) -> None:
    off_s, state, words = case
    with Relay(port_of(server_at_hand), answers=with_clock(off_s)) as front:
        profile = echo_profile(server_at_hand, prefix) | {"url": f"ws://{LOCALHOST}:{front.port}"}
        found, _ = examined(program, profile)
    assert (found["clock"].state, found["clock"].code) == (state, "clock_off")
    assert words in found["clock"].detail
    assert "clock" in found["clock"].resolution


@pytest.fixture
def unreachable_media(livekit_server: LiveKitServer, tmp_path: Path) -> Iterator[LiveKitServer]:
    """Run a server whose media are where nobody is; that there can be one is told by another."""
    del livekit_server
    nowhere, only = "203.0.113.7", "interfaces: {includes: [lo]}"
    with LiveKitServer(server_binary(), tmp_path / "log", node_ip=nowhere, rtc=only) as server:
        yield server


def test_media_that_do_not_come_through_are_told_apart_from_signalling(
    program: Program, unreachable_media: LiveKitServer, prefix: str
) -> None:
    found, code = examined(program, echo_profile(unreachable_media, prefix))
    assert failed(found) == [("webrtc", "media_blocked")]
    assert found["websocket"].state == "ok"
    assert "UDP" in found["webrtc"].resolution
    assert code == 3
    assert rooms_of(unreachable_media, prefix) == set()


def test_a_conversation_whose_media_do_not_come_through_does_not_blame_the_address(
    program: Program, unreachable_media: LiveKitServer, prefix: str
) -> None:
    program.save_profile("echo", echo_profile(unreachable_media, prefix))
    done = program.run("probe", "echo", "--json")
    run = read(done, Run)
    assert (done.exit_code, run.code, run.outcome) == (3, "media_blocked", "connect_failed")
    assert "URL" not in done.stderr
    assert rooms_of(unreachable_media, prefix) == set()
