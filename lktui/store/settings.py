"""The program's settings, `config.toml`; each part of the program reads its own of them."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.store.paths import Paths

_S = TypeVar("_S", bound=msgspec.Struct)


class Signals(msgspec.Struct, frozen=True):
    """How the dashboard calls somebody who looks elsewhere."""

    bell: bool = False
    """Whether it rings the terminal's bell."""


def read_settings(paths: Paths, of: type[_S]) -> _S:
    """Read some of the settings; those that the file does not name are the defaults.

    Raises:
        PortError: CONFIG_UNUSABLE: the file cannot be read, is no TOML, or a value does not fit.
    """
    try:
        text = paths.config_file.read_text(encoding="utf-8")
        import tomllib  # noqa: PLC0415 - a start without a file does without

        return msgspec.convert(tomllib.loads(text), of)
    except FileNotFoundError:
        return of()
    # What tomllib and msgspec raise are ValueErrors, and so is text that is no UTF-8.
    except (OSError, ValueError) as error:
        shown = clean(str(paths.config_file))
        why = clean_detail(str(error))
        found = problem(ProblemCode.CONFIG_UNUSABLE, subject=shown, path=shown, why=why)
        raise PortError(found) from error
