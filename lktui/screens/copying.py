"""Copying to the terminal's clipboard, or to a file where that cannot be: the same everywhere."""

from __future__ import annotations

from textual.app import App

from lktui.core.problems import PortError
from lktui.session.controller import SessionController


def copy_out(app: App[object], controller: SessionController, text: str) -> None:
    """Send a text to the terminal, or write it to a file, and say in the status line which."""
    exports = controller.archive.exports
    size_bytes = len(text.encode())
    reason = exports.why_no_copy(size_bytes)
    if not reason:
        app.copy_to_clipboard(text)
        controller.notice(f"sent {size_bytes} B to the terminal{exports.tmux_hint()}")
        return
    try:
        path = exports.write("copy", ".txt", [text, "\n"])
    except PortError as error:
        controller.report(error.problem)
    else:
        controller.notice(f"{reason}: wrote {path}")
