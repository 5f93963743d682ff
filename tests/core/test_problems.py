"""Every problem says what was seen, why, and what to do."""

from __future__ import annotations

import string

import pytest

from lktui.core.problems import CATALOGUE, ExitCode, PortError, ProblemCode, problem
from lktui.core.verdict import WELL, Outcome

PLACES = {
    "agent": "echo",
    "named": " named “echo”",
    "timeout": "15s",
    "job": "AJ_1",
    "lasted": "2 s",
    "host": "h",
    "room": "r",
    "status": "403",
    "field": "token",
    "fields": "a, b",
    "what": "list_rooms",
    "name": "p",
    "nearest": "",
    "faults": "url: there is none",
    "where": "a file",
    "source": "env:X",
    "path": "/x",
    "why": "disk full",
    "remedy": "Renew it",
    "log": "the log",
    "verb": "probe",
    "text": "boom",
    "doing": "Thinking",
    "pings": "still answers pings",
    "count": "2",
    "other": "ann",
    "identity": "agent-AJ_1",
}
SEED = [
    (
        ProblemCode.CONNECT_TIMEOUT,
        "Connection timeout",
        "Network issues",
        "Verify LiveKit URL is correct",
    ),
    (
        ProblemCode.NOT_TAKEN,
        "Agent not dispatched",
        "Agent offline",
        "Check agent is deployed and registered",
    ),
    (
        ProblemCode.AUTH_FAILED,
        "Auth failed",
        "Invalid credentials",
        "Verify API key and secret",
    ),
    (
        ProblemCode.NOT_JOINED,
        "Timed out waiting for agent",
        "Agent didn't join within 15s",
        "Check agent deployment and dispatch name",
    ),
]
"""Error, cause and resolution of the specification's table "Common Errors"."""


@pytest.mark.parametrize("code", ProblemCode)
def test_every_code_has_summary_cause_and_resolution(code: ProblemCode) -> None:
    entry = CATALOGUE[code]
    assert entry.summary
    assert entry.cause
    assert entry.resolution


@pytest.mark.parametrize("code", ProblemCode)
def test_every_place_of_an_entry_is_one_that_can_be_filled(code: ProblemCode) -> None:
    entry = CATALOGUE[code]
    words = (entry.summary, entry.cause, entry.resolution)
    places = {name for text in words for _, name, _, _ in string.Formatter().parse(text) if name}
    assert places <= set(PLACES)
    assert "<" not in problem(code, **PLACES).line


@pytest.mark.parametrize(("code", "error", "cause", "resolution"), SEED, ids=lambda value: value)
def test_the_specifications_errors_keep_its_words(
    code: ProblemCode, error: str, cause: str, resolution: str
) -> None:
    found = problem(code, **PLACES)
    assert found.summary.startswith(error)
    assert found.cause.startswith(cause)
    assert found.resolution.startswith(resolution)


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (ProblemCode.AUTH_FAILED, 3),
        (ProblemCode.CONNECTION_REFUSED, 3),
        (ProblemCode.ENDPOINT_NOT_JSON, 3),
        (ProblemCode.SECRET_UNRESOLVED, 3),
        (ProblemCode.STATE_UNUSABLE, 3),
        (ProblemCode.NOT_TAKEN, 4),
        (ProblemCode.NO_REPLY, 4),
        (ProblemCode.CLEANUP_PENDING, 5),
        (ProblemCode.PROFILE_MISSING, 2),
        (ProblemCode.USAGE, 2),
        (ProblemCode.INTERRUPTED, 130),
        (ProblemCode.INTERNAL, 1),
    ],
)
def test_exit_codes_are_those_that_scripts_rely_on(code: ProblemCode, exit_code: int) -> None:
    assert problem(code).exit_code == exit_code
    assert isinstance(problem(code).exit_code, ExitCode)


def test_the_line_for_stderr_is_code_and_three_sentences() -> None:
    found = problem(ProblemCode.TOKEN_EXPIRED)
    assert found.line == (
        "token_expired: Auth failed: the token has expired. Invalid credentials: its time is over,"
        " or this computer's clock is ahead. Put a fresh token into the profile, or verify"
        " what token_url hands out; check the clock."
    )


def test_braces_from_outside_are_not_places() -> None:
    assert problem(ProblemCode.USAGE, what="{agent}", verb="{}").summary == "{agent}"


def test_an_error_of_a_port_carries_its_problem() -> None:
    found = problem(ProblemCode.NOT_FOUND, what="the room")
    assert PortError(found).problem is found
    assert str(PortError(found)) == found.line


@pytest.mark.parametrize("code", sorted(set(Outcome) - WELL - {Outcome.WAITING}))
def test_every_bad_outcome_has_a_problem_or_a_finer_one(code: Outcome) -> None:
    finer = {Outcome.CONNECT_FAILED, Outcome.AUTH_FAILED}
    assert code in finer or code.value in set(ProblemCode)
