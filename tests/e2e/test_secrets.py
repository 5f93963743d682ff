"""Canaries in every secret field: none is in anything that is written or shown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lktui.cli import main
from lktui.core.export import Format
from tests.e2e.dashboard import dashboard
from tests.support import twirp
from tests.support.http_server import Answer, HttpServer, Request
from tests.support.program import Ended, FieldValue, Program, echo_profile, rooms_of
from tests.support.server import Server

CANARIES = {
    "header": "canary-header-8d1f",
    "body": "canary-body-77aa",
    "query": "canary-query-5c3e",
    "swapped": "canary-swapped-e0b2",
    "unused": "canary-unused-4f4f",
    "file": "canary-file-9a9a",
}


_AT_ONCE = 4
"""Verbs; they wait for the server more than they work."""


def command_lines() -> str:
    """Give the arguments of every process of this machine."""
    listed = subprocess.run(
        ["ps", "-axww", "-o", "command="],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout


class Watch:
    """All that was written and shown while the program ran."""

    def __init__(self, program: Program, secrets: dict[str, str]) -> None:
        self._program, self._secrets = program, secrets
        self.shown: dict[str, bytes] = {}

    def run(self, *words: str) -> Ended:
        """Run a verb and keep what it says."""
        done = self._program.run(*words)
        self.shown[" ".join(words)] = (done.stdout + done.stderr).encode()
        return done

    def export_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Export every session that there was, in every form."""
        folders = (
            f"--config-dir={self._program.config_dir}", f"--state-dir={self._program.state_dir}",
        )  # fmt: skip
        capsys.readouterr()
        assert main([*folders, "sessions", "--json"]) == 0
        sessions = json.loads(capsys.readouterr().out)["sessions"]
        assert {session["profile"] for session in sessions} >= {"good", "asked", "fails"}
        for session in sessions:
            for form in Format:
                words = ("export", session["id"], "--format", form.value)
                assert main([*folders, *words]) == 0
                said = capsys.readouterr()
                assert session["profile"] in said.out
                self.shown[" ".join(words)] = (said.out + said.err).encode()

    @property
    def betrayed(self) -> list[tuple[str, str]]:
        """Name each secret that was found, and where."""
        places = dict(self.shown)
        own_files = self._program.config_dir / "profiles"
        for root in (self._program.state_dir, self._program.config_dir):
            for file in root.rglob("*"):
                if file.is_file() and own_files not in file.parents:
                    places[str(file)] = file.read_bytes()
        return [
            (name, place)
            for name, secret in self._secrets.items()
            for place, content in places.items()
            if secret.encode() in content
        ]


@pytest.fixture
def profiles(
    program: Program, server_at_hand: Server, prefix: str, tmp_path: Path
) -> Iterator[tuple[Program, dict[str, str]]]:
    """Save profiles with a canary in every secret field; gives all secrets by what they are."""

    def answer(request: Request) -> Answer:
        if "fails" in request.path:
            said = f"no: {json.dumps(dict(request.headers))} {request.body}"
            return Answer(said, 500, "text/plain")
        room, identity = str(request.fields["room"]), str(request.fields["identity"])
        return Answer(json.dumps({"token": twirp.room_token(server_at_hand, room, identity)}))

    file = tmp_path / "secret"
    file.write_text(server_at_hand.secret)
    key = echo_profile(server_at_hand, prefix)
    with HttpServer(answer) as endpoint:
        asked: dict[str, FieldValue] = {
            "url": server_at_hand.url,
            "auth_mode": "token",
            "token_url": f"http://127.0.0.1:{endpoint.port}/t?key={CANARIES['query']}",
            "token_headers": {"Authorization": f"Bearer {CANARIES['header']}"},
            "token_body": {"password": CANARIES["body"]},
            "room_prefix": prefix,
            "tags": "all",
        }
        fails = str(asked["token_url"]).replace("/t?", "/fails?")
        program.save_profile("good", key | {"token": CANARIES["unused"]})
        program.save_profile("by-file", key | {"api_secret": f"file:{file}"})
        program.save_profile(
            "swapped", key | {"api_key": CANARIES["swapped"], "api_secret": "APIshort"}
        )
        program.save_profile("wrong", key | {"api_secret": CANARIES["file"]})
        program.save_profile("asked", asked)
        program.save_profile("fails", asked | {"token_url": fails})
        yield program, CANARIES | {"secret": server_at_hand.secret}
    for room in rooms_of(server_at_hand, prefix):
        twirp.delete_room(server_at_hand, room)


def test_no_secret_is_in_anything_that_verbs_write_or_show(
    profiles: tuple[Program, dict[str, str]],
    echo_at_hand: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del echo_at_hand
    program, secrets = profiles
    if len(secrets["secret"]) < len("devkey and secret"):
        secrets = {name: one for name, one in secrets.items() if name != "secret"}
    watch = Watch(program, secrets)
    names = ("good", "by-file", "swapped", "wrong", "asked", "fails")
    said = ("--say", "hello", "--log-level", "debug", "--json")
    # On a busy machine the room may be left to the queue, which this is not about.
    assert watch.run("probe", "good", *said).exit_code in {0, 5}
    watch.run("probe", *names[1:], "--jobs", "6", "--log-level", "debug")
    verbs: list[tuple[str, ...]] = [("doctor", name, "--log-level", "debug") for name in names]
    verbs += [("profiles", "show", name, "--json") for name in names]
    verbs += [("profiles", "list", "--json"), ("rooms", "--profile", "good", "--json")]
    verbs += [("cleanup", "list", "--json")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda words: watch.run(*words), verbs))
    watch.export_all(capsys)
    assert watch.betrayed == []
    logged = "".join(file.read_text() for file in program.state_dir.glob("*.log"))
    assert " DEBUG " in logged


@pytest.mark.parametrize("name", ["asked", "fails", "swapped"])
def test_no_secret_is_on_the_screen_or_in_any_command_line(
    profiles: tuple[Program, dict[str, str]], name: str
) -> None:
    program, secrets = profiles
    watch = Watch(program, {key: one for key, one in secrets.items() if key != "secret"})
    with dashboard(program, "--profile", name) as terminal:
        terminal.wait_for(f"in use: {name}")
        terminal.send("t")
        terminal.wait_for(f"test {name}")
        terminal.wait_for(lambda t: "running" not in t.text())
        watch.shown["processes"] = command_lines().encode()
        terminal.send("e")
        terminal.wait_for(f"edit {name}")
        for _ in range(12):
            terminal.send("\t")
            terminal.pump(0.05)
        watch.shown["terminal"] = terminal.received
    assert watch.betrayed == []
