"""The record for the screens: sessions that are over, read from the journal, and what is exported.

Like the controller an unmounted DOMNode whose var holds an immutable snapshot. A long session is
read in slices, which its screen asks for, so that no key waits. What reads and writes is imported
when it is first asked for: the first paint needs none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
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
    from lktui.store.record import PastSession, SessionReader

SLICE_EVENTS = 1000
"""Reading so many takes 8 to 12 ms."""
_CHUNK_EVENTS = 2000
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
        self._read: dict[SessionId, int] = {}

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
        self._folds[session], self._read[session] = Fold(), 0
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
        self._read[session] += len(events)
        if not events:
            reader.close()
            del self._readers[session]
        self._take(session, events)
        return bool(events)

    def progress(self, session: SessionId) -> float | None:
        """Tell how much of a session is read, 0 to 1; None: all of it."""
        reader = self._readers.get(session)
        if reader is None or not reader.total:
            return None
        return min(1.0, self._read[session] / reader.total)

    def close(self, session: SessionId) -> None:
        """Let go of a session that was opened."""
        self._folds.pop(session, None)
        self._read.pop(session, None)
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

    async def read_apart(self, session: SessionId) -> tuple[SessionState, Transcript] | None:
        """Read a whole session without showing it, with room for keys between the slices.

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
                await asyncio.sleep(0)
        state = fold.state.sessions.get(session)
        return (state, fold.transcript(session)) if state is not None else None

    def _as_it_is(self, read: SessionState) -> SessionState:
        """Have a session that is over be over also while its end is not read yet."""
        reader = self._readers.get(read.id)
        if reader is None or not reader.is_over:
            return read
        return msgspec.structs.replace(read, phase=Phase.ENDED)

    # --- what leaves the program ------------------------------------------------------------

    def export(self, session: SessionState, rows: Transcript, form: Format) -> Path:
        """Write a session to a new file.

        Raises:
            PortError: The record cannot be read, or the disk does not take the file.
        """
        name = f"{session.profile}-{session.room or session.id}"
        return self.exports.write(name, form.suffix, self._parts(session, rows, form))

    def _parts(self, session: SessionState, rows: Transcript, form: Format) -> Iterator[str]:
        from lktui.core.export import Format, markdown, report  # noqa: PLC0415 - not at first paint
        from lktui.session.versions import versions  # noqa: PLC0415 - the same

        match form:
            case Format.MARKDOWN:
                return markdown(session, rows)
            case Format.REPORT:
                return report(session, rows, versions(self._env))
            case Format.EVENTS:
                return recorded_lines(self._paths, session.id)


def recorded_lines(paths: Paths, session: SessionId) -> Iterator[str]:
    """Write a session's events as the record has them, a line each.

    Raises:
        PortError: The record cannot be read.
    """
    from lktui.core.export import event_line  # noqa: PLC0415 - not at first paint
    from lktui.store.record import SessionReader  # noqa: PLC0415 - the same

    with SessionReader(paths, session) as reader:
        batches = iter(lambda: reader.read(_CHUNK_EVENTS), [])
        yield from map(event_line, chain.from_iterable(batches))
