from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from lktui.cli import main
from lktui.core.cleanup import CleanupItem, What
from lktui.core.fields import Kind
from lktui.core.profile import Secret
from lktui.core.profile_fields import FIELDS
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore

CANARY = "canary-5f3e-value"
ADD = ["profiles", "add", "x", "--url", "ws://x"]
ECHO = [
    *["profiles", "add", "echo", "--url", "ws://127.0.0.1:7880"],
    *["--api-key", "devkey", "--api-secret", "secret"],
    *["--agent-name", "echo", "--dispatch-mode", "explicit"],
]


class Terminal(io.StringIO):
    """A standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LKTUI_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def store(config: Path) -> ProfileStore:
    return ProfileStore(Paths(config_dir=config, state_dir=config), {})


def write(store: ProfileStore, name: str, text: str) -> Path:
    store.folder.mkdir(parents=True, exist_ok=True)
    path = store.folder / f"{name}.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_the_line_of_the_readme_saves_a_profile(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(ECHO) == 0
    path = store.folder / "echo.toml"
    out, err = capsys.readouterr()
    assert out == f"{path}\n"
    assert err.startswith("warning: others can see a secret on the command line")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    profile = store.get("echo")
    assert (profile.api_secret, profile.agent_name) == (Secret("secret"), "echo")


def test_each_field_is_an_option(store: ProfileStore) -> None:
    values = {
        Kind.TEXT: "text",
        Kind.NOTE: "note",
        Kind.NAME: "name",
        Kind.SERVER_URL: "wss://x.example",
        Kind.ENDPOINT_URL: "https://x.example/t",
        Kind.SECRET: "env:KEY",
        Kind.DURATION: "1.5",
        Kind.TIMEOUT: "2.5",
        Kind.COUNT: "3",
        Kind.HEADERS: '{"A": "env:KEY"}',
        Kind.OBJECT: '{"a": 1}',
        Kind.TAGS: "a,b",
    }
    words = ["profiles", "add", "all"]
    for field in FIELDS:
        option = f"--{field.name.replace('_', '-')}"
        if field.kind is Kind.FLAG:
            words.append(option.replace("--", "--no-" if field.name == "auto_cleanup" else "--"))
        else:
            words += [option, field.choices[-1] if field.choices else values[field.kind]]
    assert main(words) == 0
    profile = store.get("all")
    assert profile.auto_cleanup is False
    assert profile.read_only is True
    assert profile.dispatch_retries == 3
    assert profile.join_timeout == 2.5
    assert profile.tags == ("a", "b")
    assert profile.token_headers == (("A", Secret("env:KEY")),)


def test_references_are_no_reason_to_warn(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--api-key", "env:K", "--api-secret", "file:/s", "--token-headers", '{"A": "env:H"}']
    assert main([*ADD, *words]) == 0
    assert capsys.readouterr().err == ""
    assert store.get("x").api_key == Secret("env:K")


def test_quiet_keeps_the_warning_back(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ECHO, "--quiet"]) == 0
    assert capsys.readouterr() == (f"{config}/profiles/echo.toml\n", "")


def test_secrets_come_from_standard_input_a_line_each(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"APIkey\n{CANARY}"))
    assert main([*ADD, "--api-secret", "-", "--api-key", "-"]) == 0
    assert store.get("x").api_key == Secret("APIkey")
    assert store.get("x").api_secret == Secret(CANARY)
    assert CANARY not in "".join(capsys.readouterr())


def test_a_person_at_a_terminal_is_asked_for_a_secret_unseen(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed after {prompt.strip()}")
    assert main([*ADD, "--api-key", "env:K", "--api-secret", "-"]) == 0
    assert store.get("x").api_secret == Secret("typed after api_secret:")


def test_a_missing_line_on_standard_input_is_a_misuse(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main([*ADD, "--api-key", "-"]) == 2
    assert "no line for api_key" in capsys.readouterr().err
    assert store.list() == ()


def test_all_faults_are_printed_a_line_each_and_nothing_is_saved(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--url", "nope", "--join-timeout", "soon", "--api-secret", "env:", "--quiet"]
    assert main(["profiles", "add", "env", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert all(line.startswith("profile_invalid: ") and line.endswith(".") for line in lines)
    for field in ("name", "url", "join_timeout", "api_secret", "api_key"):
        assert sum(f" {field}: " in line for line in lines) == 1
    assert store.list() == ()


def test_an_existing_profile_is_not_overwritten(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(store, "echo", "mine")
    assert main([*ECHO, "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("profile_exists: ")
    assert path.read_text() == "mine"


def test_the_list_has_a_row_for_each_and_ends_well_even_if_some_are_broken(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ECHO)
    write(store, "broken", "url = \n")
    capsys.readouterr()
    for words in (["profiles"], ["profiles", "list"]):
        assert main(words) == 0
        out, err = capsys.readouterr()
        head, broken, echo = out.splitlines()
        assert head.split() == ["PROFILE", "AGENT", "DISPATCH", "AUTH", "SERVER", "FILE"]
        assert broken.endswith("1 fault")
        assert echo.split() == ["echo", "echo", "explicit", "api", "127.0.0.1:7880", "ok"]
        assert err.startswith("profile_invalid: The profile “broken” has faults. line 1: ")


def test_an_empty_list_says_how_to_add_one(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profiles"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{config}/profiles" in err
    assert "lktui profiles add" in err


def test_the_list_as_json_has_fields_faults_warnings_and_file(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ECHO)
    broken = write(store, "broken", 'url = "x"\nurll = 1\n')
    monkeypatch.setenv("LIVEKIT_URL", "wss://x.example")
    monkeypatch.setenv("LIVEKIT_API_KEY", "k")
    monkeypatch.setenv("LIVEKIT_API_SECRET", CANARY)
    capsys.readouterr()
    assert main(["profiles", "list", "--json"]) == 0
    entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["profiles"]}
    assert entries["broken"]["fields"] is None
    assert entries["broken"]["file"] == str(broken)
    assert entries["broken"]["faults"][0]["field"] == "url"
    assert entries["broken"]["faults"][0]["line"] == 1
    assert entries["broken"]["warnings"][0]["field"] == "urll"
    assert entries["echo"]["fields"]["api_secret"] == "••••"
    assert entries["env"]["file"] is None
    assert entries["env"]["fields"]["api_secret"] == "env:LIVEKIT_API_SECRET"


def test_no_output_ever_holds_a_literal(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = ["--api-secret", CANARY, "--token", CANARY, "--token-headers", f'{{"A":"{CANARY}"}}']
    words = [*ADD, "--api-key", CANARY, *secrets]
    endpoint = ["--token-url", f"https://x/?k={CANARY}", "--token-body", f'{{"a":"{CANARY}"}}']
    assert main([*words, *endpoint, "--json"]) == 0
    write(store, "broken", f'url = "ws://x"\napi_secret = "{CANARY}\n')
    write(store, "faulty", f'url = "ws://x"\napi_secret = ["{CANARY}"]\napi_key = "{CANARY}"\n')
    for command in ("list", "list --json", "show x", "show x --json", "show broken", "show faulty"):
        main(["profiles", *command.split()])
    assert main([*words, "--token-field", "\x1b"]) == 2
    assert main(["profiles", "remove", "x", "--yes", "--json"]) == 0
    assert CANARY not in "".join(capsys.readouterr())


def test_show_prints_what_is_set(store: ProfileStore, capsys: pytest.CaptureFixture[str]) -> None:
    main([*ECHO, "--no-auto-cleanup"])
    capsys.readouterr()
    assert main(["profiles", "show", "echo"]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows["url"] == "ws://127.0.0.1:7880"
    assert rows["api_secret"] == "••••"
    assert rows["auto_cleanup"] == "false"
    assert "room_name" not in rows
    assert store.get("echo").auto_cleanup is False


def test_show_of_a_broken_profile_tells_its_faults(
    store: ProfileStore, capsys: pytest.CaptureFixture[str]
) -> None:
    write(store, "broken", 'url = "ws://x"\n')
    assert main(["profiles", "show", "broken"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(". ")[1].partition(":")[0] for line in err.splitlines()] == [
        "api_key",
        "api_secret",
    ]


def test_show_of_an_unknown_profile_names_the_nearest(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ECHO)
    assert main(["profiles", "show", "ehco"]) == 2
    assert "the closest is “echo”" in capsys.readouterr().err
    assert config.exists()


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_removing_asks_at_a_terminal(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    main(ECHO)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert main(["profiles", "remove", "echo"]) == 0
    assert len(store.list()) == left


def test_removing_without_a_terminal_needs_yes(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ECHO)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["profiles", "remove", "echo"]) == 2
    assert capsys.readouterr().err.endswith("Add --yes.\n")
    assert len(store.list()) == 1
    assert main(["profiles", "remove", "echo", "--yes"]) == 0
    assert store.list() == ()


def test_path_prints_the_folder(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "path"]) == 0
    assert main(["profiles", "path", "--json"]) == 0
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first == f"{config}/profiles"
    assert json.loads(rest) == {"path": first}


def test_a_read_only_folder_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("a file in the way")
    assert main([*ECHO, "--quiet"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("config_unusable: ")
    assert err.count("\n") == 1


def test_removing_a_profile_that_the_queue_still_needs_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [f"--config-dir={tmp_path / 'config'}", f"--state-dir={tmp_path / 'state'}"]
    fields = ["--url", "ws://h", "--api-key", "k", "--api-secret", "s"]
    assert main([*folders, "profiles", "add", "p", *fields]) == 0
    journal = Journal(Paths.of(str(tmp_path / "config"), str(tmp_path / "state")))
    item = CleanupItem(id="i", what=What.ROOM, name="r", room="r", profile="p", url="ws://h")
    journal.put_item(item.kept())
    journal.close()
    assert main([*folders, "--yes", "profiles", "remove", "p"]) == 0
    assert "1 in the cleanup queue need this profile" in capsys.readouterr().err
