"""Where everything of lktui lies on disk; only names, nothing is opened here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

LOG_NAME = "lktui.log"
"""The log in the state folder; what the SDK and the engine say goes there."""


class Paths(NamedTuple):
    """The two folders and what is in them: configuration is written by people, state is not."""

    config_dir: Path
    state_dir: Path

    @classmethod
    def of(cls, config_dir: str = "", state_dir: str = "") -> Paths:
        """Make the paths of this user, or the folders that were named instead.

        Args:
            config_dir: Folder of profiles and settings; empty: the platform's.
            state_dir: Folder of journal, logs and locks; empty: the platform's.
        """
        return cls(
            config_dir=_absolute(config_dir) if config_dir else _platform_folder("config"),
            state_dir=_absolute(state_dir) if state_dir else _platform_folder("state"),
        )

    @property
    def profiles_dir(self) -> Path:
        """One TOML file for each profile."""
        return self.config_dir / "profiles"

    @property
    def config_file(self) -> Path:
        """The program's settings."""
        return self.config_dir / "config.toml"

    @property
    def journal(self) -> Path:
        """The record of all sessions and of what must be cleaned up: SQLite."""
        return self.state_dir / "journal.sqlite"

    @property
    def log_file(self) -> Path:
        """What the SDK and the engine have to say; never the terminal."""
        return self.state_dir / LOG_NAME

    @property
    def exports_dir(self) -> Path:
        """What a person has exported, or could not copy."""
        return self.state_dir / "exports"

    @property
    def owners_dir(self) -> Path:
        """One file for each running engine, locked by it."""
        return self.state_dir / "owners"


def _absolute(folder: str) -> Path:
    """Make a folder's path independent of the current folder: the engine runs in its own process.

    A `~` that the shell has not replaced, as in a variable, means the home folder too.
    """
    return Path(os.path.abspath(os.path.expanduser(folder)))  # noqa: PTH100, PTH111 - no error


def _platform_folder(which: Literal["config", "state"]) -> Path:
    # Imported when needed: a start with named folders does without.
    from platformdirs import user_config_path, user_state_path  # noqa: PLC0415

    user_path = user_config_path if which == "config" else user_state_path
    return user_path("lktui", appauthor=False)
