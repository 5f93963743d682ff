"""Noting something on a turn."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.events import SessionId
from lktui.core.shown_rows import Rows
from lktui.core.signs import clock
from lktui.core.transcript import NOTE
from lktui.core.wrap import clip
from lktui.screens.action_screen import does
from lktui.screens.dashboard import DashboardScreen
from lktui.widgets.following import Following
from lktui.widgets.transcript_view import TranscriptView

if TYPE_CHECKING:
    from lktui.screens.live.note_row import NoteRow

_TURN_CELLS = 50


class Noting(DashboardScreen):
    """The handlers of `m` and of the line that it opens."""

    _noted: tuple[SessionId, float] | None = None
    """What the open line is about."""
    _was_following = False

    @property
    def transcript(self) -> TranscriptView:
        """The rows on the screen."""
        raise NotImplementedError

    @property
    def rows(self) -> Rows | None:
        """What the transcript shows; None before there is anything."""
        raise NotImplementedError

    @property
    def turn(self) -> int | None:
        """The row that keys act on."""
        raise NotImplementedError

    @does(ActionId.LIVE_NOTE)
    async def _open_note(self, view: View) -> None:
        from lktui.screens.live.note_row import NoteRow  # noqa: PLC0415 - an input is dear

        rows, at = self.rows, self.turn
        session = view.session
        if session is None or rows is None or at is None or self.tells_story:
            self.refuse("nobody has said anything yet")
            return
        while at > 0 and rows.speaker(at) == NOTE:
            at -= 1
        row = rows[at]
        self._was_following = isinstance(self.transcript.follow, Following)
        self.transcript.go_to(at)
        self._noted = (session.id, row.at)
        said = f"{clock(row.at - session.opened_at)} {row.speaker}: {row.text}"
        await self.open_overlay(NoteRow(clip(said, _TURN_CELLS), _note_on(rows, at)))

    @property
    def tells_story(self) -> bool:
        """Whether the rows are the story of the beginning."""
        raise NotImplementedError

    @does(ActionId.NOTE_KEEP)
    async def _keep_note(self, _view: View) -> None:
        text, noted = self._note_row.text, self._noted
        await self._leave_note()
        if noted is not None:
            self.controller.note_on(*noted, text)

    @does(ActionId.NOTE_CLOSE)
    def _close_note(self, _view: View) -> Awaitable[None]:
        return self._leave_note()

    async def _leave_note(self) -> None:
        """Close the line; where the end was in view it is again."""
        await self.close_overlay()
        if self._was_following:
            self.transcript.action_follow()

    @property
    def _note_row(self) -> NoteRow:
        from lktui.screens.live.note_row import NoteRow  # noqa: PLC0415 - as above

        return self.query_one(NoteRow)


def _note_on(rows: Rows, turn: int) -> str:
    """Give the note that stands behind a turn; empty if there is none."""
    at, begun = turn + 1, rows[turn].at
    while at < len(rows) and rows[at].at == begun:
        if rows.speaker(at) == NOTE:
            return rows.text(at)
        at += 1
    return ""
