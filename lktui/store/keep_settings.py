"""How much of the record is kept, from the program's settings: `keep_days` and `keep_mb`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lktui.store.paths import Paths
from lktui.store.pruning import Keep
from lktui.store.settings import read_settings

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
    read = read_settings(paths, _Settings)
    return Keep(read.keep_days, read.keep_mb)
