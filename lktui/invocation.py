"""How lktui was called: what `cli.py` hands to a verb or to the app; nothing else is global."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lktui.store.paths import Paths


class Invocation(NamedTuple):
    """The environment and the flags that stand before or after any verb."""

    paths: Paths
    env: Mapping[str, str]
    """The environment as it was at the start; it may hold secrets."""
    profile: str = ""
    """The profile to use; empty: not named."""
    theme: str = ""
    """The theme to show; empty: that of the settings."""
    log_level: str = "info"
    record: bool = True
    """Whether texts go into the journal."""
    mouse: bool = True
    yes: bool = False
    """Every question is answered with yes."""
    quiet: bool = False
    """Only results and problems are printed, no hints."""
    json: bool = False
    """The result is one JSON object."""
    talk_to: tuple[str, ...] = ()
    """Profiles whose agents the dashboard begins to talk to; Live shows the last one."""
    hint: str = ""
    """What the dashboard says in the status line until it is dismissed."""

    def __repr__(self) -> str:
        """Leave out the environment."""
        shown = (f"{name}={value!r}" for name, value in self._asdict().items() if name != "env")
        return f"Invocation({', '.join(shown)})"
