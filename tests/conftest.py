"""What holds for every test: a home of its own, and the options of the test command."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.scheduling", "tests.support.servers"]

_BENCH = Path(__file__).parent / "bench"
_HOMES = {
    "HOME": "",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_RUNTIME_DIR": "run",
    "XDG_STATE_HOME": "state",
    "LKTUI_CONFIG_DIR": "lktui-config",
    "LKTUI_STATE_DIR": "lktui-state",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose what runs."""
    group = parser.getgroup("lktui")
    group.addoption("--full", action="store_true", help="run the slow cases too")
    group.addoption("--bench", action="store_true", help="run the benchmarks (tests/bench)")


def pytest_configure(config: pytest.Config) -> None:
    """Let programs keep their bytecode, without which each starts 1 s later; choose examples.

    How long an example takes says more of the machine than of the code.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    settings.register_profile(
        "plain", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.register_profile("full", settings.get_profile("plain"), max_examples=100)
    settings.load_profile("full" if config.getoption("--full") else "plain")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the benchmarks alone unless they are asked for."""
    if collection_path == _BENCH and not config.getoption("--bench"):
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what its option did not ask for."""
    for name in ("full", "bench"):
        if not config.getoption(f"--{name}"):
            skip = pytest.mark.skip(reason=f"runs with --{name}")
            for item in items:
                if item.get_closest_marker(name):
                    item.add_marker(skip)


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep a developer's own profiles, settings and servers out of the tests."""
    home = tmp_path / "home"
    for variable, folder in _HOMES.items():
        monkeypatch.setenv(variable, str(home / folder))
    for variable in os.environ:
        if variable.startswith("LIVEKIT_") or variable == "NO_COLOR":
            monkeypatch.delenv(variable)
    home.mkdir()
    return home
