"""Masking of resolved secrets in what is logged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.profile import Secret
from lktui.engine.masked_log import MaskedFormatter
from lktui.store import resolved_secrets
from lktui.store.resolved_secrets import without_secrets
from lktui.store.secrets import resolve
from lktui.unforeseen import unforeseen

CANARY = "c4n4ry'of/a test"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolved_secrets, "_known", {})


def logged(error: Exception) -> str:
    record = logging.LogRecord(
        "lktui", logging.ERROR, "", 0, "it failed: %r", (error,), (type(error), error, None)
    )
    return MaskedFormatter().format(record)


@pytest.mark.parametrize("source", [CANARY, "env:PLANTED", "file:planted"])
def test_a_log_that_quotes_a_resolved_secret_masks_it(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("planted").write_text(CANARY)
    quoted = ValueError(f"cannot use {CANARY} here")
    assert "c4n4ry" in logged(quoted)
    resolve(Secret(source), "api_secret", {"PLANTED": CANARY})
    assert "c4n4ry" not in logged(quoted)
    assert "cannot use •••• here" in logged(quoted)


def test_a_crash_report_masks_it_too(tmp_path: Path) -> None:
    resolve(Secret(CANARY), "api_secret", {})
    log = tmp_path / "log"
    found = unforeseen(ValueError(f"cannot use {CANARY}"), log)
    assert "cannot use ••••" in log.read_text()
    assert "c4n4ry" not in f"{log.read_text()}{found}"


def test_a_header_is_masked_word_by_word() -> None:
    resolve(Secret("Bearer 0paque-t0ken"), "token_headers.Authorization", {})
    assert without_secrets("refused 0paque-t0ken") == "refused ••••"


def test_what_is_too_short_to_be_a_secret_stays_readable() -> None:
    resolve(Secret("dev"), "api_key", {})
    assert without_secrets("the dev server") == "the dev server"


@given(st.lists(st.text(min_size=6, max_size=20), min_size=1, max_size=5), st.data())
def test_of_secrets_that_hold_each_other_none_is_left(
    values: list[str], data: st.DataObject
) -> None:
    for value in values:
        resolved_secrets.note(value)
    said = data.draw(st.sampled_from(values))
    assert said not in without_secrets(f"<{said}>")
