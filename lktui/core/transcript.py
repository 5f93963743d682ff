"""What was said in one session, in order: a plain store of rows, upserted by key.

A line that is final is committed once, at its place by the time it was opened; what is still
being said is kept apart. `Row` is made when one is looked at. Views follow by `splices_since`.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from lktui.core.events import Mark, Role, SegmentUpdated
from lktui.core.row_columns import NO_TIME, Place, RowColumns
from lktui.core.signs import StateKind
from lktui.core.splices import Splice, SpliceLog
from lktui.core.transcript_row import Fact, Reply, Row, TranscriptLine

__all__ = ["NOTE", "Fact", "Reply", "Row", "Splice", "Transcript", "TranscriptLine"]

_REMEMBERED_KEYS = 4096
"""Committed lines that can still be changed; more than reassembly ever holds open."""
NOTE = Fact.NOTE.value
"""What stands in the speaker's column of a note."""


class Transcript:
    """The rows of one session; see the module."""

    def __init__(self) -> None:
        self.revision = 0
        """Goes up with every change, also of what is being said now."""
        self.turns = 0
        """Committed lines."""
        self._rows = RowColumns()
        self._log = SpliceLog()
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._fact_places: OrderedDict[str, Place] = OrderedDict()
        self._speaking: dict[str, SegmentUpdated] = {}
        self._last_reply: Reply | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return self._rows[index]

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    @property
    def edits(self) -> int:
        """Goes up with every change of rows."""
        return self._log.edits

    @property
    def speaking(self) -> tuple[SegmentUpdated, ...]:
        """What is being said now, in the order of its beginning."""
        return tuple(sorted(self._speaking.values(), key=lambda segment: segment.opened_at))

    @property
    def first_agent(self) -> str | None:
        """The name of the agent whose line was the first; None before it."""
        return self._rows.first_agent

    @property
    def speakers(self) -> tuple[str, ...]:
        """What stands in the speaker's column of any row, in the order in which it came."""
        return self._rows.speakers

    @property
    def last_reply(self) -> Reply | None:
        """The newest reply whose latency is known."""
        return self._last_reply

    # --- what is said and what happens ------------------------------------------------------

    def apply(self, update: SegmentUpdated) -> None:
        """Take the newest text of a segment; final without text means that there is no line."""
        self.revision += 1
        if not update.final:
            if update.text:
                self._speaking[update.key] = update
            else:
                self._speaking.pop(update.key, None)
            return
        self._speaking.pop(update.key, None)
        place = self._places.get(update.key)
        if place is None:
            if update.text:
                self._commit(update)
            return
        index = self._rows.find(place)
        if update.text:
            self._rows.sign(index, update.mark, None)
            self._rows.write(index, update.text)
            self._edited(index, 1, 1)
        else:
            del self._places[update.key]
            self._remove(index)

    def add_fact(
        self,
        at: float,
        what: str,
        text: str,
        took_s: float | None = None,
        kind: StateKind | None = None,
        *,
        mark: Mark = Mark.NONE,
        key: str = "",
    ) -> None:
        """Add a quiet line about something that happened between the lines.

        Args:
            at: When, on the engine's clock.
            what: One word for the speaker's column.
            text: One line, sanitised.
            took_s: How long it took, seconds.
            kind: The state that it tells of.
            mark: What is to be said about it.
            key: What it is about: a later fact of this key replaces it.
        """
        self.revision += 1
        known = self._fact_places.get(key) if key else None
        if known is not None and known.at != at:
            self._remove(self._rows.find(known))
            known = None
        if known is None:
            index, place = self._rows.insert(
                at, text, speaker=what, role=None, mark=mark, kind=kind, heard=at
            )
            if key:
                _remember(self._fact_places, key, place)
        else:
            index = self._rows.find(known)
            self._rows.sign(index, mark, kind)
            self._rows.write(index, text)
        self._rows.took[index] = NO_TIME if took_s is None else took_s
        self._edited(index, 0 if known is None else 1, 1)

    def note(self, about: float, text: str) -> None:
        """Put a note behind what began at a time; an empty one takes it away.

        Args:
            about: When the turn began, on the engine's clock.
            text: One line, sanitised.
        """
        self.revision += 1
        index = bisect_left(self._rows.at, about)
        stop = bisect_right(self._rows.at, about)
        while index < stop and self.speaker(index) != NOTE:
            index += 1
        if index == stop and text:
            self.add_fact(about, NOTE, text)
        elif index < stop and text:
            self._rows.write(index, text)
            self._edited(index, 1, 1)
        elif index < stop:
            self._remove(index)

    # --- what views ask ---------------------------------------------------------------------

    def text(self, index: int) -> str:
        """Give a row's text alone."""
        return self._rows.text(index)

    def speaker(self, index: int) -> str:
        """Give what stands in a row's speaker's column alone."""
        return self._rows.speaker(index)

    def text_bytes(self, start: int, stop: int) -> int:
        """Count the text of some rows in bytes: what it costs to wrap them."""
        return self._rows.text_bytes(start, stop)

    def replies(self, start: int = 0) -> list[Reply]:
        """List the known latencies from a row on, in order; costs a look at each of the rows."""
        rows = self._rows
        return [
            Reply(rows.at[index], took)
            for index, took in enumerate(rows.took[start:], start)
            if not math.isnan(took) and rows.role(index) is Role.AGENT
        ]

    def splices_since(self, edit: int) -> Sequence[Splice] | None:
        """Tell how rows changed since `edits` had this value.

        Returns:
            Splices to apply in order; None when that is too long ago: then everything may be new.
        """
        return self._log.since(edit)

    def as_lines(self, started_at: float) -> list[TranscriptLine]:
        """List what was said for scripts, the lines that are not final yet at the end.

        Args:
            started_at: The session's start on the engine's clock.
        """
        lines = [
            TranscriptLine(
                at_ms=round((row.at - started_at) * 1000),
                speaker=row.speaker,
                role=row.role,
                text=row.text,
                final=row.mark is not Mark.UNCONFIRMED,
                latency_ms=None if row.took_s is None else round(row.took_s * 1000),
            )
            for row in self
            if row.role is not None
        ]
        lines += [
            TranscriptLine(
                at_ms=round((segment.opened_at - started_at) * 1000),
                speaker=segment.speaker,
                role=segment.role,
                text=segment.text,
                final=False,
                latency_ms=None,
            )
            for segment in self.speaking
            if segment.key not in self._places
        ]
        return lines

    # --- how rows change --------------------------------------------------------------------

    def _commit(self, update: SegmentUpdated) -> None:
        agent = update.role is Role.AGENT
        heard = update.first_text_at if agent else max(update.at, update.opened_at)
        self.turns += 1
        index, place = self._rows.insert(
            update.opened_at,
            update.text,
            speaker=update.speaker,
            role=update.role,
            mark=update.mark,
            kind=None,
            heard=heard,
        )
        _remember(self._places, update.key, place)
        self._edited(index, 0, 1)

    def _remove(self, index: int) -> None:
        self.turns -= self._rows.role(index) is not None
        self._rows.remove(index)
        self._edited(index, 1, 0)

    def _edited(self, index: int, removed: int, added: int) -> None:
        """Set the latencies that a change touches, and log it together with them."""
        if not removed and added == 1 and index == len(self._rows) - 1:
            self._appended(index)
            return
        changed = index + added
        took = self._rows.took
        for reply in self._lines_from(index, added + 1):
            latency = self._latency(reply)
            known = took[reply]
            if latency != known and not (math.isnan(latency) and math.isnan(known)):
                took[reply] = latency
                changed = max(changed, reply + 1)
        further = changed - (index + added)
        splice = Splice(index, removed + further, added + further)
        self._log.add(splice)
        self._refresh_last_reply()

    def _appended(self, index: int) -> None:
        """Do the same for a row that came last: it touches no other, and most do."""
        latency = self._latency(index)
        if not math.isnan(latency):
            self._rows.took[index] = latency
            self._last_reply = Reply(self._rows.at[index], latency)
        self._log.add_row(index)

    def _lines_from(self, index: int, count: int) -> list[int]:
        """Find the next lines that somebody said."""
        lines: list[int] = []
        while index < len(self) and len(lines) < count:
            if self._rows.role(index) is not None:
                lines.append(index)
            index += 1
        return lines

    def _latency(self, index: int) -> float:
        """Measure from the end of what a person said to the first words of the reply to it."""
        rows = self._rows
        if rows.role(index) is not Role.AGENT or rows.mark(index) is Mark.HISTORY:
            return NO_TIME
        asked = index - 1
        while asked >= 0 and (rows.role(asked) is None or rows.mark(asked) is Mark.NOT_SENT):
            asked -= 1
        if asked < 0 or rows.role(asked) is Role.AGENT or rows.mark(asked) is Mark.HISTORY:
            return NO_TIME
        latency = rows.heard[index] - rows.heard[asked]
        return latency if latency >= 0 else NO_TIME

    def _refresh_last_reply(self) -> None:
        """Look back from the end as far as needed."""
        rows = self._rows
        looked = range(len(self) - 1, -1, -1)
        found = (
            Reply(rows.at[index], rows.took[index])
            for index in looked
            if rows.role(index) is Role.AGENT and not math.isnan(rows.took[index])
        )
        self._last_reply = next(found, None)


def _remember(places: OrderedDict[str, Place], key: str, place: Place) -> None:
    places[key] = place
    if len(places) > _REMEMBERED_KEYS:
        places.popitem(last=False)
