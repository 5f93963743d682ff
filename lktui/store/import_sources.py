"""Where profiles can be imported from; every source is only ever read."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lktui.core.faults import Fault
from lktui.core.importing import Found, of_agents, of_dotenv, of_lk_config, of_variables
from lktui.core.sanitize import clean

LK_CONFIG = Path(".livekit", "cli-config.yaml")
"""The lk command's configuration, in the home folder (livekit-cli, pkg/config/config.go)."""
DOTENV = ".env"
_MAX_BYTES = 1 << 18
_PASTED = "what was pasted"


class Discovered(msgspec.Struct, frozen=True):
    """What there is without being told where to look; None where there is no such source."""

    lk: Found | None = None
    variables: Found | None = None
    dotenv: Found | None = None

    @property
    def all(self) -> tuple[Found, ...]:
        """What was found, the lk command's projects first."""
        return tuple(found for found in (self.lk, self.variables, self.dotenv) if found)


class ImportSources:
    """Looks in a home folder, in the folder of the start, and in the environment.

    Args:
        home: The person's home folder.
        folder: Where lktui was started: its .env is read.
        env: The environment.
    """

    def __init__(self, home: Path, folder: Path, env: Mapping[str, str]) -> None:
        self._home, self._folder, self._env = home, folder, env

    @classmethod
    def here(cls, env: Mapping[str, str]) -> ImportSources:
        """Look where this process runs."""
        home = env.get("HOME", "")
        return cls(Path(home) if home else Path.home(), Path.cwd(), env)

    def discover(self) -> Discovered:
        """Read all that is there; what cannot be read has its fault."""
        variables = of_variables(self._env, "the environment")
        lk, dotenv = self._home / LK_CONFIG, self._folder / DOTENV
        return Discovered(
            lk=self.read(lk) if lk.exists() else None,
            variables=variables if variables.candidates else None,
            dotenv=self._dotenv(dotenv),
        )

    def _dotenv(self, path: Path) -> Found | None:
        """Read a .env; one that has nothing to do with LiveKit is no source."""
        found = self.read(path) if path.is_file() else None
        return found if found is not None and found.candidates else None

    def read(self, path: Path) -> Found:
        """Read one file, whichever of the known kinds it is."""
        source = self._shown(path)
        try:
            path = path.expanduser()
            if not stat.S_ISREG(path.stat().st_mode):
                return _unreadable(source, "it is no plain file")
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
        except (OSError, RuntimeError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else ""
            return _unreadable(source, f"it cannot be read: {why or 'there is no such path'}")
        if len(content) > _MAX_BYTES:
            return _unreadable(source, f"it is larger than {_MAX_BYTES >> 10} KiB")
        try:
            return read_text(content.decode("utf-8-sig"), source)
        except UnicodeDecodeError:
            return _unreadable(source, "it is not UTF-8 text")

    def _shown(self, path: Path) -> str:
        try:
            return clean(f"~/{path.relative_to(self._home)}")
        except ValueError:
            return clean(str(path))


def read_text(text: str, source: str = _PASTED) -> Found:
    """Read agents in JSON, the lk command's YAML, or LIVEKIT_ lines: what it looks like."""
    if len(text.encode(errors="replace")) > _MAX_BYTES:
        return _unreadable(source, f"it is larger than {_MAX_BYTES >> 10} KiB")
    if text.lstrip()[:1] in ("{", "["):
        return _read_json(text, source)
    dotenv = of_dotenv(text, source)
    return dotenv if dotenv.candidates or "projects" not in text else _read_yaml(text, source)


def _read_json(text: str, source: str) -> Found:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        return _unreadable(source, "it is not valid JSON", error.lineno)
    except (ValueError, RecursionError):  # a number with thousands of digits; nested without end
        return _unreadable(source, "it is not valid JSON")
    return of_agents(content, source)


def _read_yaml(text: str, source: str) -> Found:
    import yaml  # noqa: PLC0415 - only who imports needs it

    # As its writer reads it: every scalar is text, so that a secret of digits keeps them all.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        content = yaml.load(text, Loader=loader)  # noqa: S506 - the base loader makes text only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return _unreadable(source, "it is not valid YAML", mark.line + 1 if mark else 0)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _unreadable(source, "it is not valid YAML")
    return of_lk_config(content, source)


def _unreadable(source: str, cause: str, line: int = 0) -> Found:
    return Found(source, faults=(Fault("", cause, "Mend it, or name another file", line),))
