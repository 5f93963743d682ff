"""What is said and asked about text that is pasted into the composer."""

from __future__ import annotations

from lktui.screens.dashboard import DashboardScreen
from lktui.screens.live.composer import Composer, paste_question
from lktui.session.controller import MAX_LINE_CHARS


class Pasting(DashboardScreen):
    """The handlers of the composer's messages, for the screen that has it."""

    @property
    def composer(self) -> Composer:
        """The line that is typed."""
        raise NotImplementedError

    def on_composer_pasted_lines(self, message: Composer.PastedLines) -> None:
        """Ask whether several lines are one message."""
        lines = message.lines
        self.ask(paste_question(lines), final=False, agreed=lambda: self.composer.take(lines))

    def on_composer_pasted_too_much(self, message: Composer.PastedTooMuch) -> None:
        """Say why nothing was pasted."""
        self.refuse(f"{message.chars} characters; a line has {MAX_LINE_CHARS} at most")
