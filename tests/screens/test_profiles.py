"""Profiles: the list, its stories, and what can be done with a row."""

from __future__ import annotations

import pytest

from lktui.core.commands import StartSession
from lktui.widgets.list_table import ListTable
from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard
from tests.support.scenes import Conversation

BROKEN = "url = 'htp://tokyo.example.net'\n"
TOKEN = """
url = "wss://gateway.example.org"
auth_mode = "token"
token_url = "https://tokens.example.org/new"
"""


async def test_each_profile_is_a_row_with_its_last_outcome(make: Make) -> None:
    board = make({"staging": STAGING, "broken": BROKEN, "partner": TOKEN})
    async with board.running((80, 24)):
        await board.hear(*Conversation("7f3a02").ready())
        rows = board.lines[2:5]
    assert rows[0].startswith("  ▲ 3 faults in the file  broken            –             –")
    assert rows[1].startswith("▌ ○ never tried           partner           any")
    assert rows[2].startswith("  ● ready 0.41 s          staging           checkout      voice-st")


async def test_a_broken_file_tells_its_faults_and_its_place(make: Make) -> None:
    board = make({"broken": BROKEN})
    async with board.running((80, 24)):
        assert "url: it does not begin with wss://" in board.text
        assert "file   profiles/broken.toml, 0600" in board.text
        await board.press("s")
        assert board.status.endswith("not now: its file has faults")
        assert not board.engine.asked(StartSession)


async def test_s_uses_the_profile_starts_and_goes_to_live(make: Make) -> None:
    board = make({"other": STAGING, "staging": STAGING})
    async with board.running((80, 24)):
        await board.press("j", "s")
        (started,) = board.engine.asked(StartSession)
        assert started.profile.name == "staging"
        assert board.controller.profile_in_use == "staging"
        assert board.controller.focus == started.session
        assert board.app.current_mode == "live"


async def test_enter_uses_the_profile(make: Make) -> None:
    board = make({"other": STAGING, "staging": STAGING})
    async with board.running((80, 24)):
        assert board.controller.profile_in_use == "other"
        await board.press("down", "enter")
        assert board.controller.profile_in_use == "staging"
        assert "in use: staging" in board.status


async def test_d_deletes_the_file_after_a_yes_only(dashboard: Dashboard) -> None:
    file = dashboard.paths.profiles_dir / "staging.toml"
    async with dashboard.running((80, 24)):
        await dashboard.press("d")
        assert "▲ delete profile staging?" in dashboard.text
        assert "no undo" in dashboard.text
        await dashboard.press("enter")
        assert file.exists()
        await dashboard.press("d", "y")
        assert not file.exists()
        assert "Talk to a LiveKit agent from this terminal." in dashboard.text


async def test_the_environment_is_a_profile_that_cannot_be_deleted(make: Make) -> None:
    env = {
        "LIVEKIT_URL": "ws://127.0.0.1:7880",
        "LIVEKIT_API_KEY": "devkey",
        "LIVEKIT_API_SECRET": "secret",
    }
    board = make({}, env=env)
    async with board.running((80, 24)):
        await board.press("d")
        assert board.status.endswith("not now: it comes from the environment")


async def test_a_file_that_was_mended_meanwhile_is_read_again(make: Make) -> None:
    board = make({"staging": BROKEN})
    async with board.running((80, 24)):
        await board.press("2")
        (board.paths.profiles_dir / "staging.toml").write_text(STAGING, encoding="utf-8")
        await board.press("1")
        assert "never tried" in board.text


@pytest.mark.parametrize("name", ["[bold]x[/x]", "\u202eevil", "東京-受付"])
async def test_names_of_files_are_text_and_never_markup(make: Make, name: str) -> None:
    board = make({name.replace("/", "∕"): STAGING})
    async with board.running((80, 24)):
        assert "\u202e" not in board.text
        assert len(board.lines) == 24


async def test_no_secret_is_ever_on_the_screen(make: Make) -> None:
    board = make({"staging": STAGING.replace("env:LK_STAGING_SECRET", "c4n4ry-s3cr3t")})
    async with board.running((120, 40)):
        assert "c4n4ry" not in board.text


async def test_the_profile_that_was_asked_for_is_under_the_cursor_from_the_start(
    make: Make,
) -> None:
    board = make({"other": STAGING, "staging": STAGING, "third": STAGING})
    board.controller.choose_profile("staging")
    async with board.running((80, 24)):
        assert "▌ ○ never tried           staging" in board.text
        await board.press("s")
        (started,) = board.engine.asked(StartSession)
        assert started.profile.name == "staging"


async def test_a_profile_with_faults_that_was_asked_for_is_under_the_cursor_too(
    make: Make,
) -> None:
    board = make({"staging": STAGING, "x-broken": BROKEN})
    board.controller.choose_profile("x-broken")
    async with board.running((80, 24)):
        assert "▌ ▲ 3 faults in the file  x-broken" in board.text


async def test_a_profile_that_is_not_there_is_said_with_the_nearest(make: Make) -> None:
    board = make({"other": STAGING, "staging": STAGING})
    board.controller.choose_profile("stagin")
    async with board.running((80, 24)):
        assert "there is no profile “stagin”" in board.status
        assert "staging" in board.status
        await board.press("j")
        assert "stagin" in board.status


TAGGED = STAGING + "tags = ['eu', 'prod']\n"


async def test_a_tag_is_told_and_found_by_the_filter(make: Make) -> None:
    board = make({"a": TAGGED, "b": STAGING, "c": TAGGED})
    async with board.running((80, 24)):
        assert "is     #eu #prod" in board.text
        await board.press("slash", *"#eu", "enter")
        assert [row.key for row in board.app.screen.query_one(ListTable).rows] == ["a", "c"]


async def test_all_of_a_tag_are_started_at_once_and_rooms_shows_them(make: Make) -> None:
    board = make({"a": TAGGED, "b": STAGING, "c": TAGGED, "d": TAGGED.replace("wss", "htp")})
    async with board.running((80, 24)):
        await board.press("slash", *"#eu", "enter", "*")
        assert board.status.startswith("◆ 2 marked of 2 profiles")
        assert board.footer.startswith("s Start 2 marked  esc Unmark")
        await board.press("s")
        assert [start.profile.name for start in board.engine.asked(StartSession)] == ["a", "c"]
        assert board.app.current_mode == "rooms"
        assert "starting 2 conversations" in board.status


async def test_marks_are_set_one_by_one_and_taken_back(make: Make) -> None:
    board = make({"a": TAGGED, "b": BROKEN, "c": TAGGED})
    async with board.running((80, 24)):
        await board.press("space", "space")
        assert "◆ 2 marked of 3 profiles" in board.status
        await board.press("escape")
        assert "marked" not in board.status
        await board.press("k", "space", "s")
        assert board.status.endswith("not now: none of the marked can be used")


async def test_many_conversations_are_started_after_a_yes_only(make: Make) -> None:
    board = make({f"p{number}": STAGING for number in range(7)})
    async with board.running((80, 24)):
        await board.press("*", "s")
        assert "▲ start 7 conversations?" in board.text
        await board.press("enter")
        assert not board.engine.asked(StartSession)
        await board.press("s", "y")
        assert len(board.engine.asked(StartSession)) == 7


async def test_sorted_by_outcome_what_needs_somebody_is_first(make: Make) -> None:
    board = make({"a": STAGING, "b": BROKEN, "staging": STAGING})
    async with board.running((80, 24)):
        await board.hear(*Conversation("7f3a02").ready())
        await board.press("o")
        assert next(row.key for row in board.app.screen.query_one(ListTable).rows) == "b"


async def test_a_file_that_somebody_else_changes_is_read_again_by_itself(make: Make) -> None:
    board = make({"staging": BROKEN})
    async with board.running((80, 24)):
        await board.controller.reload_if_changed()
        file = board.paths.profiles_dir / "staging.toml"
        file.write_text(STAGING, encoding="utf-8")
        await board.controller.reload_if_changed()
        await board.settled()
        assert "never tried" in board.text
