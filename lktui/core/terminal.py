"""What a terminal can do, as far as the environment tells."""

from __future__ import annotations

import msgspec

from lktui.core.doctor import Check, CheckState, Finding
from lktui.core.problems import ProblemCode, problem
from lktui.core.sanitize import clean

LEAST_COLUMNS, LEAST_LINES = 60, 15


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of the terminal."""

    term: str
    colours: str
    """`truecolor`, `256` and so on, as the environment says; empty if it does not."""
    columns: int = 0
    """0: not a terminal."""
    lines: int = 0
    utf8: bool = True
    ssh: bool = False
    tmux: bool = False
    tmux_clipboard: str = ""
    """tmux's `set-clipboard`; empty if it could not be asked."""


def terminal_finding(seen: Terminal) -> Finding:
    """Say what the terminal cannot do; of several things the one that hurts most first."""
    words = [clean(seen.term, limit=30) or "TERM is not set"]
    words += [f"{seen.colours} colours"] if seen.colours else []
    words += [f"{seen.columns} x {seen.lines}"] if seen.columns else ["no terminal"]
    words += ["UTF-8" if seen.utf8 else "no UTF-8"]
    words += ["tmux"] * seen.tmux + ["SSH"] * seen.ssh
    told = ", ".join(words)
    doubts = _doubts(seen)
    if not doubts:
        return Finding(check=Check.TERMINAL, state=CheckState.OK, detail=told)
    return Finding(
        check=Check.TERMINAL,
        state=CheckState.DOUBT,
        detail=doubts[0][0],
        problem=problem(
            ProblemCode.TERMINAL_LIMITED,
            why="; ".join(why for why, _ in doubts),
            what="; ".join(what for _, what in doubts),
        ),
        seen=(told,),
    )


def _doubts(seen: Terminal) -> list[tuple[str, str]]:
    found = []
    if seen.columns and (seen.columns < LEAST_COLUMNS or seen.lines < LEAST_LINES):
        small = (
            f"it has {seen.columns} x {seen.lines}, and {LEAST_COLUMNS} x {LEAST_LINES} is least"
        )
        found.append((small, "Make the window larger"))
    if seen.tmux and seen.tmux_clipboard not in ("", "on"):
        why = f"tmux: set-clipboard is {clean(seen.tmux_clipboard, limit=20)}, copies are ignored"
        found.append((why, "Run: tmux set -s set-clipboard on"))
    if not seen.utf8:
        found.append(("the locale is not UTF-8: signs are ASCII", "Set LANG to one with UTF-8"))
    if seen.term in ("", "dumb"):
        found.append(("TERM names no terminal", "Set TERM, for instance to xterm-256color"))
    return found
