from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lktui.commands.diagnostics import (
    fail,
    hint,
    misused,
    misused_by_argparse,
    misused_rest,
    misused_word,
    run_guarded,
)
from lktui.core.commands import RunDoctor
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile, Secret

CANARY = "canary-5f3e-value"


def test_a_failure_is_one_line_on_stderr_and_its_exit_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fail(problem(ProblemCode.AUTH_FAILED)) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("auth_failed: Auth failed: ")
    assert err.count("\n") == 1


def test_hints_are_left_out_when_only_results_are_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hint("first", quiet=False)
    hint("second", quiet=True)
    assert capsys.readouterr().err == "first\n"


def test_a_misuse_says_where_help_is() -> None:
    assert misused("What").line.endswith("See `lktui --help`.")
    assert misused("What", verb="profiles add").line.endswith("See `lktui profiles add --help`.")
    assert misused("What").exit_code == 2


def test_an_unknown_word_names_the_nearest_or_all_that_are_known() -> None:
    assert "the closest is probe" in misused_word("verb", "prob", ["probe", "cleanup"]).cause
    assert misused_word("verb", "xyz", ["probe", "cleanup"]).cause == "known are probe, cleanup"


@pytest.mark.parametrize(
    "choices", ["choose from 'list', 'show'", "choose from list, show"], ids=["3.11", "3.13"]
)
def test_a_choice_is_told_by_argparse_in_two_ways(choices: str) -> None:
    found = misused_by_argparse(f"argument ACTION: invalid choice: 'lst' ({choices})", "profiles")
    assert found.line == (
        "usage: Unknown action “lst”. the closest is list. See `lktui profiles --help`."
    )


def test_an_unknown_option_is_named_without_what_follows_it() -> None:
    rest = [f"--api-secrt={CANARY}", CANARY]
    found = misused_rest(rest, "usage: [--api-secret SECRET] [--url URL]", "profiles add")
    assert "--api-secret" in found.cause
    assert CANARY not in found.line
    assert CANARY not in misused_rest([CANARY], "", "").line


def test_a_verb_that_ends_well_gives_its_code(tmp_path: Path) -> None:
    assert run_guarded(lambda: 4, tmp_path / "log") == 4


def test_problems_and_interrupts_become_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def raise_problem() -> int:
        raise PortError(problem(ProblemCode.NO_API_KEY))

    def interrupt() -> int:
        raise KeyboardInterrupt

    assert run_guarded(raise_problem, tmp_path / "log") == 3
    assert run_guarded(interrupt, tmp_path / "log") == 130
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["no_api_key", "interrupted"]
    assert not (tmp_path / "log").exists()


def fail_unforeseen() -> int:
    raise RuntimeError("odd eyJhbGciOi.eyJzdWIi.sig\x1b[31m")


def test_the_unforeseen_goes_to_the_log_and_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    assert run_guarded(fail_unforeseen, log) == 1
    err = capsys.readouterr().err
    assert err.startswith("internal: ")
    assert str(log) in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert "fail_unforeseen" in log.read_text()
    assert "eyJhbGciOi" not in err + log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_crash_report_holds_no_secret_of_the_profile_that_it_is_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = "canary-5d1e"
    profile = Profile(
        name="shop",
        url="wss://h",
        api_key=Secret(canary),
        api_secret=Secret(canary),
        token=Secret(canary),
        token_url=f"https://h/t?key={canary}",
        token_headers=(("Authorization", Secret(canary)),),
        token_body=f'{{"password": "{canary}"}}',
    )

    def fail() -> int:
        held: dict[object, str] = {"a local": profile.token_url}
        try:
            return len(held[profile, profile.token_headers, profile.api_secret])
        except KeyError as error:
            raise RuntimeError(f"{RunDoctor(run='r', profile=profile)}") from error

    log = tmp_path / "log"
    assert run_guarded(fail, log) == 1
    assert "Profile('shop')" in log.read_text()
    assert canary not in log.read_text() + capsys.readouterr().err


def test_without_a_log_the_traceback_is_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_guarded(fail_unforeseen, tmp_path / "no" / "log") == 1
    assert "fail_unforeseen" in capsys.readouterr().err
