"""Turns a secret's reference into its value, when it is used and not before."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Secret
from lktui.core.sanitize import clean
from lktui.store import resolved_secrets

_MAX_BYTES = 1 << 16
"""No key or token is longer; a wrong path should not fill the memory."""


def resolve(secret: Secret, field: str, env: Mapping[str, str]) -> str:
    """Give the value of a secret: a literal, a variable or the content of a file.

    From then on it is masked in what this process logs.

    Args:
        secret: What the profile holds.
        field: The field's name, for the problem.
        env: The environment.

    Returns:
        The value; of a file without its last line break.

    Raises:
        PortError: `secret_unresolved`: the variable is not set, the file cannot be read, or what
            is there is no single line of text.
    """
    kind, _, name = secret.reference.partition(":")
    if kind == "env":
        value = _of_variable(secret, field, env.get(name))
    elif kind == "file":
        value = _of_file(secret, field, Path(os.path.expanduser(name)))  # noqa: PTH111 - no error
    else:
        resolved_secrets.note(secret.source)
        return secret.source
    if not value:
        raise _unresolved(secret, field, "it is empty")
    if clean(value) != value:
        raise _unresolved(secret, field, "it is more than one line, or holds control characters")
    resolved_secrets.note(value)
    return value


def _of_variable(secret: Secret, field: str, value: str | None) -> str:
    if value is None:
        raise _unresolved(secret, field, "the variable is not set")
    return value


def _of_file(secret: Secret, field: str, path: Path) -> str:
    try:
        # A pipe or a device would block the engine; so the kind is looked at before the opening.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unresolved(secret, field, "it is no plain file")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unresolved(secret, field, error.strerror or "it cannot be read") from error
    if len(content) > _MAX_BYTES:
        raise _unresolved(secret, field, f"the file is larger than {_MAX_BYTES >> 10} KiB")
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise _unresolved(secret, field, "the file is not UTF-8 text") from error


def _unresolved(secret: Secret, field: str, why: str) -> PortError:
    source = clean(secret.reference)
    found = problem(ProblemCode.SECRET_UNRESOLVED, field=field, source=source, subject=source)
    return PortError(msgspec.structs.replace(found, cause=why))
