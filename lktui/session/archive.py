"""The record for the screens: sessions that are over, read from the journal, and what is exported.

Like the controller an unmounted DOMNode whose var holds an immutable snapshot. A long session is
read in slices, which its screen asks for, so that no key waits. What reads and writes is imported
when it is first asked for: the first paint needs none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from textual.dom import DOMNode
from textual.reactive import var

from lktui.core.event import SessionEvent, SessionId
from lktui.core.phases import Phase
from lktui.core.record_events import RecordWritten, SessionsForgotten
from lktui.store.paths import Paths

if TYPE_CHECKING:
    from lktui.core.events import AnyEvent
    from lktui.core.export import Format
    from lktui.core.fold import Fold
    from lktui.core.session import SessionState
    from lktui.core.transcript import Transcript
    from lktui.session.exports import Exports
    from lktui.session.slices import Pause
    from lktui.store.record import PastSession, SessionReader

SLICE_EVENTS = 1000
"""Reading so many takes 8 to 12 ms."""
_SLICE_LINES = 250
MAX_OPENED = 8
"""Past sessions that stay in memory; the one that was opened first goes."""


class Archive(DOMNode):
    """Past sessions; those that were opened are in `opened`."""

    opened: var[Mapping[SessionId, SessionState]] = var(MappingProxyType({}), always_update=True)

    changes: var[int] = var(0)
    """Goes up when sessions have left the record."""

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        super().__init__()
        self._paths, self._env = paths, env
        self.written = asyncio.Event()
        """Set when the engine says that what has happened is on the disk."""
        self._folds: dict[SessionId, Fold] = {}
        self._readers: dict[SessionId, SessionReader] = {}

    @cached_property
    def exports(self) -> Exports:
        """Where files and copies go."""
        from lktui.session.exports import Exports  # noqa: PLC0415 - not at first paint

        return Exports(self._paths, self._env)

    # --- the list ---------------------------------------------------------------------------

    def sessions(self) -> tuple[PastSession, ...]:
        """List the sessions of the record, the newest first.

        Raises:
            PortError: It cannot be read.
        """
        from lktui.store.record import list_sessions  # noqa: PLC0415 - not at first paint

        return list_sessions(self._paths)

    # --- reading one ------------------------------------------------------------------------

    def open(self, session: SessionId) -> None:
        """Read a session's beginning; `read_on` reads the rest.

        Raises:
            PortError: It cannot be read.
        """
        from lktui.core.fold import Fold  # noqa: PLC0415 - not at first paint
        from lktui.store.record import SessionReader  # noqa: PLC0415 - the same

        if session in self._folds:
            return
        while len(self._folds) >= MAX_OPENED:
            self.close(next(iter(self._folds)))
        self._readers[session] = SessionReader(self._paths, session)
        self._folds[session] = Fold()
        self.read_on(session)

    def read_on(self, session: SessionId) -> bool:
        """Read some more of a session that was opened; True while there is more.

        Raises:
            PortError: It cannot be read any more.
        """
        reader = self._readers.get(session)
        if reader is None:
            return False
        events = reader.read(SLICE_EVENTS)
        if not events:
            reader.close()
            del self._readers[session]
        self._take(session, events)
        return bool(events)

    def progress(self, session: SessionId) -> float | None:
        """Tell how much of a session is read, 0 to 1; None: all of it."""
        reader = self._readers.get(session)
        return None if reader is None else reader.progress

    def close(self, session: SessionId) -> None:
        """Let go of a session that was opened."""
        self._folds.pop(session, None)
        reader = self._readers.pop(session, None)
        if reader is not None:
            reader.close()
        self._publish()

    def transcript(self, session: SessionId) -> Transcript:
        """Give the transcript of a session that was opened."""
        return self._folds[session].transcript(session)

    def hear(self, events: Iterable[AnyEvent]) -> None:
        """Take over what the engine says of sessions that were opened: notes on them."""
        for event in events:
            if isinstance(event, SessionsForgotten):
                self.changes += 1
            if isinstance(event, RecordWritten):
                self.written.set()
            # One that is still being read comes with the rest.
            opened = self._folds.keys() - self._readers.keys()
            if isinstance(event, SessionEvent) and event.session in opened:
                self._take(event.session, [event])

    def _take(self, session: SessionId, events: Iterable[AnyEvent]) -> None:
        self._folds[session].apply(events)
        self._publish()

    def _publish(self) -> None:
        found = {
            session: self._as_it_is(fold.state.sessions[session])
            for session, fold in self._folds.items()
            if session in fold.state.sessions
        }
        self.opened = MappingProxyType(found)

    async def read_apart(
        self, session: SessionId, pause: Pause
    ) -> tuple[SessionState, Transcript] | None:
        """Read a whole session without showing it.

        Args:
            session: Which one.
            pause: Gives way to keys between the slices.

        Returns:
            State and transcript; None if the record has nothing of it.

        Raises:
            PortError: It cannot be read.
        """
        from lktui.core.fold import Fold  # noqa: PLC0415 - not at first paint
        from lktui.store.record import SessionReader  # noqa: PLC0415 - the same

        fold = Fold()
        with SessionReader(self._paths, session) as reader:
            while events := reader.read(SLICE_EVENTS):
                fold.apply(events)
                await pause(reader.progress)
        state = fold.state.sessions.get(session)
        return (state, fold.transcript(session)) if state is not None else None

    def _as_it_is(self, read: SessionState) -> SessionState:
        """Have a session that is over be over also while its end is not read yet."""
        reader = self._readers.get(read.id)
        if reader is None or not reader.is_over:
            return msgspec.structs.replace(read, elsewhere=not read.over)
        return msgspec.structs.replace(read, phase=Phase.ENDED)

    # --- what leaves the program ------------------------------------------------------------

    async def export(
        self, session: SessionState, rows: Transcript, form: Format, pause: Pause
    ) -> Path:
        """Write a session to a new file for people.

        Args:
            session: What is known of it.
            rows: Its transcript; more may be said meanwhile.
            form: Markdown or a bug report.
            pause: Gives way to keys between the slices.

        Raises:
            PortError: The disk does not take the file.
        """
        from lktui.core.export import Format, markdown, report  # noqa: PLC0415 - not at first paint
        from lktui.session.slices import in_slices  # noqa: PLC0415 - the same
        from lktui.session.versions import versions  # noqa: PLC0415 - the same

        is_report = form is Format.REPORT
        parts = report(session, rows, versions(self._env)) if is_report else markdown(session, rows)
        pieces = in_slices(parts, len(rows), pause)
        return await self.exports.write_in_slices(file_name(session), form.suffix, pieces)

    async def export_events(self, session: SessionState | PastSession, pause: Pause) -> Path:
        """Write a session's events to a new file, as the record has them.

        Raises:
            PortError: The record cannot be read, or the disk does not take the file.
        """
        from lktui.core.export import Format  # noqa: PLC0415 - not at first paint

        pieces = recorded_lines(self._paths, session.id, pause)
        suffix = Format.EVENTS.suffix
        return await self.exports.write_in_slices(file_name(session), suffix, pieces)


def file_name(session: SessionState | PastSession) -> str:
    """Name the file of a session, without its suffix."""
    return f"{session.profile}-{session.room or session.id}"


async def recorded_lines(paths: Paths, session: SessionId, pause: Pause) -> AsyncGenerator[str]:
    """Write a session's events as the record has them, a line each, many of them at once.

    Raises:
        PortError: The record cannot be read.
    """
    from lktui.core.export import event_line  # noqa: PLC0415 - not at first paint
    from lktui.store.record import SessionReader  # noqa: PLC0415 - the same

    with SessionReader(paths, session) as reader:
        while events := reader.read(_SLICE_LINES):
            yield "".join(map(event_line, events))
            await pause(reader.progress)
