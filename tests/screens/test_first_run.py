"""The first run: no profile yet, and the ways to one; the import page that two of them open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from lktui.core.commands import StartSession
from lktui.core.profile import Secret
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING

SIZES = [(80, 24), (120, 40)]
CANARY = "c4n4ry-s3cr3t"
LK = f"""\
default_project: prod
projects:
    - name: staging
      url: wss://staging-abc.livekit.cloud
      api_key: APIabc
      api_secret: {CANARY}
    - name: prod
      url: wss://prod-abc.livekit.cloud
      api_key: APIdef
      api_secret: {CANARY}
"""


@pytest.fixture
def lk_config(isolated_home: Path) -> Path:
    path = isolated_home / ".livekit/cli-config.yaml"
    path.parent.mkdir()
    path.write_text(LK)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start lktui in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("lk_config")
async def test_a_first_run_offers_the_ways_with_a_key_each(
    make: Make, size: tuple[int, int]
) -> None:
    board = make({})
    async with board.running(size):
        await board.looked()
        assert "Talk to a LiveKit agent from this terminal." in board.text
        assert (
            "    i  import from the lk command  2 projects found: prod (default), stag"
            in board.text
        )
        assert "    u  use the environment         LIVEKIT_URL is not set" in board.text
        assert "    p  play with the demo          a server and agents inside" in board.text
        assert "    a  add one by hand             URL, key, secret, agent name" in board.text
        assert board.footer.startswith("i Import  u Environment  p Demo  a Add")
        assert "○ no profile" in board.lines[0]
        assert "last outcome" not in board.text


async def test_without_anything_to_import_it_says_so(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.looked()
        assert "none found; takes a file or a paste too" in board.text
        await board.press("i")
        assert "No project of the lk command, no LIVEKIT_ variables, no .env here." in board.text
        await board.press("enter")
        assert board.status.endswith("not now: nothing is marked")
        await board.press("escape")
        assert "There is none yet." in board.text


@pytest.fixture
def broken_lk_config(lk_config: Path) -> None:
    lk_config.write_text("projects:\n  - name: a\n bad\n")


@pytest.mark.usefixtures("broken_lk_config")
async def test_a_broken_configuration_of_lk_is_told_with_its_line(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.looked()
        assert "~/.livekit/cli-config.yaml: line 3: it is" in board.text
        await board.press("i")
        assert "line 3: it is not valid YAML" in board.status


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.usefixtures("lk_config")
async def test_two_keys_import_all_and_a_third_starts_the_default(
    make: Make, size: tuple[int, int]
) -> None:
    board = make({})
    async with board.running(size):
        await board.press("i")
        assert "◆ ● new             prod (default)" in board.text
        assert "2 of 2 marked" in board.status
        assert "secrets        copied: api_key, api_secret" in board.text
        assert CANARY not in board.text
        await board.press("enter")
        assert board.status.endswith("wrote 2 profiles; e names the agent, s starts")
        assert board.controller.profile_in_use == "prod"
        await board.press("s")
        (started,) = board.engine.asked(StartSession)
        assert started.profile.name == "prod"
        assert started.profile.api_secret == Secret(CANARY)


@pytest.mark.usefixtures("lk_config")
async def test_what_is_unmarked_is_not_written(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("i", "j", "space")
        assert "1 of 2 marked" in board.status
        await board.press("enter")
        assert [file.name for file in board.controller.profiles] == ["prod"]


@pytest.mark.usefixtures("lk_config")
async def test_leaving_the_page_writes_nothing(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("i", "escape")
        assert board.controller.profiles == ()


@pytest.mark.usefixtures("lk_config")
async def test_what_exists_is_neither_marked_nor_overwritten(make: Make) -> None:
    board = make({"prod": STAGING})
    async with board.running((80, 24)):
        await board.press("i")
        assert "▲ name taken      prod (default)" in board.text
        assert "Another profile has this name; it stays" in board.text
        await board.press("space")
        assert board.status.endswith("not now: prod: name taken")
        await board.press("enter")
        assert (board.paths.profiles_dir / "prod.toml").read_text() == STAGING


async def test_u_saves_what_a_dotenv_says(make: Make, folder: Path) -> None:
    (folder / ".env").write_text(
        f"LIVEKIT_URL=wss://here.example.net\nLIVEKIT_API_KEY=APIx\nLIVEKIT_API_SECRET={CANARY}\n"
    )
    board = make({})
    async with board.running((80, 24)):
        await board.looked()
        assert "LIVEKIT_URL is set in .env" in board.text
        await board.press("u")
        assert "● new             here" in board.text
        await board.press("enter")
        assert board.controller.profile_in_use == "here"


async def test_u_makes_a_file_of_the_environment_with_references(make: Make) -> None:
    env = {"LIVEKIT_URL": "ws://x", "LIVEKIT_API_KEY": "APIx", "LIVEKIT_API_SECRET": CANARY}
    board = make({}, env=env)
    async with board.running((80, 24)):
        await board.press("u")
        assert "api_secret     env:LIVEKIT_API_SECRET" in board.text
        assert "copied" not in board.text
        await board.press("enter")
        assert CANARY not in (board.paths.profiles_dir / "x.toml").read_text()


AGENT = {
    "name": "support",
    "provider": "livekit",
    "config": {"url": "wss://x", "apiKey": "k", "apiSecret": CANARY},
}


async def test_a_paste_is_read_and_never_shown(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("i")
        board.app.post_message(events.Paste(json.dumps(AGENT, indent=2)))
        await board.settled()
        assert "◆ ● new             support" in board.text
        assert CANARY not in board.text
        board.app.post_message(events.Paste("nonsense"))
        await board.settled()
        assert "what was pasted: no line sets LIVEKIT_URL" in board.status
        await board.press("enter")
        assert [file.name for file in board.controller.profiles] == ["support"]


async def test_a_paste_where_a_file_is_named_is_read_too_and_never_shown(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("i", "f")
        board.app.post_message(events.Paste(json.dumps(AGENT, indent=2)))
        await board.settled()
        assert "◆ ● new             support" in board.text
        assert CANARY not in board.text
        assert "enter Import" in board.text
        await board.press("f")
        board.app.post_message(events.Paste("absent.json"))
        await board.settled()
        assert " file  absent.json" in board.text


async def test_json_typed_where_a_file_is_named_is_read_and_not_told(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("i", "f")
        board.app.screen.query_one(Input).insert_text_at_cursor(json.dumps(AGENT))
        await board.press("enter")
        assert "◆ ● new             support" in board.text
        assert CANARY not in board.text


async def test_a_file_is_named(make: Make, folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps([AGENT, {**AGENT, "name": "b", "config": {}}]))
    board = make({})
    async with board.running((80, 24)):
        await board.press("i", "f", *"a.json", "enter")
        assert "◆ ● new             support" in board.text
        assert "▲ faults          b" in board.text
        assert "1 of 2 marked" in board.status
        await board.press("f", *"absent", "enter")
        assert "absent: it cannot be read: No such file or" in board.status
        await board.press("f", "escape", "j")
        assert "Not written: it has faults" in board.text


@pytest.mark.usefixtures("lk_config")
@pytest.mark.parametrize("size", SIZES)
async def test_the_import_page_has_a_help_of_its_own(make: Make, size: tuple[int, int]) -> None:
    board = make({})
    async with board.running(size):
        await board.press("i")
        assert board.footer.endswith("? Help")
        await board.press("question_mark")
        assert "From a file" in board.text
        await board.press("escape")
        assert "2 of 2 marked" in board.status
