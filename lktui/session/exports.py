"""What leaves the program: files that never overwrite others, and what the terminal cannot take."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.store.files import make_private_folder
from lktui.store.paths import Paths

MAX_COPY_BYTES = 48_000
"""Terminals drop longer clipboard writes without a word."""
_MAX_TRIES = 1000
_UNFIT = re.compile(r"[^\w.-]+")
_NO_OSC_52 = ("linux", "dumb", "vt1", "vt2", "cons")
"""Beginnings of TERM of what has no clipboard that a program can write."""


class Exports:
    """Writes into one private folder, for conversations are private.

    Args:
        paths: Where the folder is.
        env: What is known of the terminal.
    """

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        self._folder, self._env = paths.exports_dir, env
        self._is_tmux_told = False

    def write(self, name: str, suffix: str, parts: Iterable[str]) -> Path:
        """Write a new file.

        Args:
            name: How it begins; what no file's name should have is replaced.
            suffix: How it ends.
            parts: Its text.

        Raises:
            PortError: STATE_UNUSABLE: the disk does not take it; nothing is left of it.
        """
        with self._new_file(name, suffix) as (path, file):
            file.writelines(parts)
        return path

    async def write_in_slices(self, name: str, suffix: str, pieces: AsyncGenerator[str]) -> Path:
        """Write a new file whose text comes piece by piece; a cancelled one leaves nothing.

        Args:
            name: As for `write`.
            suffix: The same.
            pieces: Its text; closed at the end.

        Raises:
            PortError: As `write`.
        """
        async with contextlib.aclosing(pieces):
            with self._new_file(name, suffix) as (path, file):
                async for piece in pieces:
                    file.write(piece)
        return path

    @contextlib.contextmanager
    def _new_file(self, name: str, suffix: str) -> Iterator[tuple[Path, TextIO]]:
        """Make a file, and take it away again if it is not finished."""
        make_private_folder(self._folder)
        path = self._folder
        try:
            path, descriptor = self._create(_UNFIT.sub("_", name)[:120] or "session", suffix)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    yield path, file
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
                raise
        except OSError as error:
            why, shown = clean_detail(error.strerror or str(error)), clean(str(path))
            found = problem(ProblemCode.STATE_UNUSABLE, subject=shown, path=shown, why=why)
            raise PortError(found) from error

    def _create(self, name: str, suffix: str) -> tuple[Path, int]:
        """Make a file that was not there, numbered if its name is taken."""
        for number in range(1, _MAX_TRIES):
            path = self._folder / (f"{name}{suffix}" if number == 1 else f"{name}-{number}{suffix}")
            try:
                return path, os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            except FileExistsError:
                continue
        raise FileExistsError(f"{_MAX_TRIES} files have this name")

    def why_no_copy(self, size_bytes: int) -> str:
        """Say why a text cannot go to the terminal's clipboard; empty: it can, as far as is known.

        Over SSH only TERM comes along, so a terminal that is not named may still drop it.
        """
        if size_bytes > MAX_COPY_BYTES:
            return f"{size_bytes} B are more than terminals take"
        if self._env.get("TERM", "").startswith(_NO_OSC_52):
            return "no clipboard here for programs"
        if self._env.get("TERM_PROGRAM") == "Apple_Terminal":
            return "Apple's Terminal takes no text from programs"
        if self._env.get("STY") and not self._env.get("TMUX"):
            return "GNU screen does not pass it on"
        return ""

    def tmux_hint(self) -> str:
        """Say once what tmux needs to pass a copy on; empty elsewhere and later."""
        if not self._env.get("TMUX") or self._is_tmux_told:
            return ""
        self._is_tmux_told = True
        return "; tmux passes it on if set-clipboard is on"
