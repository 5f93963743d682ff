"""Which program edits a file by hand."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lktui.core.problems import PortError, ProblemCode, problem

_VARIABLES = ("VISUAL", "EDITOR")
_USUAL = ("nano", "vim", "vi")


def editor_for(path: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    """Give the command that edits a file: that of VISUAL or EDITOR, or one that is usually there.

    Raises:
        PortError: `usage`: there is none, or the variable is no command.
    """
    named = next((env[name] for name in _VARIABLES if env.get(name, "").strip()), "")
    try:
        words = shlex.split(named)
    except ValueError as error:
        raise _no_editor("VISUAL or EDITOR has an open quote") from error
    if not words:
        words = [name for name in _USUAL if shutil.which(name)][:1]
    if not words:
        raise _no_editor("none of nano, vim and vi is installed")
    return (*words, str(path))


def _no_editor(why: str) -> PortError:
    found = problem(ProblemCode.USAGE, what="There is no editor to open the file with")
    return PortError(
        msgspec.structs.replace(
            found, cause=why, resolution="Set EDITOR to the editor of your choice"
        )
    )
