from pathlib import Path

import pytest

from lktui.store.paths import Paths


def test_named_folders_stand_before_those_of_the_platform(tmp_path: Path) -> None:
    paths = Paths.of(str(tmp_path / "c"), str(tmp_path / "s"))
    assert paths.profiles_dir == tmp_path / "c" / "profiles"
    assert paths.config_file == tmp_path / "c" / "config.toml"
    assert paths.journal.parent == paths.log_file.parent == tmp_path / "s"
    assert paths.owners_dir.parent == tmp_path / "s"


def test_without_names_the_folders_are_the_users_own(isolated_home: Path) -> None:
    paths = Paths.of()
    assert paths.config_dir.is_relative_to(isolated_home)
    assert paths.state_dir.is_relative_to(isolated_home)
    assert paths.config_dir.name == paths.state_dir.name == "lktui"


def test_a_relative_folder_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Paths.of("c", "./s/../t").config_dir == tmp_path / "c"
    assert Paths.of("c", "./s/../t").state_dir == tmp_path / "t"


def test_a_tilde_that_the_shell_left_is_the_home_folder() -> None:
    assert Paths.of("~/c", "s").config_dir == Path("~/c").expanduser()


def test_paths_are_named_without_anything_being_made(tmp_path: Path) -> None:
    Paths.of(str(tmp_path / "c"), str(tmp_path / "s"))
    assert list(tmp_path.glob("[cs]")) == []
