"""One process at a time changes the files of a folder; readers need not wait."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

LOCK_NAME = ".lock"
LIMIT_S = 2.0
"""Somebody who saves needs milliseconds; one that was stopped in between must not stop us."""
_LOOK_S = 0.01


@contextlib.contextmanager
def saving_in(folder: Path) -> Iterator[None]:
    """Be the only one who changes files in this folder.

    The kernel frees the lock when its holder ends, however it ends.

    Raises:
        OSError: The folder cannot be written, or somebody else saves for too long (EAGAIN).
    """
    fd = os.open(folder / LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        _lock(fd)
        yield
    finally:
        os.close(fd)


def _lock(fd: int) -> None:
    limit = time.monotonic() + LIMIT_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= limit:
                raise BlockingIOError(errno.EAGAIN, "another program is saving there") from error
            time.sleep(_LOOK_S)
        else:
            return
