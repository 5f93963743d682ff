"""Lends the terminal to another program, and takes it back at its end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

from lktui.core.sanitize import clean_detail
from lktui.hangup import EndingSignals

_NOT_STARTED = 127
"""What shells give for a program that is not there."""


def lend_terminal(app: App[None], signals: EndingSignals, argv: Sequence[str]) -> int | None:
    """Run a program in our terminal until it ends; nothing is drawn meanwhile.

    Where it fails, its last words stay until a key is pressed.

    Args:
        app: Draws on the terminal otherwise.
        signals: What ends us otherwise.
        argv: The program with its arguments; no secret may be among them.

    Returns:
        Its exit code; None if this terminal cannot be lent.
    """
    try:
        with app.suspend(), signals.interrupt_is_for_another():
            code = _run(argv)
            if code:
                name = Path(argv[0]).name
                print(f"{name} ended with exit code {code}; enter goes back")  # noqa: T201 - the screen is gone
                _await_enter()
            return code
    except SuspendNotSupported:
        return None


def _run(argv: Sequence[str]) -> int:
    try:
        return subprocess.call(argv)
    except OSError as error:
        print(clean_detail(f"{argv[0]}: {error.strerror}"))  # noqa: T201 - as above
        return _NOT_STARTED


def _await_enter() -> None:
    try:
        input()
    except EOFError:
        return  # the terminal has gone, and with it whoever could press a key
