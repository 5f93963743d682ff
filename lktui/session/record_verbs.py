"""The controller's verbs of reading: which session is shown, past ones, and notes on turns."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.reactive import var

from lktui.core.commands import AnyCommand, ForgetSessions, Note, WriteRecord
from lktui.core.event import SessionId
from lktui.core.problems import PortError
from lktui.core.sanitize import clean
from lktui.session.archive import Archive
from lktui.session.profile_verbs import ProfileVerbs
from lktui.store.profiles import ProfileStore

if TYPE_CHECKING:
    from lktui.core.fold import Fold
    from lktui.core.session import SessionState
    from lktui.core.transcript import Transcript
    from lktui.session.slices import Pause
    from lktui.store.record import PastSession

MAX_NOTE_CHARS = 2000
WRITTEN_S = 1.0
"""Longer than an engine that was not asked would take to write all down."""


class RecordVerbs(ProfileVerbs):
    """The part of the controller that finds sessions, wherever they are known from.

    Args:
        store: The profiles.
        archive: The sessions of the record.
    """

    sessions: var[Mapping[SessionId, SessionState]] = var(MappingProxyType({}), always_update=True)
    focus: var[SessionId | None] = var(None)
    """The session that Live shows."""

    def __init__(self, store: ProfileStore, archive: Archive) -> None:
        super().__init__(store)
        self.archive = archive

    @cached_property
    def _fold(self) -> Fold:
        from lktui.core.fold import Fold  # noqa: PLC0415 - with all events, not at first paint

        return Fold()

    def _send(self, command: AnyCommand) -> None:
        """Ask the engine something."""
        raise NotImplementedError

    def session(self, session: SessionId) -> SessionState | None:
        """Give a session's state, also of a past one that was opened; None if it is not known."""
        return self.sessions.get(session) or self.archive.opened.get(session)

    def transcript(self, session: SessionId) -> Transcript:
        """Give a session's transcript, a plain store; its state's `revision` tells of changes."""
        if session in self.archive.opened and session not in self.sessions:
            return self.archive.transcript(session)
        return self._fold.transcript(session)

    def open_past(self, session: SessionId) -> None:
        """Show a session of the record in Live."""
        try:
            if session not in self.sessions:
                self.archive.open(session)
        except PortError as error:
            self.report(error.problem)
        else:
            self.focus = session

    async def whole(
        self, session: SessionId, pause: Pause
    ) -> tuple[SessionState, Transcript] | None:
        """Give a session with all that was said, from the record if it is a past one.

        Args:
            session: Which one.
            pause: Gives way to keys while it is read.

        Returns:
            State and transcript; None if the record has nothing of it any more.

        Raises:
            PortError: It cannot be read.
        """
        known = self.sessions.get(session)
        if known is not None:
            return known, self._fold.transcript(session)
        opened = self.archive.opened.get(session)
        if opened is not None and opened.over and self.archive.progress(session) is None:
            return opened, self.archive.transcript(session)
        return await self.archive.read_apart(session, pause)

    async def recorded(self, session: SessionId) -> SessionState | PastSession | None:
        """Tell what is known of a session all of whose events so far are in the record.

        Raises:
            PortError: It cannot be read.
        """
        known = self.session(session)
        if known is not None:
            if not known.over:
                await self._have_it_written()
            return known
        return next((one for one in self.archive.sessions() if one.id == session), None)

    async def _have_it_written(self) -> None:
        """Ask the engine to write down what is pending; one that is down has nothing pending."""
        self.archive.written.clear()
        self._send(WriteRecord())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WRITTEN_S):
                await self.archive.written.wait()

    def forget_sessions(self, sessions: tuple[SessionId, ...]) -> None:
        """Delete sessions from the record, but those that go on or whose cleanup is not done."""
        self._send(ForgetSessions(ids=sessions))

    def note_on(self, session: SessionId, about: float, text: str) -> None:
        """Note something on the turn that began at `about`; an empty text takes the note away."""
        text = clean(text.strip(), limit=MAX_NOTE_CHARS)
        self._send(Note(session=session, about=about, text=text))
