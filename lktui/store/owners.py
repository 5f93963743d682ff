"""Who owns what in a state folder that several engines share: one locked file for each engine.

The kernel frees a flock at the death of its process, however that dies, so an owner whose lock is
free is dead. A process id proves nothing: a killed engine can stay as a zombie.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lktui.store.files import make_private_folder


class Owners:
    """The lock files of one folder; every method may raise OSError.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.me = f"{os.getpid()}-{secrets.token_hex(6)}"
        """Our own name."""
        self._lock: int | None = None

    def hold(self) -> None:
        """Lock a file of our own; made under another name first, so that nobody finds it free."""
        make_private_folder(self._folder)
        hidden = self._folder / f".{self.me}"
        self._lock = os.open(hidden, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        hidden.rename(self._folder / self.me)

    def let_go(self) -> None:
        """End in order: the lock is free and its file gone."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            (self._folder / self.me).unlink(missing_ok=True)

    def on_disk(self) -> set[str]:
        """Name all that have a file, alive or dead."""
        return {path.name for path in self._folder.iterdir() if not path.name.startswith(".")}

    def lives(self, owner: str) -> bool:
        """Whether an owner holds its lock."""
        return is_held(self._folder / Path(owner).name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let engines do this one after another."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    @contextmanager
    def dead(self, owner: str) -> Iterator[bool]:
        """Hold the lock of an owner that is dead, so that only one engine takes it over."""
        path = self._folder / Path(owner).name
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            yield True
            return
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
                path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)


def is_held(lock: Path) -> bool:
    """Whether somebody holds this lock file."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def engine_at_work(folder: Path) -> bool:
    """Tell whether any engine, whoever started it, holds a lock of this folder now."""
    return any(is_held(path) for path in (folder.iterdir() if folder.is_dir() else ()))
