"""Files and folders that are whole or absent, and private: what every other store writes with."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)
"""What file systems without hard links answer."""
_STEM_MAX = 64
"""Characters of a file's name in that of its temporary: a whole one could exceed 255 bytes."""


def replace_atomically(
    path: Path,
    text: str,
    mode: int = _PRIVATE_FILE,
    *,
    code: ProblemCode = ProblemCode.STATE_UNUSABLE,
) -> None:
    """Write a file so that whoever reads it sees the old or the new text, never a part.

    A symbolic link stays one: the file that it leads to is replaced.

    Args:
        path: The file; its folder exists.
        text: The whole content.
        mode: Permissions of the file.
        code: The problem to raise.

    Raises:
        PortError: The disk is full, the folder cannot be written, …; the old file is untouched.
    """
    path = Path(os.path.realpath(path))
    with _told_as(code, path), _written_beside(path, text, mode) as temporary:
        temporary.replace(path)
        _sync_folder(path.parent)


def create_atomically(
    path: Path,
    text: str,
    mode: int = _PRIVATE_FILE,
    *,
    code: ProblemCode = ProblemCode.STATE_UNUSABLE,
) -> bool:
    """Write a file that must not exist yet; of two processes that try, one wins.

    Args:
        path: The file; its folder exists.
        text: The whole content.
        mode: Permissions of the file.
        code: The problem to raise.

    Returns:
        False if there is something at this path already; it is untouched.

    Raises:
        PortError: The disk is full, the folder cannot be written, …; nothing was made.
    """
    with _told_as(code, path), _written_beside(path, text, mode) as temporary:
        try:
            _link(temporary, path)
        except FileExistsError:
            return False
        _sync_folder(path.parent)
        return True


def make_private_folder(path: Path, *, code: ProblemCode = ProblemCode.STATE_UNUSABLE) -> None:
    """Make a folder that only its owner can enter, or make an existing one of ours so.

    A shared folder (with the sticky bit, or of another user) is left as it is.

    Raises:
        PortError: It cannot be made, or is no folder.
    """
    with _told_as(code, path):
        path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        found = path.stat()
        shared = found.st_uid != os.getuid() or found.st_mode & stat.S_ISVTX
        if not shared and stat.S_IMODE(found.st_mode) & ~_PRIVATE_FOLDER:
            path.chmod(_PRIVATE_FOLDER)


def _link(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Two steps: a reader may meet an empty file between them, but never a part of one.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE))
        temporary.replace(path)


@contextlib.contextmanager
def _told_as(code: ProblemCode, path: Path) -> Iterator[None]:
    """Turn what the system says into a Problem."""
    try:
        yield
    except (OSError, UnicodeEncodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "the text is not valid UTF-8"
        found = problem(
            code,
            path=clean(str(path)),
            why=why or "the system refuses it",
            subject=clean(str(path)),
            detail=clean_detail(str(error)),
        )
        raise PortError(found) from error


@contextlib.contextmanager
def _written_beside(path: Path, text: str, mode: int) -> Iterator[Path]:
    """Write a temporary file into the same folder, on disk before it is used, gone afterwards."""
    temporary = path.with_name(f".{path.name[:_STEM_MAX]}.{os.urandom(8).hex()}.tmp")
    fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, mode)  # the umask may have taken more than it should
            file.write(text.encode())
            file.flush()
            os.fsync(fd)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
