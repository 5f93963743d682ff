import importlib.util
from collections.abc import Sequence
from pathlib import Path

import pytest

from lktui.cli import main
from lktui.commands.demo_profiles import demo_profiles
from lktui.core.profile import Secret
from lktui.store.journal import Journal
from lktui.store.owners import engine_at_work
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore


def exit_code(*words: str) -> int:
    return main(list(words))


def without(monkeypatch: pytest.MonkeyPatch, missing: Sequence[str]) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in missing else find(name)
    )


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, ("aiortc",))
    assert exit_code("demo", "--headless") == 2
    assert capsys.readouterr().err == (
        "demo_missing: The demo is not installed. its server needs aiortc: the"
        " extra `demo`. Install lktui[demo], or name a real server: `lktui demo --server PATH`.\n"
    )


def test_without_a_terminal_there_is_only_the_headless_demo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_code("demo") == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_every_demo_profile_can_be_saved_and_used(tmp_path: Path) -> None:
    store = ProfileStore(Paths.of(str(tmp_path / "config"), str(tmp_path / "state")), {})
    for profile in demo_profiles("ws://127.0.0.1:7880", "key", "secret"):
        store.add(profile)
    entries = store.list()
    assert [entry.faults for entry in entries] == [()] * len(entries)
    assert {entry.profile.api_secret for entry in entries if entry.profile} == {Secret("secret")}


def test_an_engine_is_at_work_as_long_as_it_holds_its_lock(tmp_path: Path) -> None:
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    assert not engine_at_work(paths.owners_dir)
    paths.state_dir.mkdir()
    journal = Journal(paths)
    assert engine_at_work(paths.owners_dir)
    journal.close()
    assert not engine_at_work(paths.owners_dir)
