"""The story of a session in the transcript's place, while nobody has said anything."""

from __future__ import annotations

from itertools import takewhile

from lktui.core.events import Mark, Role
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.core.story import StoryLine
from lktui.core.transcript import Transcript


def is_anything_said(said: Transcript) -> bool:
    """Tell whether there is a conversation; lines that wait or were not sent make none."""
    if any(segment.role is not Role.YOU for segment in said.speaking):
        return True
    return any(row.role is not None and row.mark is not Mark.NOT_SENT for row in said)


class StoryRows:
    """A session's timeline as rows; times count from its start."""

    def __init__(self) -> None:
        self.transcript = Transcript()
        self._last: StoryLine | None = None
        self._unsent = 0

    def tell(self, session: SessionState, said: Transcript) -> None:
        """Add what has happened since.

        Args:
            session: Always the same one.
            said: Its transcript, in which nothing is said but lines that could not be sent.
        """
        new = list(takewhile(lambda line: line is not self._last, reversed(session.story)))
        for line in reversed(new):
            took_s = None if line.took_ms is None else line.took_ms / 1000
            self.transcript.add_fact(line.at_s, line.what, line.text, took_s, line.kind)
            self._last = line
        unsent = [row for row in said if row.role is not None]
        for row in unsent[self._unsent :]:
            text = f"{row.text}  {row.mark}"
            at = row.at - session.opened_at
            self.transcript.add_fact(at, row.speaker, text, kind=StateKind.WARNING)
        self._unsent = len(unsent)
