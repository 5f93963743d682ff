"""How lktui was called: what `cli.py` hands to a verb or to the app; nothing else is global."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lktui.store.paths import Paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The environment and the flags that stand before or after any verb."""

    paths: Paths
    env: Mapping[str, str] = field(repr=False)
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
