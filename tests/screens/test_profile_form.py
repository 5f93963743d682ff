"""The form: all fields by keys alone, faults as one types, and nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.screens.conftest import Make
from tests.support.dashboard import STAGING, Dashboard

SIZES = [(80, 24), (120, 40), (60, 15)]
CANARY = "c4n4ry-s3cr3t"
COMMENTED = STAGING + "# mine\nfuture_key = 1\n"


def fields(board: Dashboard) -> str:
    return "\n".join(board.lines[2:-6])


async def test_a_makes_a_profile_by_keys_alone(make: Make) -> None:
    board = make({})
    async with board.running((80, 24)):
        await board.press("a")
        assert "── new profile" in board.lines[1]
        await board.press(*"mine", "tab", *"ws://127.0.0.1:7880", "tab", "tab", *"devkey", "tab")
        await board.press(*CANARY, "down", "right", "down", *"support", "enter")
        assert board.status.endswith("saved: mine; t tests it")
        assert board.controller.profile_in_use == "mine"
    profile = board.controller.profile("mine")
    assert profile is not None
    assert profile.agent_name == "support"
    assert CANARY in (board.paths.profiles_dir / "mine.toml").read_text()


@pytest.mark.parametrize("size", SIZES)
async def test_every_field_can_be_reached_and_is_explained(
    make: Make, size: tuple[int, int]
) -> None:
    board = make()
    async with board.running(size):
        await board.press("e")
        seen = []
        for _ in range(30):
            rule = next(row for row in board.lines[3:] if row.startswith("── "))
            name = rule.split()[1]
            assert any(row.startswith(f"▌{name}") for row in board.lines)
            seen.append(name)
            if name == "name":
                break
            await board.press("tab")
        assert seen[0] == "url"
        assert {"api_secret", "agent_name", "join_timeout", "tags"} <= set(seen)
        assert all(board.cells(row) == size[0] for row in range(size[1]))


async def test_faults_stand_beside_their_fields_as_one_types(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("e", "home")
        assert "fault" not in dashboard.lines[1]
        await dashboard.press("delete")
        assert "✗ 1 fault" in dashboard.lines[1]
        assert "✗ does not begin with wss" in fields(dashboard)
        assert "✗ It does not begin with wss://, ws://" in dashboard.text
        assert "do     Begin it with one of them" in dashboard.text
        await dashboard.press("w")
        assert "fault" not in dashboard.lines[1]


async def test_a_form_with_faults_is_not_saved_and_goes_to_the_first(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("e", "home", "delete", "tab", "tab", "enter")
        assert dashboard.status.startswith("✗ not saved: 1 fault")
        assert any(row.startswith("▌url") for row in dashboard.lines)
    assert (dashboard.paths.profiles_dir / "staging.toml").read_text() == STAGING


async def test_comments_and_unknown_keys_survive_a_save(make: Make) -> None:
    board = make({"staging": COMMENTED})
    async with board.running((80, 24)):
        await board.press("e", *".org", "enter")
    expected = COMMENTED.replace("example.net", "example.net.org")
    assert (board.paths.profiles_dir / "staging.toml").read_text() == expected


async def test_esc_asks_only_if_something_would_be_lost(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("e", "escape")
        assert "last outcome" in dashboard.text
        await dashboard.press("e", "x", "escape")
        assert "▲ leave without saving?" in dashboard.text
        assert "url   is not saved" in dashboard.text
        await dashboard.press("enter")
        assert "── edit staging" in dashboard.lines[1]
        await dashboard.press("escape", "y")
        assert "last outcome" in dashboard.text
    assert (dashboard.paths.profiles_dir / "staging.toml").read_text() == STAGING


async def test_secrets_are_masked_with_length_source_and_suspicion(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("APIwrong\n")
    text = STAGING.replace("APIabc", CANARY).replace(
        "env:LK_STAGING_SECRET", f"file:{tmp_path}/key"
    )
    board = make({"staging": text})
    async with board.running((120, 40)):
        await board.press("e")
        assert CANARY not in board.text
        assert f"literal, {len(CANARY)} characters" in fields(board)
        assert "▲ begins with API: swapped?" in fields(board)
        await board.press("tab", "tab", *"typed")
        assert "typed" not in fields(board)
        assert f"literal, {len(CANARY) + 5} characters" in fields(board)


async def test_a_reference_is_shown_with_what_it_leads_to(make: Make) -> None:
    board = make(env={"LK_STAGING_SECRET": CANARY})
    async with board.running((80, 24)):
        await board.press("e")
        assert "env:LK_STAGING_SECRET          env: is set, 13 characters" in fields(board)
        await board.press("tab", "tab", "tab", "X")
        assert "▲ env: the variable is not" in fields(board)
        assert CANARY not in board.text


async def test_headers_and_body_show_names_only(make: Make) -> None:
    text = f"""
url = "ws://x"
auth_mode = "token"
token_url = "https://x"
token_headers = {{Authorization = "{CANARY}"}}
token_body = {{account = "{CANARY}"}}
"""
    board = make({"staging": text})
    async with board.running((80, 24)):
        await board.press("e")
        for _ in range(20):
            assert CANARY not in board.text
            await board.press("tab")
        assert "Authorization: ••••" in fields(board)
        assert "account: ••••" in fields(board)


async def test_only_the_fields_of_the_chosen_mode_are_shown(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("e", "tab")
        assert "api  token" not in fields(dashboard)
        assert "‹ api ›  token" in fields(dashboard)
        assert "token_url" not in fields(dashboard)
        await dashboard.press("space")
        assert "api  ‹ token ›" in fields(dashboard)
        assert "token_url" in fields(dashboard)
        await dashboard.press("left")
        assert "‹ api ›  token" in fields(dashboard)


async def test_c_makes_a_new_profile_from_a_copy(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("c")
        assert "▌name                 staging-copy" in dashboard.text
        await dashboard.press("enter")
        assert "▌ ○ never tried           staging-copy" in dashboard.text
    assert len(dashboard.controller.profiles) == 2


async def test_what_was_saved_is_under_the_cursor_whatever_the_filter(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("/", *"voice", "enter", "a", *"mine", "tab", *"ws://x", "tab", "tab")
        await dashboard.press(*"devkey", "tab", *CANARY, "enter")
        assert dashboard.status.endswith("saved: mine; t tests it")
        assert "▌ ○ never tried           mine" in dashboard.text


async def test_the_profile_of_the_environment_can_be_copied_not_edited(make: Make) -> None:
    env = {"LIVEKIT_URL": "ws://x", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": CANARY}
    board = make({}, env=env)
    async with board.running((80, 24)):
        await board.press("e")
        assert board.status.endswith("not now: it comes from the environment")
        await board.press("c", "enter")
        assert "from-env" in board.text
    text = (board.paths.profiles_dir / "from-env.toml").read_text()
    assert 'api_secret = "env:LIVEKIT_API_SECRET"' in text


async def test_a_new_name_renames_the_file_and_it_stays_in_use(make: Make) -> None:
    board = make({"other": STAGING, "staging": STAGING})
    async with board.running((80, 24)):
        await board.press("j", "enter", "e", "up", *"-2", "enter")
        assert "saved: staging-2" in board.status
    assert [file.name for file in board.controller.profiles] == ["other", "staging-2"]
    assert board.controller.profile_in_use == "staging-2"


async def test_a_file_with_faults_is_mended_in_the_form(make: Make) -> None:
    board = make({"staging": STAGING.replace("wss://", "htp://")})
    async with board.running((80, 24)):
        await board.press("e")
        assert "✗ 1 fault" in board.lines[1]
        await board.press("home", *["delete"] * 3, *"ws", "enter")
        assert "saved: staging" in board.status


async def test_a_file_that_is_no_toml_is_for_the_editor(make: Make) -> None:
    board = make({"staging": "url = "})
    async with board.running((80, 24)):
        await board.press("e")
        assert "The profile “staging” has faults" in board.status
        assert "last outcome" in board.text


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    dashboard: Dashboard,
) -> None:
    file = dashboard.paths.profiles_dir / "staging.toml"
    theirs = STAGING.replace("voice-staging", "theirs")
    async with dashboard.running((80, 24)):
        await dashboard.press("e", *".org")
        file.write_text(theirs)
        await dashboard.press("enter")
        assert "✗ “staging” was not saved" in dashboard.status
        assert file.read_text() == theirs
        assert "net.org" in fields(dashboard)


async def test_a_file_that_has_gone_meanwhile_is_written_anew(dashboard: Dashboard) -> None:
    file = dashboard.paths.profiles_dir / "staging.toml"
    async with dashboard.running((80, 24)):
        await dashboard.press("e", *".org")
        file.unlink()
        await dashboard.press("enter")
        assert "its file has gone; enter writes it anew" in dashboard.status
        await dashboard.press("enter")
        assert "saved: staging" in dashboard.status
    assert "voice-staging.example.net.org" in file.read_text()


async def test_text_of_several_lines_is_left_to_the_editor(make: Make) -> None:
    board = make({"staging": STAGING + 'metadata = "a\\nb"\n'})
    async with board.running((80, 24)):
        await board.press("e", *["tab"] * 6)
        assert "several lines: edit" in fields(board)
        await board.press("x", "enter")
        assert "saved: staging" in board.status
    profile = board.controller.profile("staging")
    assert profile is not None
    assert profile.metadata == "a\nb"


async def test_hostile_values_are_text(make: Make) -> None:
    board = make({"staging": STAGING + 'description = "[/x]\\u001b[31m\\u202e 東京"\n'})
    async with board.running((80, 24)):
        await board.press("e", "up", "up")
        assert "\x1b" not in board.text
        assert "\u202e" not in board.text
        assert all(board.cells(row) == 80 for row in range(24))
