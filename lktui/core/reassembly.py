"""Text streams become lines: opens, chunks and ends in, updates of segments out.

The rules are those of facts/livekit.md section 1. A segment is known by who speaks and its segment
id; its newest stream has its text, so that what comes late from an older one changes nothing. It
is final when its newest stream has ended and was said to be; whatever is left hanging is closed as
unconfirmed. Which lines come out does not depend on how the streams interleave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from lktui.core.echoes import Echoes, Spoken, likeness, normal
from lktui.core.events import Mark
from lktui.core.sanitize import clean

CHAT_TOPIC = "lk.chat"
SILENCE_S = 8.0
"""Without an update for this long a segment is closed as unconfirmed."""
MAX_SEGMENTS = 512
MAX_STREAMS = 512
MAX_CHARS = 64_000
"""Longest text of a segment; the rest is cut and an ellipsis says so."""

_SEGMENT_ATTRIBUTE = "lk.segment_id"
_FINAL_ATTRIBUTE = "lk.transcription_final"


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """The newest text of a segment; final without text means: there is no such line."""

    key: str
    identity: str
    """Who speaks, as the server knows them."""
    text: str
    """One line, sanitised."""
    final: bool
    opened_at: float
    first_text_at: float
    mark: Mark = Mark.NONE


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the agent's chat history."""

    id: str
    identity: str
    """Who said it; of a line of the agent's user this may be unknown."""
    text: str
    at: float | None = None
    """Where it belongs in the transcript, where that is known."""
    not_by: str = ""
    """The agent, of a line of its user."""
    interrupted: bool = False


@dataclass(slots=True)
class _Segment:
    """What is known of one line in the making."""

    key: str
    identity: str
    chat: bool
    opened_at: float
    updated_at: float
    text: str = ""
    first_text_at: float | None = None
    newest: int = 0
    """Number of its newest stream."""
    closed: Mark | None = None
    """How it was closed: final is Mark.NONE; None while it is open."""
    line: Spoken | None = None
    """What it was when it was last closed."""
    is_echo: bool = False
    """Its line is shown as that of another segment or of the agent's memory."""
    interrupted: bool = False
    """The agent says that it was: a stream's end does not tell."""
    remembered: str = ""
    """Id of the line of the agent's memory that it is; lines may be said twice."""
    shown: bool = False
    """An update has gone out and was not taken back."""


@dataclass(slots=True)
class _Stream:
    number: int
    segment: _Segment
    says_final: bool
    text: str = ""


class Reassembly:
    """Takes what happens to text streams and gives what it means for lines.

    Times are seconds on one clock. Streams are told apart by an id, unique in the connection.
    """

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}
        self._segments: dict[tuple[str, str], _Segment] = {}
        self._echoes = Echoes()
        self._opened = 0
        self._dropped: list[Update] = []

    def opened(
        self, stream: str, topic: str, identity: str, attributes: Mapping[str, str], at: float
    ) -> None:
        """Take note of a stream, in the order of the opens: the newest has the segment's text."""
        name = attributes.get(_SEGMENT_ATTRIBUTE) or stream
        segment = self._segments.get((identity, name))
        if segment is None:
            self._make_room()
            who = clean(identity)
            segment = _Segment(
                key=f"{len(who)}:{who}:{clean(name)}",
                identity=identity,
                chat=topic == CHAT_TOPIC,
                opened_at=at,
                updated_at=at,
            )
            self._segments[identity, name] = segment
        self._opened += 1
        segment.newest = self._opened
        if segment.closed is None:
            segment.updated_at = at
        says_final = topic == CHAT_TOPIC or _says_final(attributes)
        self._streams[stream] = _Stream(self._opened, segment, says_final)
        if len(self._streams) > MAX_STREAMS:
            del self._streams[next(iter(self._streams))]

    def chunk(self, stream: str, text: str, at: float) -> Update | None:
        """Append to a stream's text."""
        known = self._streams.get(stream)
        if known is None:
            return None
        known.text = _limited(known.text + text)
        segment = known.segment
        if known.number != segment.newest or segment.closed is Mark.NONE:
            return None
        segment.updated_at = at
        self._take_text(segment, known.text, at)
        if not segment.text:
            return None
        segment.closed = None
        if self._is_shown_elsewhere(segment):
            return _taken_back(segment)
        return _update(segment, final=False)

    def closed(self, stream: str, attributes: Mapping[str, str], at: float) -> Update | None:
        """End a stream; `attributes` are those of its end, where the agent says `final`."""
        known = self._streams.pop(stream, None)
        if known is None or known.number != known.segment.newest:
            return None
        segment = known.segment
        if not (known.says_final or _says_final(attributes)):
            return None
        if segment.closed is Mark.NONE and not known.text:
            return None
        segment.updated_at = at
        self._take_text(segment, known.text, at)
        return self._finish(segment, Mark.NONE)

    def broken(self, stream: str, at: float) -> Update | None:
        """End a stream whose sender vanished in the middle of it."""
        known = self._streams.pop(stream, None)
        if (
            known is None
            or known.number != known.segment.newest
            or known.segment.closed is not None
        ):
            return None
        known.segment.updated_at = at
        return self._finish(known.segment, Mark.UNCONFIRMED)

    def participant_left(self, identity: str, at: float) -> list[Update]:
        """Close what somebody who has left was saying."""
        leaving = [
            segment
            for segment in self._segments.values()
            if segment.identity == identity and segment.closed is None
        ]
        for segment in leaving:
            segment.updated_at = at
        return self._unconfirmed(leaving)

    def expire(self, now: float) -> list[Update]:
        """Close what has had no update for `SILENCE_S`; call it about once a second."""
        dropped, self._dropped = self._dropped, []
        return dropped + self._unconfirmed(
            [
                segment
                for segment in self._segments.values()
                if segment.closed is None and now - segment.updated_at >= SILENCE_S
            ]
        )

    def said_here(self, identity: str, text: str, at: float) -> None:
        """Take note of a line that needed no stream to be shown: what was typed here."""
        self._echoes.note(
            Spoken(identity, normal(clean(text)), chat=True, began_at=at, ended_at=at)
        )

    def history(self, items: Iterable[Remembered], at: float) -> list[Update]:
        """Give the lines of an agent's memory that were never streamed, or broke off.

        Args:
            items: Oldest first; an item is given once however often it comes.
            at: Where they belong in the transcript, if an item does not say.
        """
        updates = []
        for item in items:
            where = at if item.at is None else item.at
            text = clean(_limited(item.text)).strip()
            whole = self._made_whole(item, text, where)
            if whole is not None:
                updates.append(whole)
            spoken = _memory(item, text, where)
            if text and self._echoes.is_new_memory(item.id, spoken):
                updates.append(
                    Update(
                        key=f"history:{clean(item.id)}",
                        identity=item.identity,
                        text=text,
                        final=True,
                        opened_at=where,
                        first_text_at=where,
                        mark=Mark.HISTORY,
                    )
                )
        return updates

    def confirmed(self, item: Remembered) -> tuple[Update | None, float | None]:
        """Take a line that the agent has just put into its memory.

        Returns:
            The line anew, if it was interrupted; and when it began, if it was streamed to us.
        """
        segment = self._segment_of(item)
        if segment is None:
            return None, None
        segment.remembered = item.id
        if not item.interrupted or segment.interrupted:
            return None, segment.opened_at
        segment.interrupted = True
        over = segment.closed is not None
        return _update(segment, final=True) if over else None, segment.opened_at

    def _segment_of(self, item: Remembered) -> _Segment | None:
        """Find what was streamed of a line: what is most like it, the newest of that.

        Of an interrupted line either side may have more, and other lines may begin as it does.
        """
        words, found, most = normal(clean(item.text)), None, 0.0
        for segment in reversed(self._segments.values()):
            is_free = segment.remembered in ("", item.id)
            if is_free and segment.shown and _may_be_by(segment, item):
                alike = likeness(normal(segment.text), words, broken_off=item.interrupted)
                if alike > most:
                    found, most = segment, alike
        return found

    def _made_whole(self, item: Remembered, text: str, at: float) -> Update | None:
        """Complete a line that broke off when our connection did."""
        for segment in reversed(self._segments.values()):
            begun = normal(segment.text)
            if (
                segment.closed is Mark.UNCONFIRMED
                and segment.shown
                and segment.identity == item.identity
                and begun
                and normal(text).startswith(begun)
            ):
                segment.interrupted = item.interrupted
                self._take_text(segment, text, at)
                return self._finish(segment, Mark.NONE)
        return None

    def _take_text(self, segment: _Segment, raw: str, at: float) -> None:
        segment.text = clean(raw).strip()
        if segment.text and segment.first_text_at is None:
            segment.first_text_at = at

    def _finish(self, segment: _Segment, mark: Mark) -> Update | None:
        """Close a segment: one line, or none if it is empty or shown elsewhere."""
        line = _spoken(segment)
        unchanged = segment.line is not None and segment.line.words == line.words
        if unchanged and (segment.is_echo or segment.closed is mark):
            segment.closed = mark
            return None
        segment.closed = mark
        if not unchanged:
            if segment.line is not None:
                self._echoes.forget(segment.line)
            segment.line = line
            segment.is_echo = bool(line.words) and self._echoes.is_echo(line)
        if segment.is_echo or not line.words:
            return _taken_back(segment)
        return _update(segment, final=True, mark=mark)

    def _is_shown_elsewhere(self, segment: _Segment) -> bool:
        """Tell whether what a segment says so far is already shown as the speaker's other line."""
        if self._echoes.may_be_echo(_spoken(segment)):
            return True
        return segment.chat and any(
            other.shown and other.closed is None and not other.chat
            for other in self._segments.values()
            if other.identity == segment.identity
        )

    def _unconfirmed(self, segments: Iterable[_Segment]) -> list[Update]:
        updates = (self._finish(segment, Mark.UNCONFIRMED) for segment in segments)
        return [update for update in updates if update is not None]

    def _make_room(self) -> None:
        """Forget the oldest segment that is closed; if none is, close the oldest of all."""
        if len(self._segments) < MAX_SEGMENTS:
            return
        name = next(
            (name for name, segment in self._segments.items() if segment.closed is not None),
            next(iter(self._segments)),
        )
        forgotten = self._segments.pop(name)
        if forgotten.closed is None:
            self._dropped += self._unconfirmed([forgotten])
        self._streams = {
            stream: known
            for stream, known in self._streams.items()
            if known.segment is not forgotten
        }


def _may_be_by(segment: _Segment, item: Remembered) -> bool:
    """Tell whether a line is by who said a segment; of an agent's user only the agent is told."""
    if item.not_by:
        return segment.identity != item.not_by
    return segment.identity == item.identity


def _says_final(attributes: Mapping[str, str]) -> bool:
    return attributes.get(_FINAL_ATTRIBUTE) == "true"


def _limited(text: str) -> str:
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"


def _spoken(segment: _Segment) -> Spoken:
    return Spoken(
        segment.identity,
        normal(segment.text),
        chat=segment.chat,
        began_at=segment.opened_at,
        ended_at=segment.updated_at,
    )


def _memory(item: Remembered, text: str, at: float) -> Spoken:
    return Spoken(
        item.identity,
        normal(text),
        chat=False,
        began_at=at,
        ended_at=at,
        other_than=item.not_by,
        broken_off=item.interrupted,
    )


def _update(segment: _Segment, *, final: bool, mark: Mark = Mark.NONE) -> Update:
    segment.shown = True
    if final and segment.interrupted and mark is Mark.NONE:
        mark = Mark.INTERRUPTED
    return Update(
        key=segment.key,
        identity=segment.identity,
        text=segment.text,
        final=final,
        opened_at=segment.opened_at,
        first_text_at=segment.opened_at if segment.first_text_at is None else segment.first_text_at,
        mark=mark,
    )


def _taken_back(segment: _Segment) -> Update | None:
    """Say that there is no such line, if it was said that there is one."""
    if not segment.shown:
        return None
    segment.shown = False
    return Update(
        key=segment.key,
        identity=segment.identity,
        text="",
        final=True,
        opened_at=segment.opened_at,
        first_text_at=segment.opened_at if segment.first_text_at is None else segment.first_text_at,
    )
