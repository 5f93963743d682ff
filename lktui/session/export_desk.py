"""Writes conversations to files for the controller, with room for keys meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from lktui.core.event import SessionId
from lktui.core.export import Format
from lktui.core.problems import PortError
from lktui.session.slices import in_slices
from lktui.tasks import Tasks

if TYPE_CHECKING:
    from pathlib import Path

    from lktui.session.controller import SessionController

_PAUSE_S = 0.001
"""A timer, since a callback in our own queue would be taken before the loop reads a key."""
_WITHOUT_TEXTS = "texts are kept out of the record: "


class ExportProgress(msgspec.Struct, frozen=True):
    """How far an export is."""

    subject: str
    """What is written, for people."""
    percent: int


class ExportDesk:
    """Does one export at a time, and says in the controller's `exporting` how far it is.

    Args:
        controller: Whose sessions are written.
    """

    def __init__(self, controller: SessionController) -> None:
        self._host = controller
        self._tasks = Tasks("exports", self._failed)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return bool(len(self._tasks))

    def export(self, sessions: tuple[SessionId, ...], form: Format, subject: str) -> None:
        """Write sessions to new files, one after the other, and say where they are.

        Args:
            sessions: Those that are known to the controller or to the record.
            form: As what.
            subject: What they are called meanwhile.
        """
        if self.is_busy:
            self._host.notice("not now: an export is under way")
        else:
            self._tasks.start(self._export(sessions, form, subject))

    def write_copy(self, lines: Iterable[str], count: int) -> None:
        """Write what is too long for a clipboard to a file, and say so.

        Args:
            lines: Each with its line break.
            count: About how many they are.
        """
        if self.is_busy:
            self._host.notice("not now: an export is under way")
        else:
            self._tasks.start(self._write_copy(lines, count))

    def stop(self) -> None:
        """Stop writing; nothing is left of the file that was begun."""
        self._tasks.start(self._tasks.cancel())

    async def close(self) -> None:
        """Stop writing and wait until that is done."""
        await self._tasks.cancel()

    async def _export(self, sessions: tuple[SessionId, ...], form: Format, subject: str) -> None:
        written: list[Path] = []
        try:
            for done, session in enumerate(sessions):
                path = await self._export_one(session, form, _Share(done, len(sessions), subject))
                if path is None:
                    self._host.notice("not now: the record has nothing of this session any more")
                    return
                written.append(path)
            lacks = form is Format.EVENTS and any(map(self._lacks_texts, sessions))
        except PortError as error:
            self._host.report(error.problem)
        except asyncio.CancelledError:
            self._host.notice(_stopped(len(written), len(sessions)))
            raise
        else:
            where = written[0] if len(written) == 1 else written[0].parent
            files = "" if len(written) == 1 else f"{len(written)} files to "
            self._done(f"{_WITHOUT_TEXTS if lacks else ''}wrote {files}{where}")
        finally:
            self._host.exporting = None

    async def _export_one(self, session: SessionId, form: Format, part: _Share) -> Path | None:
        """Write one session; None if the record has lost it meanwhile."""
        read = 0.0

        async def reading(share: float) -> None:
            nonlocal read
            read = share / 2
            await self._give_way(part, read)

        async def writing(share: float) -> None:
            await self._give_way(part, read + share * (1 - read))

        if form is Format.EVENTS:
            known = await self._host.recorded(session)
            return (
                await self._host.archive.export_events(known, writing)
                if known is not None
                else None
            )
        found = await self._host.whole(session, reading)
        return await self._host.archive.export(*found, form, writing) if found is not None else None

    def _lacks_texts(self, session: SessionId) -> bool:
        """Whether something was said that the record does not have."""
        known = self._host.session(session)
        listed = next((one for one in self._host.archive.sessions() if one.id == session), None)
        was_said = known is not None and known.turns > 0
        return was_said and listed is not None and listed.turns is None

    async def _write_copy(self, lines: Iterable[str], count: int) -> None:
        part = _Share(0, 1, "the conversation")
        exports = self._host.archive.exports

        async def writing(share: float) -> None:
            await self._give_way(part, share)

        try:
            pieces = in_slices(lines, count, writing)
            path = await exports.write_in_slices("copy", ".txt", pieces)
        except PortError as error:
            self._host.report(error.problem)
        except asyncio.CancelledError:
            self._host.notice(_stopped(0, 1))
            raise
        else:
            self._done(f"{exports.why_no_copy(path.stat().st_size)}: wrote {path}")
        finally:
            self._host.exporting = None

    def _done(self, text: str) -> None:
        # While it took long keys were pressed; the next one is not about the file.
        self._host.notice(text, stays=self._host.exporting is not None)

    def _failed(self, _error: BaseException) -> None:
        """Say that what is unforeseen has ended the export; the log tells it."""
        self._host.warn("the export failed; lktui logs says why")

    async def _give_way(self, part: _Share, share: float) -> None:
        """Let keys be answered, and say how far it is."""
        percent = int((part.done + share) / part.of * 100)
        if self._host.exporting is None or self._host.exporting.percent != percent:
            self._host.exporting = ExportProgress(part.subject, percent)
        await self._host.clock.sleep(_PAUSE_S)


class _Share(msgspec.Struct, frozen=True):
    """Which part of an export one file is."""

    done: int
    """Files before it."""
    of: int
    subject: str


def _stopped(written: int, wanted: int) -> str:
    if not written:
        return "stopped: nothing was written"
    return f"stopped: {written} of {wanted} files were written"
