from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile import AuthMode, DispatchMode, Profile, Secret
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileFile, ProfileStore

CANARY = "canary-5f3e-value"
ECHO = Profile(
    name="echo",
    url="ws://127.0.0.1:7880",
    api_key=Secret("devkey"),
    api_secret=Secret(CANARY),
    agent_name="echo",
    dispatch_mode=DispatchMode.EXPLICIT,
)
GOOD = f"""\
url = "ws://127.0.0.1:7880"
api_key = "devkey"
apiSecret = "{CANARY}"
agentName = "echo"
dispatch_mode = "explicit"

[token_headers]
Authorization = "env:KEY"
"""
ENV = {
    "LIVEKIT_URL": "wss://x.example",
    "LIVEKIT_API_KEY": "APIabc",
    "LIVEKIT_API_SECRET": CANARY,
}


@pytest.fixture
def store(paths: Paths) -> ProfileStore:
    return ProfileStore(paths, {})


@pytest.fixture
def folder(paths: Paths) -> Path:
    paths.profiles_dir.mkdir(parents=True)
    return paths.profiles_dir


def write(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def by_name(entries: tuple[ProfileFile, ...]) -> dict[str, ProfileFile]:
    return {entry.name: entry for entry in entries}


# --- reading --------------------------------------------------------------------------------


def test_without_a_folder_there_are_no_profiles(store: ProfileStore) -> None:
    assert store.list() == ()


def test_files_in_either_spelling_are_read_and_sorted(store: ProfileStore, folder: Path) -> None:
    write(folder, "zulu.toml", GOOD)
    write(folder, "Alpha.toml", GOOD)
    write(folder, "notes.txt", "no profile")
    write(folder, ".alpha.toml.swp", "no profile")
    write(folder, ".hidden.toml", "no profile")
    entries = store.list()
    assert [entry.name for entry in entries] == ["Alpha", "zulu"]
    for entry in entries:
        assert entry.faults == entry.warnings == ()
        assert entry.mode == 0o600
    assert store.get("zulu").api_secret == Secret(CANARY)


def test_a_byte_order_mark_does_no_harm(store: ProfileStore, folder: Path) -> None:
    write(folder, "echo.toml", "\ufeff" + GOOD)
    assert store.get("echo").agent_name == "echo"


def test_a_broken_profile_does_not_hide_the_others(store: ProfileStore, folder: Path) -> None:
    write(folder, "good.toml", GOOD)
    write(folder, "broken.toml", 'url = "ws://x"\napi_key = \n')
    write(folder, "faulty.toml", 'url = "x"\n')
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (folder / "folder.toml").mkdir()
    (folder / "gone.toml").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.toml")
    write(folder, "deep.toml", "a = " + "[" * 9999)
    write(folder, "digits.toml", "a = 1" + "0" * 9999)
    write(folder, "huge.toml", "#" * (1 << 19))
    entries = by_name(store.list())
    assert entries.pop("good").profile is not None
    assert len(entries) == 9
    for entry in entries.values():
        assert entry.profile is None
        assert entry.faults


def test_an_unreadable_file_is_an_entry_with_a_fault(
    store: ProfileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "echo.toml", GOOD)

    def refuse(*_args: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # Root, as in a container, may read every file: its mode alone would prove nothing.
    monkeypatch.setattr(Path, "open", refuse)
    (entry,) = store.list()
    assert "Permission denied" in entry.faults[0].cause


def test_an_unusable_folder_is_a_problem(paths: Paths, store: ProfileStore) -> None:
    paths.config_dir.mkdir()
    paths.profiles_dir.write_text("")
    with pytest.raises(PortError) as caught:
        store.list()
    assert caught.value.problem.code is ProblemCode.CONFIG_UNUSABLE


def test_malformed_toml_is_told_with_its_line(store: ProfileStore, folder: Path) -> None:
    write(folder, "echo.toml", 'url = "ws://x"\n\napi_key = \n')
    (fault,) = store.list()[0].faults
    assert fault.line == 3
    assert "not valid TOML" in fault.cause


def test_faults_name_the_line_of_their_field(store: ProfileStore, folder: Path) -> None:
    text = 'url = "nope"\n# a note\n  joinTimeout = "x"\nagent_nmae = "y"\n[token_headers]\nA = 1\n'
    write(folder, "echo.toml", text)
    (entry,) = store.list()
    lines = {finding.field: finding.line for finding in entry.faults + entry.warnings}
    assert lines["url"] == 1
    assert lines["join_timeout"] == 3
    assert lines["agent_nmae"] == 4
    assert lines["token_headers"] == 5
    assert lines["api_key"] == 0


def test_a_key_that_stands_twice_has_no_line(store: ProfileStore, folder: Path) -> None:
    write(folder, "echo.toml", 'metadata = """\nurl = 1\n"""\nurl = "nope"\n')
    assert store.list()[0].faults[0].line == 0


@pytest.mark.parametrize(("mode", "warned"), [(0o600, 0), (0o640, 1), (0o604, 1), (0o400, 0)])
def test_a_wide_file_with_literals_is_a_warning_with_the_remedy(
    store: ProfileStore, folder: Path, mode: int, warned: int
) -> None:
    path = write(folder, "echo.toml", GOOD, mode)
    (entry,) = store.list()
    assert entry.profile is not None
    assert len(entry.warnings) == warned
    assert all(f"chmod 600 {path}" in warning.resolution for warning in entry.warnings)


def test_a_wide_file_that_only_refers_to_secrets_is_fine(store: ProfileStore, folder: Path) -> None:
    text = 'url = "ws://x"\napi_key = "env:K"\napi_secret = "file:/s"\n'
    write(folder, "echo.toml", text, mode=0o644)
    assert store.list()[0].warnings == ()


def test_a_name_with_control_characters_is_listed_safely(store: ProfileStore, folder: Path) -> None:
    write(folder, "a\x1b[31mb.toml", GOOD)
    (entry,) = store.list()
    assert "\x1b" not in entry.name
    assert [fault.field for fault in entry.faults] == ["name"]


_EDITS = st.lists(
    st.tuples(
        st.integers(0, len(GOOD)),
        st.integers(0, 6),
        st.text(st.sampled_from('"=[]{}\n#\\,.a1 \x00é'), max_size=4),
    ),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_EDITS)
def test_any_mutated_file_is_an_entry_and_the_others_still_load(
    tmp_path: Path, edits: list[tuple[int, int, str]]
) -> None:
    paths = Paths(config_dir=tmp_path / "config", state_dir=tmp_path / "state")
    paths.profiles_dir.mkdir(parents=True, exist_ok=True)
    text = GOOD
    for at, removed, inserted in edits:
        text = text[:at] + inserted + text[at + removed :]
    write(paths.profiles_dir, "mutated.toml", text)
    write(paths.profiles_dir, "good.toml", GOOD)
    entries = by_name(ProfileStore(paths, {}).list())
    assert entries["good"].profile is not None
    assert (entries["mutated"].profile is None) == bool(entries["mutated"].faults)


@pytest.mark.parametrize(
    "text",
    [
        f'api_secret = "{CANARY}\n',
        f"api_secret = {CANARY}\n",
        f'"{CANARY}" = 1\n"{CANARY}" = 2\n',
        f"[{CANARY}]\n[{CANARY}]\n",
        f'api_secret = "{CANARY}" "{CANARY}"\n',
        f"api_secret = '{CANARY}\\q\n",
    ],
)
def test_the_fault_of_a_malformed_file_quotes_no_secret(
    store: ProfileStore, folder: Path, text: str
) -> None:
    write(folder, "echo.toml", text)
    (entry,) = store.list()
    assert entry.faults
    assert CANARY not in repr(entry)


# --- one by name ----------------------------------------------------------------------------


def test_an_unknown_name_is_a_problem_that_names_the_closest(
    store: ProfileStore, folder: Path
) -> None:
    write(folder, "echo.toml", GOOD)
    with pytest.raises(PortError) as caught:
        store.get("ehco")
    assert caught.value.problem.code is ProblemCode.PROFILE_MISSING
    assert "“echo”" in caught.value.problem.cause


@pytest.mark.parametrize("name", ["../echo", "/etc/passwd", "", "echo.toml", "a\x1bb"])
def test_a_name_is_never_a_path(store: ProfileStore, folder: Path, name: str) -> None:
    write(folder, "echo.toml", GOOD)
    write(folder.parent, "echo.toml", GOOD)
    with pytest.raises(PortError) as caught:
        store.get(name)
    assert caught.value.problem.code is ProblemCode.PROFILE_MISSING
    assert "\x1b" not in caught.value.problem.line


def test_a_faulty_profile_is_a_problem_with_all_its_faults(
    store: ProfileStore, folder: Path
) -> None:
    path = write(folder, "echo.toml", 'url = "x"\n')
    with pytest.raises(PortError) as caught:
        store.get("echo")
    line = caught.value.problem.line
    assert caught.value.problem.code is ProblemCode.PROFILE_INVALID
    for words in ("line 1: url", "api_key", "api_secret", str(path)):
        assert words in line


# --- writing --------------------------------------------------------------------------------


def test_an_added_profile_reads_as_the_same_and_is_private(
    store: ProfileStore, paths: Paths
) -> None:
    path = store.add(ECHO)
    assert path == paths.profiles_dir / "echo.toml"
    assert store.get("echo") == ECHO
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.profiles_dir.stat().st_mode) == 0o700


def test_adding_never_overwrites(store: ProfileStore, folder: Path) -> None:
    path = write(folder, "echo.toml", GOOD)
    with pytest.raises(PortError) as caught:
        store.add(ECHO)
    assert caught.value.problem.code is ProblemCode.PROFILE_EXISTS
    assert path.read_text() == GOOD


@pytest.mark.parametrize("name", ["env", "../echo", "a/b", ".echo", ""])
def test_a_name_that_no_file_may_have_is_not_written(
    store: ProfileStore, paths: Paths, name: str
) -> None:
    profile = Profile(name=name, url="ws://x", api_key=Secret("k"), api_secret=Secret("s"))
    with pytest.raises(PortError) as caught:
        store.add(profile)
    assert caught.value.problem.code is ProblemCode.PROFILE_INVALID
    assert not paths.config_dir.exists()


def _save_many(config: str, mark: str, names: list[str]) -> list[str]:
    store = ProfileStore(Paths.of(config, config), {})
    saved = []
    for name in names:
        with contextlib.suppress(PortError):
            store.add(msgspec.structs.replace(ECHO, name=name, description=mark * 2000))
            saved.append(name)
    return saved


def test_two_processes_saving_at_once_never_mix_a_file(store: ProfileStore, paths: Paths) -> None:
    names = [f"p{number}" for number in range(20)]
    work = [(str(paths.config_dir), "a", names), (str(paths.config_dir), "b", names[::-1])]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        saved = pool.starmap(_save_many, work)
    assert sorted(saved[0] + saved[1]) == sorted(names)
    for mark, won in zip("ab", saved, strict=True):
        for name in won:
            assert store.get(name).description == mark * 2000


def test_a_removed_profile_is_gone(store: ProfileStore, folder: Path) -> None:
    path = write(folder, "echo.toml", "broken")
    assert store.remove("echo") == path
    assert store.list() == ()
    with pytest.raises(PortError, match="profile_missing"):
        store.remove("echo")


def test_a_file_that_cannot_be_removed_is_a_problem(
    store: ProfileStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "echo.toml", GOOD)

    def refuse(*_args: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PortError, match="Read-only file system"):
        store.remove("echo")


# --- the environment ------------------------------------------------------------------------


def environment(paths: Paths, env: Mapping[str, str]) -> ProfileFile:
    (entry,) = ProfileStore(paths, env).list()
    assert entry.name == "env"
    assert entry.path is None
    return entry


def test_variables_make_a_profile_whose_secrets_stay_references(paths: Paths) -> None:
    entry = environment(paths, ENV)
    assert entry.profile is not None
    assert entry.profile.api_secret == Secret("env:LIVEKIT_API_SECRET")
    assert entry.profile.dispatch_mode is DispatchMode.AUTO
    assert CANARY not in repr(entry)


def test_an_agent_name_makes_it_explicit(paths: Paths) -> None:
    profile = environment(paths, {**ENV, "LIVEKIT_AGENT_NAME": "echo"}).profile
    assert profile is not None
    assert profile.agent_name == "echo"
    assert profile.dispatch_mode is DispatchMode.EXPLICIT


def test_a_token_without_a_key_makes_it_token_mode(paths: Paths) -> None:
    env = {"LIVEKIT_URL": "wss://x", "LIVEKIT_TOKEN": CANARY}
    profile = environment(paths, env).profile
    assert profile is not None
    assert profile.auth_mode is AuthMode.TOKEN
    assert profile.token == Secret("env:LIVEKIT_TOKEN")
    with_key = environment(paths, {**ENV, "LIVEKIT_TOKEN": CANARY}).profile
    assert with_key is not None
    assert with_key.auth_mode is AuthMode.API
    assert with_key.token is None


def test_faults_of_the_environment_are_reported_too(paths: Paths) -> None:
    entry = environment(paths, {"LIVEKIT_URL": "nope"})
    assert [fault.field for fault in entry.faults] == ["url", "api_key", "api_secret"]
    with pytest.raises(PortError, match="LIVEKIT_ variables"):
        ProfileStore(paths, {"LIVEKIT_URL": "nope"}).get("env")


def test_without_a_url_there_is_no_env_profile(paths: Paths) -> None:
    store = ProfileStore(paths, {"LIVEKIT_API_KEY": "k"})
    assert store.list() == ()
    with pytest.raises(PortError, match="LIVEKIT_URL"):
        store.get("env")


def test_a_file_named_env_is_at_fault_and_hides_nothing(paths: Paths, folder: Path) -> None:
    write(folder, "env.toml", GOOD)
    store = ProfileStore(paths, ENV)
    entries = by_name(store.list())
    assert entries["env"].profile == store.get("env")
    assert [fault.field for fault in entries["env.toml"].faults] == ["name"]
    store.remove("env.toml")
    assert list(folder.iterdir()) == []


def test_the_environments_profile_has_no_file_to_remove(paths: Paths) -> None:
    with pytest.raises(PortError) as caught:
        ProfileStore(paths, ENV).remove("env")
    assert caught.value.problem.code is ProblemCode.USAGE
