"""What a screen asks of the app, which alone can do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.message import Message


class QuitRequested(Message):
    """Posted by a screen, handled by the app: end what goes on, clean up and leave."""


class Interrupted(Message):
    """Posted by a screen, handled by the app, which quits at the second one."""


class TerminalWanted(Message):
    """Posted by a screen, handled by the app: another program has the terminal until it ends."""

    def __init__(self, argv: Sequence[str], ended: Callable[[int | None], None]) -> None:
        """Make the request.

        Args:
            argv: The program with its arguments.
            ended: Told its exit code, or None where this terminal cannot be lent.
        """
        super().__init__()
        self.argv, self.ended = argv, ended
