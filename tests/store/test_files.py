from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from lktui.core.problems import PortError, ProblemCode
from lktui.store.files import create_atomically, make_private_folder, replace_atomically


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """Make a system call fail as a full disk or an odd file system would."""

    def failing(*_args: object, **_kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, failing)


def test_a_file_is_written_whole_and_private(folder: Path) -> None:
    old_mask = os.umask(0)
    try:
        replace_atomically(folder / "a", "text ✓\n")
    finally:
        os.umask(old_mask)
    assert (folder / "a").read_text(encoding="utf-8") == "text ✓\n"
    assert mode_of(folder / "a") == 0o600
    assert list(folder.iterdir()) == [folder / "a"]


def test_replacing_takes_a_wide_mode_away(folder: Path) -> None:
    (folder / "a").write_text("old")
    (folder / "a").chmod(0o644)
    replace_atomically(folder / "a", "new")
    assert (folder / "a").read_text() == "new"
    assert mode_of(folder / "a") == 0o600


def test_a_symbolic_link_stays_one(folder: Path) -> None:
    (folder / "real").write_text("old")
    (folder / "link").symlink_to("real")
    replace_atomically(folder / "link", "new")
    assert (folder / "link").is_symlink()
    assert (folder / "real").read_text() == "new"


@pytest.mark.parametrize("call", ["fsync", "open"])
def test_a_full_disk_is_a_problem_and_the_old_text_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (folder / "a").write_text("old")
    with monkeypatch.context() as patch:
        refuse(patch, call, errno.ENOSPC)
        with pytest.raises(PortError) as caught:
            replace_atomically(folder / "a", "new", code=ProblemCode.CONFIG_UNUSABLE)
    assert caught.value.problem.code is ProblemCode.CONFIG_UNUSABLE
    assert "No space left" in caught.value.problem.line
    assert (folder / "a").read_text() == "old"
    assert list(folder.iterdir()) == [folder / "a"]


def test_a_missing_folder_is_a_problem(folder: Path) -> None:
    with pytest.raises(PortError) as caught:
        replace_atomically(folder / "no" / "a", "text")
    assert caught.value.problem.code is ProblemCode.STATE_UNUSABLE


def test_text_that_is_not_utf_8_is_a_problem(folder: Path) -> None:
    with pytest.raises(PortError, match="UTF-8"):
        replace_atomically(folder / "a", "\ud800")
    assert list(folder.iterdir()) == []


def test_creating_never_touches_what_is_there(folder: Path) -> None:
    assert create_atomically(folder / "a", "first")
    assert not create_atomically(folder / "a", "second")
    assert (folder / "a").read_text() == "first"
    assert mode_of(folder / "a") == 0o600
    assert list(folder.iterdir()) == [folder / "a"]


def test_creating_works_where_there_are_no_hard_links(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "link", errno.EPERM)
    assert create_atomically(folder / "a", "first")
    assert not create_atomically(folder / "a", "second")
    assert (folder / "a").read_text() == "first"
    assert list(folder.iterdir()) == [folder / "a"]


def test_an_error_while_creating_is_a_problem(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "link", errno.ENOSPC)
    with pytest.raises(PortError, match="No space left"):
        create_atomically(folder / "a", "first")
    assert list(folder.iterdir()) == []


def test_a_folder_is_made_private_with_its_parents(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert mode_of(tmp_path / "a" / "b") == 0o700


def test_a_wide_folder_of_ours_is_narrowed(folder: Path) -> None:
    folder.chmod(0o755)
    make_private_folder(folder)
    assert mode_of(folder) == 0o700


def test_a_shared_folder_is_left_as_it_is(folder: Path) -> None:
    folder.chmod(0o1777)
    make_private_folder(folder)
    assert mode_of(folder) == 0o1777


def test_a_file_where_the_folder_should_be_is_a_problem(folder: Path) -> None:
    (folder / "a").write_text("")
    with pytest.raises(PortError) as caught:
        make_private_folder(folder / "a")
    assert str(folder / "a") in caught.value.problem.line
