"""What was said in one session, in order: a plain store of rows, upserted by segment.

A line that is final is committed once, at its place by the time it was opened; what is still
being said is kept apart. Rows are columns of numbers and one run of UTF-8, so that a million of
them fit into memory; `Row` is made when one is looked at. Views follow by `splices_since`.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence

import msgspec

from lktui.core.events import Mark, Role, SegmentUpdated
from lktui.core.signs import StateKind

_REMEMBERED_KEYS = 4096
"""Committed lines that can still be changed; more than reassembly ever holds open."""
_REMEMBERED_SPLICES = 256
_NO_TIME = math.nan
_NOTES: tuple[Mark | StateKind, ...] = (*Mark, *StateKind)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a line that somebody said, or a fact between the lines."""

    at: float
    """When it began, on the engine's clock."""
    speaker: str
    """Who spoke; of a fact, the word for what it is."""
    role: Role | None
    """None: a fact."""
    text: str
    took_s: float | None
    """How long a reply took to begin, or a fact took, seconds."""
    mark: Mark
    kind: StateKind | None
    """The state that a fact tells of."""
    other_agent: bool
    """It speaks as agent, but is not the session's first one."""


class Splice(msgspec.Struct, frozen=True):
    """A change of rows: those from `at`, `removed` of them, became `added` others."""

    at: int
    removed: int
    added: int


class Reply(msgspec.Struct, frozen=True):
    """How fast the agent began to answer."""

    at: float
    latency_s: float


class TranscriptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as `--json` shows it: an interface for scripts."""

    at_ms: int
    """From the start of the session."""
    speaker: str
    role: Role
    text: str
    final: bool
    latency_ms: int | None


class _Voice(msgspec.Struct, frozen=True):
    name: str
    role: Role | None
    other_agent: bool = False


class _Place(msgspec.Struct, frozen=True):
    """Where to look for a committed line: its time and its number tell it from all others."""

    at: float
    number: int


class _Logged(msgspec.Struct, frozen=True):
    before: int
    """Edits before this one."""
    splice: Splice


class Transcript:
    """The rows of one session; see the module."""

    def __init__(self) -> None:
        self.revision = 0
        """Goes up with every change, also of what is being said now."""
        self.edits = 0
        """Goes up with every change of rows."""
        self.turns = 0
        """Committed lines."""
        self._at = array("d")
        self._heard = array("d")  # the agent's first text, or when anybody else's line was final
        self._took = array("d")
        self._voice = array("I")
        self._note = array("B")
        self._number = array("I")
        self._text_start = array("Q")
        self._text_size = array("I")
        self._texts = bytearray()
        self._voices: list[_Voice] = []
        self._voice_index: dict[tuple[str, Role | None], int] = {}
        self._first_agent: str | None = None
        self._numbered = 0
        self._places: dict[str, _Place] = {}
        self._speaking: dict[str, SegmentUpdated] = {}
        self._log: deque[_Logged] = deque(maxlen=_REMEMBERED_SPLICES)
        self._last_reply: Reply | None = None

    def __len__(self) -> int:
        return len(self._at)

    def __getitem__(self, index: int) -> Row:
        voice = self._voices[self._voice[index]]
        note = _NOTES[self._note[index]]
        took = self._took[index]
        return Row(
            at=self._at[index],
            speaker=voice.name,
            role=voice.role,
            text=self._text(index),
            took_s=None if math.isnan(took) else took,
            mark=note if isinstance(note, Mark) else Mark.NONE,
            kind=note if isinstance(note, StateKind) else None,
            other_agent=voice.other_agent,
        )

    def __iter__(self) -> Iterator[Row]:
        return map(self.__getitem__, range(len(self)))

    @property
    def speaking(self) -> tuple[SegmentUpdated, ...]:
        """What is being said now, in the order of its beginning."""
        return tuple(sorted(self._speaking.values(), key=lambda segment: segment.opened_at))

    @property
    def first_agent(self) -> str | None:
        """The name of the agent whose line was the first; None before it."""
        return self._first_agent

    @property
    def last_reply(self) -> Reply | None:
        """The newest reply whose latency is known."""
        return self._last_reply

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
        index = self._find(update.key)
        if index is None:
            if update.text:
                self._commit(update)
        elif update.text:
            self._note[index] = _NOTES.index(update.mark)
            self._write_text(index, update.text)
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
    ) -> None:
        """Add a quiet line about something that happened between the lines.

        Args:
            at: When, on the engine's clock.
            what: One word for the speaker's column.
            text: One line, sanitised.
            took_s: How long it took, seconds.
            kind: The state that it tells of.
        """
        self.revision += 1
        note = _NOTES.index(Mark.NONE if kind is None else kind)
        index = self._make_row(at, text, voice=self._voice_of(what, None), note=note, heard=at)
        self._took[index] = _NO_TIME if took_s is None else took_s
        self._edited(index, 0, 1)

    def text_bytes(self, start: int, stop: int) -> int:
        """Count the text of some rows in bytes: what it costs to wrap them."""
        return sum(self._text_size[start:stop])

    def replies(self) -> list[Reply]:
        """List the known latencies in order; costs a look at every row."""
        return [
            Reply(self._at[index], took)
            for index, took in enumerate(self._took)
            if not math.isnan(took) and self._role(index) is Role.AGENT
        ]

    def splices_since(self, edit: int) -> Sequence[Splice] | None:
        """Tell how rows changed since `edits` had this value.

        Returns:
            Splices to apply in order; None when that is too long ago: then everything may be new.
        """
        if edit == self.edits:
            return ()
        if not self._log or edit < self._log[0].before:
            return None
        splices = []
        for logged in self._log:
            splice = logged.splice
            known = edit - logged.before
            if known <= 0:
                splices.append(splice)
            elif known < splice.added and not splice.removed:
                splices.append(Splice(splice.at + known, 0, splice.added - known))
        return splices

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

    def _commit(self, update: SegmentUpdated) -> None:
        agent = update.role is Role.AGENT
        heard = update.first_text_at if agent else max(update.at, update.opened_at)
        place = _Place(update.opened_at, self._numbered)
        self._places[update.key] = place
        if len(self._places) > _REMEMBERED_KEYS:
            del self._places[next(iter(self._places))]
        self.turns += 1
        voice = self._voice_of(update.speaker, update.role)
        note = _NOTES.index(update.mark)
        index = self._make_row(place.at, update.text, voice=voice, note=note, heard=heard)
        self._edited(index, 0, 1)

    def _make_row(self, at: float, text: str, *, voice: int, note: int, heard: float) -> int:
        """Put a row at its place in time, after those of the same time."""
        index = len(self) if not self._at or at >= self._at[-1] else bisect_right(self._at, at)
        self._at.insert(index, at)
        self._heard.insert(index, heard)
        self._took.insert(index, _NO_TIME)
        self._voice.insert(index, voice)
        self._note.insert(index, note)
        self._number.insert(index, self._numbered)
        self._text_start.insert(index, 0)
        self._text_size.insert(index, 0)
        self._numbered += 1
        self._write_text(index, text)
        return index

    def _remove(self, index: int) -> None:
        for column in (
            self._at, self._heard, self._took, self._voice, self._note,
            self._number, self._text_start, self._text_size,
        ):  # fmt: skip
            del column[index]
        self.turns -= 1
        self._edited(index, 1, 0)

    def _edited(self, index: int, removed: int, added: int) -> None:
        """Set the latencies that a change touches, and log it together with them."""
        changed = index + added
        for reply in self._lines_from(index, added + 1):
            latency = self._latency(reply)
            known = self._took[reply]
            if latency != known and not (math.isnan(latency) and math.isnan(known)):
                self._took[reply] = latency
                changed = max(changed, reply + 1)
        further = changed - (index + added)
        splice = Splice(index, removed + further, added + further)
        last = self._log[-1] if self._log else None
        if last is not None and _continues(last.splice, splice):
            merged = Splice(last.splice.at, 0, last.splice.added + 1)
            self._log[-1] = _Logged(last.before, merged)
        else:
            self._log.append(_Logged(self.edits, splice))
        self.edits += 1
        self._refresh_last_reply(only_appended=not splice.removed and index == len(self) - 1)

    def _lines_from(self, index: int, count: int) -> list[int]:
        """Find the next lines that somebody said."""
        lines: list[int] = []
        while index < len(self) and len(lines) < count:
            if self._role(index) is not None:
                lines.append(index)
            index += 1
        return lines

    def _latency(self, index: int) -> float:
        """Measure from the end of what a person said to the first words of the reply to it."""
        if self._role(index) is not Role.AGENT or self._mark(index) is Mark.HISTORY:
            return _NO_TIME
        asked = index - 1
        while asked >= 0 and (self._role(asked) is None or self._mark(asked) is Mark.NOT_SENT):
            asked -= 1
        if asked < 0 or self._role(asked) is Role.AGENT or self._mark(asked) is Mark.HISTORY:
            return _NO_TIME
        latency = self._heard[index] - self._heard[asked]
        return latency if latency >= 0 else _NO_TIME

    def _refresh_last_reply(self, *, only_appended: bool) -> None:
        """Look back from the end as far as needed; after an append that is one row."""
        rows = range(len(self) - 1, len(self) - 2 if only_appended else -1, -1)
        found = (
            Reply(self._at[index], self._took[index])
            for index in rows
            if self._role(index) is Role.AGENT and not math.isnan(self._took[index])
        )
        self._last_reply = next(found, self._last_reply if only_appended else None)

    def _find(self, key: str) -> int | None:
        place = self._places.get(key)
        if place is None:
            return None
        index = bisect_left(self._at, place.at)
        while self._number[index] != place.number:
            index += 1
        return index

    def _text(self, index: int) -> str:
        start = self._text_start[index]
        return self._texts[start : start + self._text_size[index]].decode()

    def _write_text(self, index: int, text: str) -> None:
        """Put a text at the end of the run; what a changed line had before stays there unused."""
        encoded = text.encode()
        self._text_start[index] = len(self._texts)
        self._text_size[index] = len(encoded)
        self._texts += encoded

    def _voice_of(self, name: str, role: Role | None) -> int:
        index = self._voice_index.get((name, role))
        if index is None:
            if role is Role.AGENT and self._first_agent is None:
                self._first_agent = name
            index = self._voice_index[name, role] = len(self._voices)
            other = role is Role.AGENT and name != self._first_agent
            self._voices.append(_Voice(name, role, other))
        return index

    def _role(self, index: int) -> Role | None:
        return self._voices[self._voice[index]].role

    def _mark(self, index: int) -> Mark | StateKind:
        return _NOTES[self._note[index]]


def _continues(last: Splice, splice: Splice) -> bool:
    """Tell whether two changes are one run of rows added at the end."""
    return (
        not last.removed
        and not splice.removed
        and splice.added == 1
        and splice.at == last.at + last.added
    )
