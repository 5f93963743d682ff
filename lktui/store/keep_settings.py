"""How much of the record is kept, from the program's settings: `keep_days` and `keep_mb`."""

from __future__ import annotations

import tomllib
from typing import Annotated

import msgspec

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.store.paths import Paths
from lktui.store.pruning import Keep

_Limit = Annotated[float, msgspec.Meta(ge=0)]


class _Settings(msgspec.Struct, frozen=True):
    """Those of the file that matter here."""

    keep_days: _Limit = Keep().days
    keep_mb: _Limit = Keep().megabytes


def read_keep(paths: Paths) -> Keep:
    """Read the limits; those that the file does not name are the defaults.

    Raises:
        PortError: CONFIG_UNUSABLE: the file cannot be read, is no TOML, or a limit is no number.
    """
    try:
        raw = tomllib.loads(paths.config_file.read_text(encoding="utf-8"))
        read = msgspec.convert(raw, _Settings)
    except FileNotFoundError:
        return Keep()
    # What tomllib and msgspec raise are ValueErrors, and so is text that is no UTF-8.
    except (OSError, ValueError) as error:
        shown = clean(str(paths.config_file))
        why = clean_detail(str(error))
        found = problem(ProblemCode.CONFIG_UNUSABLE, subject=shown, path=shown, why=why)
        raise PortError(found) from error
    return Keep(read.keep_days, read.keep_mb)
