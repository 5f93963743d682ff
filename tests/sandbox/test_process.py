"""The sandbox as a process: how it starts, how it ends, and what cannot end it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import msgspec
import pytest
from livekit import api

from lktui.sandbox.control import ControlError, SandboxControl
from lktui.sandbox.faults import CutSignal, Die, Freeze
from tests.support.sandbox import Sandbox

PROGRAM = [sys.executable, "-m", "lktui.sandbox"]
CHECKOUT = Path(__file__).parents[2]


class Ready(msgspec.Struct, forbid_unknown_fields=True):
    url: str
    key: str
    secret: str
    version: str


def bearer(server: Sandbox, **grants: bool) -> dict[str, str]:
    made = api.AccessToken(server.key, server.secret).with_identity("me")
    token = made.with_grants(api.VideoGrants(room="hall", **grants)).to_jwt()  # type: ignore[arg-type] # names of grants
    return {"Authorization": f"Bearer {token}"}


def http_url(server: Sandbox) -> str:
    return server.url.replace("ws", "http", 1)


def test_one_line_says_where_it_is_and_nothing_follows() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "LIVEKIT_API_SECRET"}
    done = subprocess.run(
        PROGRAM, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=True
    )
    ready = msgspec.json.decode(done.stdout.strip(), type=Ready)
    assert done.stdout.count(b"\n") == 1
    assert len(ready.secret) >= 32
    assert ready.url.startswith("ws://127.0.0.1:")
    assert b"for trying and for testing only" in done.stderr.splitlines()[0]


def test_its_help_says_what_it_is_for() -> None:
    done = subprocess.run([*PROGRAM, "--help"], capture_output=True, check=True)
    assert b"testing only" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(own_sandbox: Sandbox, number: signal.Signals) -> None:
    os.kill(own_sandbox.pid, number)
    assert own_sandbox.end() == 0


async def test_it_ends_at_once_while_clients_are_connected(
    own_sandbox: Sandbox,
) -> None:
    headers = bearer(own_sandbox, agent=True)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{own_sandbox.url}/agent", headers=headers),
    ):
        assert await asyncio.to_thread(own_sandbox.end) == 0


def test_a_port_that_is_taken_is_said(sandbox: Sandbox) -> None:
    done = subprocess.run(
        [*PROGRAM, "--port", str(sandbox.port)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == b""
    assert f"cannot listen on port {sandbox.port}".encode() in done.stderr


async def test_what_makes_no_sense_ends_its_connection_and_never_the_server(
    sandbox: Sandbox,
) -> None:
    async with aiohttp.ClientSession() as session:
        headers = bearer(sandbox, agent=True)
        for rubbish in (b"\xff\xff\xff", b""):
            async with session.ws_connect(f"{sandbox.url}/agent", headers=headers) as socket:
                await socket.send_bytes(rubbish)
                assert (await socket.receive(5)).type is aiohttp.WSMsgType.CLOSE
        async with session.get(f"{http_url(sandbox)}/") as alive:
            assert await alive.text() == "OK"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "join_request is required"),
        ("?join_request=%21", "cannot base64 decode wrapped join request"),
        ("?join_request=____", "cannot unmarshal wrapped join request"),
        ("?join_request=EgH_", "cannot unmarshal join request"),
        ("?join_request=CAESA2FiYw==", "cannot read decompressed join request"),
    ],
)
async def test_a_broken_join_request_is_told_what_is_wrong(
    sandbox: Sandbox, query: str, said: str
) -> None:
    url = f"{http_url(sandbox)}/rtc/v1/validate{query}"
    async with (
        aiohttp.ClientSession(headers=bearer(sandbox, room_join=True)) as session,
        session.get(url) as answer,
    ):
        assert (answer.status, await answer.text()) == (400, said)


@pytest.mark.parametrize("path", ["/rtc", "/rtc/validate"])
async def test_the_old_signal_protocol_is_said_to_be_unimplemented(
    sandbox: Sandbox, path: str
) -> None:
    async with aiohttp.ClientSession() as session, session.get(http_url(sandbox) + path) as got:
        assert got.status == 501
        assert "unimplemented" in await got.text()


@pytest.mark.parametrize(
    "method", ["RoomService/MoveParticipant", "Egress/ListEgress", "SIP/ListSIPTrunk"]
)
async def test_what_it_cannot_do_is_said_to_be_unimplemented(sandbox: Sandbox, method: str) -> None:
    url = f"{http_url(sandbox)}/twirp/livekit.{method}"
    headers = bearer(sandbox, room_admin=True)
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json={}) as answer,
    ):
        assert answer.status == 501
        assert json.loads(await answer.text())["code"] == "unimplemented"


def test_faults_are_for_those_who_have_the_secret(sandbox: Sandbox) -> None:
    stranger = SandboxControl(sandbox.url, sandbox.key, "another secret")
    with pytest.raises(ControlError, match="signature is invalid"):
        stranger.ask(Die())
    with pytest.raises(ControlError, match="requested room does not exist"):
        sandbox.control.ask(CutSignal(room="nowhere", identity="nobody"))


def test_a_frozen_server_answers_when_it_goes_on(own_sandbox: Sandbox) -> None:
    began = time.monotonic()
    own_sandbox.control.ask(Freeze(duration_s=0.5))
    time.sleep(0.1)  # it answers before it freezes
    own_sandbox.control.state()
    assert time.monotonic() - began > 0.5


def test_it_dies_on_request_and_starts_again_on_its_port(own_sandbox: Sandbox) -> None:
    own_sandbox.control.ask(Die())
    assert own_sandbox.wait() == 1
    url = own_sandbox.url
    own_sandbox.restart()
    assert own_sandbox.url == url
    assert own_sandbox.control.state().rooms == 0
