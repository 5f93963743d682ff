from __future__ import annotations

import fcntl
import multiprocessing
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.problems import PortError, ProblemCode
from lktui.core.profile_fields import FIELDS
from lktui.store import saving
from lktui.store.paths import Paths
from lktui.store.profile_edits import EditError, edited, values_of
from lktui.store.profiles import ProfileStore

FILE = """\
# who to ask: Ada
url = "wss://x"   # production
apiKey = "APIx"
api_secret = 's'

future_key = 1    # unknown here

[token_headers]
# for the gateway
Authorization = "env:H"
"""


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(Paths(config_dir=tmp_path / "config", state_dir=tmp_path), {})


def write(store: ProfileStore, name: str, text: str) -> Path:
    store.folder.mkdir(parents=True, exist_ok=True)
    path = store.folder / f"{name}.toml"
    path.write_bytes(text.encode())
    return path


def test_comments_order_and_unknown_keys_stay() -> None:
    was = values_of(tomllib.loads(FILE))
    changes = {"url": "wss://y", "api_key": "APIy", "tags": ["a", "b"], "join_timeout": 20.0}
    text = edited(FILE, changes, was)
    assert text == FILE.replace("wss://x", "wss://y").replace("APIx", "APIy").replace(
        "future_key = 1    # unknown here\n",
        'future_key = 1    # unknown here\ntags = ["a", "b"]\njoin_timeout = 20.0\n',
    )


def test_a_removed_field_leaves_the_others_alone() -> None:
    text = edited(FILE, {"api_secret": None, "token_headers": None}, values_of(tomllib.loads(FILE)))
    assert tomllib.loads(text) == {"url": "wss://x", "apiKey": "APIx", "future_key": 1}
    assert "# production" in text


def test_line_breaks_of_other_systems_stay() -> None:
    text = edited('url = "ws://x"\r\n# c\r\n', {"url": "ws://y"}, {"url": "ws://x"})
    assert text == 'url = "ws://y"\r\n# c\r\n'


def test_of_two_spellings_one_is_left() -> None:
    text = edited('token = "a"\njwt = "a"\n', {"token": "b"}, {"token": "a"})
    assert tomllib.loads(text) == {"token": "b"}


def test_a_field_that_somebody_else_has_changed_is_not_overwritten() -> None:
    with pytest.raises(EditError) as caught:
        edited('url = "ws://theirs"\n', {"url": "ws://mine"}, {"url": "ws://before"})
    assert caught.value.faults[0].words == "url: its file was changed meanwhile"


def test_other_fields_that_somebody_else_has_changed_are_kept() -> None:
    text = edited('url = "ws://theirs"\n', {"room_name": "r"}, {"url": "ws://before"})
    assert tomllib.loads(text) == {"url": "ws://theirs", "room_name": "r"}


VALUES = {"url": "ws://y", "tags": ["a"], "auto_retry": True, "token_body": {"a": [1, {"b": "c"}]}}


@given(
    st.lists(
        st.sampled_from(
            ['url = "ws://x"', "autoRetry = false # c", "tags = [ # c\n 'x',\n]", "x.y = 1", "",
             "# end", "[token_body]\na = 1 # c", "[other]\nk = 'v'", '"room_name" = "r"']
        ),
        unique=True,
    ).map("\n".join),
    st.dictionaries(st.sampled_from(sorted(VALUES)), st.booleans()),
)  # fmt: skip
def test_a_change_changes_its_fields_and_nothing_else(text: str, chosen: dict[str, bool]) -> None:
    before = tomllib.loads(text)
    changes = {name: VALUES[name] if keep else None for name, keep in chosen.items()}
    after = tomllib.loads(edited(text, changes, values_of(before)))
    spelled = {
        spelling for field in FIELDS for spelling in field.spellings if field.name in changes
    }
    assert {k: v for k, v in after.items() if k not in spelled} == {
        k: v for k, v in before.items() if k not in spelled
    }
    assert {name: values_of(after).get(name) for name in changes} == changes


# --- files ----------------------------------------------------------------------------------


def test_a_change_is_written_privately_and_read_again(store: ProfileStore) -> None:
    path = write(store, "x", FILE)
    path.chmod(0o644)
    assert store.change("x", {"room_name": "r"}, store.values("x")) == path
    assert store.get("x").room_name == "r"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_rename_moves_the_file_and_takes_no_others_place(store: ProfileStore) -> None:
    write(store, "x", FILE)
    write(store, "other", FILE)
    with pytest.raises(PortError) as caught:
        store.change("x", {}, {}, new_name="other")
    assert caught.value.problem.code is ProblemCode.PROFILE_EXISTS
    assert [entry.name for entry in store.list()] == ["other", "x"]
    store.change("x", {"room_name": "r"}, store.values("x"), new_name="y")
    assert [entry.name for entry in store.list()] == ["other", "y"]
    assert store.get("y").room_name == "r"
    assert "# who to ask: Ada" in (store.folder / "y.toml").read_text()


def test_a_file_with_faults_can_be_mended(store: ProfileStore) -> None:
    write(store, "x", "url = 5 # five\napi_key = 'k'\napi_secret = 's'\n")
    store.change("x", {"url": "ws://x"}, store.values("x"))
    assert store.get("x").url == "ws://x"


def test_a_file_that_is_no_toml_is_left_as_it_is(store: ProfileStore) -> None:
    path = write(store, "x", "url = ")
    with pytest.raises(PortError) as caught:
        store.values("x")
    assert "line 1" in caught.value.problem.cause
    with pytest.raises(PortError):
        store.change("x", {"url": "ws://x"}, {})
    assert path.read_text() == "url = "


def test_a_file_that_has_gone_is_missing(store: ProfileStore) -> None:
    with pytest.raises(PortError) as caught:
        store.change("x", {"url": "ws://x"}, {})
    assert caught.value.problem.code is ProblemCode.PROFILE_MISSING


def test_a_file_that_is_no_text_is_left_as_it_is(store: ProfileStore) -> None:
    path = write(store, "x", "")
    path.write_bytes(b"url = '\xff'")
    with pytest.raises(PortError) as caught:
        store.change("x", {"url": "ws://x"}, {})
    assert "line 1: the file is not valid TOML" in caught.value.problem.cause
    assert path.read_bytes() == b"url = '\xff'"


def test_somebody_who_saves_for_too_long_is_told_of(
    store: ProfileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "x", FILE)
    monkeypatch.setattr(saving, "LIMIT_S", 0.0)
    fd = os.open(store.folder / saving.LOCK_NAME, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    with pytest.raises(PortError) as caught:
        store.change("x", {"url": "ws://y"}, store.values("x"))
    os.close(fd)
    assert "another program is saving there" in caught.value.problem.cause
    assert store.get("x").url == "wss://x"


def _save_often(config: str, field: str, count: int) -> None:
    store = ProfileStore(Paths.of(config, config), {})
    for number in range(count):
        store.change("x", {field: f"{field}-{number}"}, store.values("x"))


def test_two_processes_that_save_at_once_lose_and_mix_nothing(store: ProfileStore) -> None:
    path = write(store, "x", FILE)
    count = 25
    context = multiprocessing.get_context("spawn")
    config = str(store.folder.parent)
    savers = [
        context.Process(target=_save_often, args=(config, field, count))
        for field in ("room_name", "description", "metadata")
    ]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert [saver.exitcode for saver in savers] == [0, 0, 0]
    profile = store.get("x")
    last = count - 1
    assert profile.room_name == f"room_name-{last}"
    assert profile.description == f"description-{last}"
    assert profile.metadata == f"metadata-{last}"
    assert path.read_text().startswith("# who to ask: Ada\n")
    assert {file.name for file in store.folder.iterdir()} == {saving.LOCK_NAME, "x.toml"}


def test_the_stamp_differs_after_any_change(store: ProfileStore) -> None:
    stamps = [store.stamp()]
    path = write(store, "x", FILE)
    stamps.append(store.stamp())
    store.change("x", {"room_name": "r"}, store.values("x"))
    stamps.append(store.stamp())
    path.chmod(0o644)
    stamps.append(store.stamp())
    path.rename(path.with_name("y.toml"))
    stamps.append(store.stamp())
    (store.folder / "nowhere.toml").symlink_to("absent")
    stamps.append(store.stamp())
    assert len(set(stamps)) == len(stamps)
    assert store.stamp() == stamps[-1]
