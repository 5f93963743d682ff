"""What all tests of screens share: an app with a fake engine, in virtual time, in a fixed zone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from textual.app import App

from tests.support.dashboard import STAGING, Dashboard
from tests.support.parsed_once import parse_rules
from tests.support.settling import ScreenLoop, run_textual_in_loop_time

Make = Callable[..., Dashboard]


class Compare(Protocol):
    """Takes a picture and compares it with the one on file; `--snapshot-update` files it."""

    def __call__(
        self, app: App[None], *, terminal_size: tuple[int, int], run_before: object
    ) -> bool: ...


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], ScreenLoop]]:
    """Give every screen a loop that waits for threads only."""
    del config, item
    return {"screen": ScreenLoop}


@pytest.fixture(autouse=True)
def _textual(monkeypatch: pytest.MonkeyPatch) -> None:
    run_textual_in_loop_time(monkeypatch)
    monkeypatch.setattr("textual.css.stylesheet.Stylesheet._parse_rules", parse_rules)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a dashboard; by default with the profile `staging`, in the default theme."""

    def made(
        profiles: dict[str, str] | None = None,
        *,
        theme: str = "lktui-dark",
        env: dict[str, str] | None = None,
    ) -> Dashboard:
        files = {"staging": STAGING} if profiles is None else profiles
        return Dashboard(tmp_path / "lktui", files, theme, env or {})

    return made


@pytest.fixture
def dashboard(make: Make) -> Dashboard:
    """Give a dashboard with one profile."""
    return make()
