"""Which versions took part: for bug reports."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from lktui import __version__

_PACKAGES = ("textual", "livekit", "livekit-api", "livekit-protocol", "msgspec")
_OF_THE_TERMINAL = ("TERM", "COLORTERM", "LANG", "LC_ALL")


def versions(env: Mapping[str, str]) -> dict[str, str]:
    """Name lktui, what it is built on, the machine and the terminal.

    Args:
        env: Of which only what describes the terminal is told.
    """
    found = {"lktui": __version__, "Python": platform.python_version()}
    found |= {name: _installed(name) for name in _PACKAGES}
    found["system"] = platform.platform()
    found |= {name: env[name] for name in _OF_THE_TERMINAL if env.get(name)}
    connected = [name for name in ("TMUX", "STY", "SSH_CONNECTION") if env.get(name)]
    found["within"] = ", ".join(connected) or "none of tmux, screen, SSH"
    return found


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
