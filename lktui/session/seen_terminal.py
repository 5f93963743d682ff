"""Looks at the terminal: the environment, and tmux if it runs there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

from lktui.core.terminal import Terminal

_TMUX_LIMIT_S = 1.0
_DIRECT = ("truecolor", "24bit")


def seen_terminal(env: Mapping[str, str], size: os.terminal_size | None) -> Terminal:
    """Give what can be seen of the terminal.

    Args:
        env: The environment.
        size: Its size; None: there is none.
    """
    term = env.get("TERM", "")
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    direct = env.get("COLORTERM", "") in _DIRECT
    return Terminal(
        term=term,
        colours="true" if direct else "256" if "256" in term else "",
        columns=size.columns if size else 0,
        lines=size.lines if size else 0,
        utf8="utf-8" in locale.lower() or "utf8" in locale.lower(),
        ssh="SSH_CONNECTION" in env or "SSH_TTY" in env,
        tmux="TMUX" in env,
        tmux_clipboard=_clipboard_of_tmux() if "TMUX" in env else "",
    )


def _clipboard_of_tmux() -> str:
    """Ask tmux whether programs may write the clipboard; empty if it does not say."""
    tmux = shutil.which("tmux")
    if tmux is None:
        return ""
    try:
        answer = subprocess.run(
            [tmux, "show-options", "-sv", "set-clipboard"],
            capture_output=True,
            check=False,
            text=True,
            timeout=_TMUX_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
