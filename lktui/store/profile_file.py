"""One entry of the list of profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lktui.core.sanitize import clean

if TYPE_CHECKING:
    from lktui.core.faults import Fault
    from lktui.core.profile import Profile

ENV_NAME = "env"
"""The name of the profile made from the environment; no file may have it."""

SUFFIX = ".toml"


class ProfileFile(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the list: a file, or the environment."""

    name: str
    """The file's stem, sanitised; of a file whose stem is reserved the whole name."""
    path: Path | None = None
    """None for the profile of the environment."""
    profile: Profile | None = None
    """None if there are faults."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    mode: int = 0
    """Permissions of the file; 0 if not known."""

    @property
    def where(self) -> str:
        """What a person has to mend: `the file …`, or the environment."""
        return f"the file {clean(str(self.path))}" if self.path else "the LIVEKIT_ variables"
