from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from lktui.cli import main
from lktui.core.profile import Secret
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore

CANARY = "canary-5f3e-value"
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
      api_secret: {CANARY}2
"""
AGENT = {
    "name": "support",
    "provider": "livekit",
    "config": {"url": "wss://x", "apiKey": "env:K", "apiSecret": CANARY, "agentName": "a b"},
}


class Terminal(io.StringIO):
    """A standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProfileStore:
    monkeypatch.setenv("LKTUI_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return ProfileStore(Paths(config_dir=tmp_path / "config", state_dir=tmp_path), {})


@pytest.fixture
def lk_config(isolated_home: Path) -> Path:
    path = isolated_home / ".livekit/cli-config.yaml"
    path.parent.mkdir()
    path.write_text(LK)
    return path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(text))


def entries(out: str) -> dict[str, Any]:
    return {entry["name"]: entry for entry in json.loads(out)["profiles"]}


@pytest.mark.usefixtures("lk_config")
def test_what_would_be_written_is_shown_and_asked_for(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "n\n")
    assert main(["profiles", "import"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "prod     new, the default  prod-abc.livekit.cloud" in err
    assert 'url = "wss://staging-abc.livekit.cloud"' in err
    assert "# copied: api_key, api_secret; what changes there later" in err
    assert "Write these 2 profiles? [y/N]" in err
    assert "Nothing was written." in err
    assert CANARY not in err
    assert store.list() == ()


@pytest.mark.usefixtures("lk_config")
def test_a_yes_writes_private_files_under_the_names_of_the_projects(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y\n")
    assert main(["profiles", "import"]) == 0
    assert capsys.readouterr().out == f"{store.folder}/prod.toml\n{store.folder}/staging.toml\n"
    assert store.get("staging").api_secret == Secret(CANARY)
    assert stat.S_IMODE((store.folder / "prod.toml").stat().st_mode) == 0o600


def test_what_is_read_stays_as_it_is(store: ProfileStore, lk_config: Path) -> None:
    assert main(["profiles", "import", "--yes", "--quiet"]) == 0
    assert lk_config.read_text() == LK
    assert len(store.list()) == 2


@pytest.mark.usefixtures("lk_config")
def test_nothing_is_ever_overwritten(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.folder.mkdir(parents=True)
    mine = store.folder / "prod.toml"
    mine.write_text("url = 'ws://mine' # and broken\n")
    assert main(["profiles", "import", "--yes"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{store.folder}/staging.toml\n"
    assert "name taken" in err
    assert mine.read_text() == "url = 'ws://mine' # and broken\n"
    assert main(["profiles", "import", "--yes"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("lk_config")
def test_where_nobody_can_be_asked_nothing_is_written(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["profiles", "import"]) == 2
    assert capsys.readouterr().err.endswith("Add --yes.\n")
    assert store.list() == ()


@pytest.mark.usefixtures("lk_config")
def test_json_tells_what_became_of_each(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profiles", "import", "--yes", "--json", "--quiet"]) == 0
    out, err = capsys.readouterr()
    found = entries(out)
    assert err == ""
    assert (found["prod"]["state"], found["prod"]["written"]) == ("new", True)
    assert found["prod"]["fields"]["api_secret"] == "••••"
    assert found["prod"]["source"] == "~/.livekit/cli-config.yaml"
    assert CANARY not in out
    assert main(["profiles", "import", "--yes", "--json"]) == 0
    again = entries(capsys.readouterr().out)
    assert (again["prod"]["state"], again["prod"]["written"]) == ("there already", False)
    assert len(store.list()) == 2


def test_an_agent_comes_from_a_named_file(
    store: ProfileStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(AGENT))
    assert main(["profiles", "import", str(path), "--yes"]) == 0
    assert store.get("support").api_key == Secret("env:K")
    assert "warning: support: agent_name: it is not used" in capsys.readouterr().err


def test_an_agent_comes_from_standard_input_with_yes_only(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = json.dumps(AGENT).encode()
    for words, code in ((["-"], 2), (["-", "--yes"], 0)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped)))
        assert main(["profiles", "import", *words]) == code
        assert len(store.list()) == (0 if code else 1)
    sys.stdin.close()


def test_the_environment_is_saved_as_references(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("URL", "wss://here.x"), ("API_KEY", "APIx"), ("API_SECRET", CANARY)):
        monkeypatch.setenv(f"LIVEKIT_{name}", value)
    assert main(["profiles", "import", "--yes"]) == 0
    assert store.get("here").api_secret == Secret("env:LIVEKIT_API_SECRET")
    assert CANARY not in (store.folder / "here.toml").read_text()


def test_where_nothing_is_found_that_is_said(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profiles", "import"]) == 0
    assert capsys.readouterr().err == "Nothing was found to import.\n"
    assert store.list() == ()


def test_a_file_that_cannot_be_used_says_why_and_where(
    store: ProfileStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text(f'{{\n"{CANARY}": }}')
    assert main(["profiles", "import", str(tmp_path / "bad.json"), "--yes"]) == 3
    err = capsys.readouterr().err
    assert "line 2: it is not valid JSON" in err
    assert CANARY not in err
    assert store.list() == ()


def test_faults_of_what_was_found_are_told_and_the_others_are_written(
    store: ProfileStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    agents = [AGENT, {"name": "broken", "config": {"url": "htp://x"}}]
    (tmp_path / "agents.json").write_text(json.dumps(agents))
    assert main(["profiles", "import", str(tmp_path / "agents.json"), "--yes"]) == 0
    assert [entry.name for entry in store.list()] == ["support"]
    assert "The profile “broken” has faults" in capsys.readouterr().err
