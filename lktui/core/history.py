"""What lktui did, newest first: calls to LiveKit and sentences of the status line.

No secret gets here: calls carry none, and tokens are cut out where they enter. Reads that are
repeated with the same answer are one entry with a count, or they would hide everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from lktui.core.signs import StateKind

if TYPE_CHECKING:
    from lktui.core.events import ApiCalled

MAX_ENTRIES = 1000
_LOOK_BACK = 40
"""How far a repeated read is looked for."""
_READS = frozenset({"list_rooms", "list_participants", "list_dispatch"})
_PROGRAM = "lktui"


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done, or said."""

    number: int
    """Its own; higher is later."""
    wall: float
    text: str
    """The call with what it is about, or the sentence."""
    kind: StateKind | None = None
    """None: a note."""
    took_ms: float | None = None
    result: str = ""
    command: str = ""
    """The command line that does the same; empty if there is none."""
    raw: str = ""
    dispatch_id: str = ""
    """Of CreateDispatch: what became of it is in its session."""
    count: int = 1
    title: str = ""
    """The call alone."""


def entry_of_call(event: ApiCalled, number: int) -> HistoryEntry:
    """Make the entry of a call."""
    failed = event.problem is not None
    made = event.call == "create_dispatch" and not failed
    about = " ".join(part for part in (event.call, event.room, event.subject) if part)
    return HistoryEntry(
        number=number,
        wall=event.wall,
        text=about,
        title=event.call,
        kind=StateKind.FAILED if failed else StateKind.READY,
        took_ms=event.took_ms,
        result=event.answer,
        command=command_of(event),
        raw=event.raw,
        dispatch_id=event.answer if made else "",
    )


def entry_of_note(
    text: str, result: str, wall: float, number: int, kind: StateKind | None = None
) -> HistoryEntry:
    """Make the entry of something that was said or pressed."""
    return HistoryEntry(number=number, wall=wall, text=text, result=result, title="note", kind=kind)


def with_entry(entries: tuple[HistoryEntry, ...], entry: HistoryEntry) -> tuple[HistoryEntry, ...]:
    """Put an entry before the others; the oldest go when there are too many."""
    if entry.title in _READS:
        for at, old in enumerate(entries[:_LOOK_BACK]):
            if (old.text, old.result) == (entry.text, entry.result):
                again = msgspec.structs.replace(entry, number=old.number, count=old.count + 1)
                return (again, *entries[:at], *entries[at + 1 :])
    return (entry, *entries[: MAX_ENTRIES - 1])


def command_of(event: ApiCalled) -> str:
    """Write the command line that does the same as a call; empty where no verb does."""
    own = ["--profile", event.profile] if event.profile else []
    match event.call:
        case "create_dispatch":
            given = ["--metadata", event.metadata] if event.metadata else []
            words = [*own, "dispatch", event.room, event.subject, *given, "--json"]
        case "list_rooms" | "list_participants" | "list_dispatch":
            words = [*own, "rooms", *([event.room] if event.room else []), "--json"]
        case "create_room" | "connect":
            words = ["probe", event.profile, "--json"]
        case "delete_dispatch":
            words = ["cleanup", "run", event.subject]
        case "delete_room":
            words = ["cleanup", "run", event.room]
        case "remove_participant":
            words = [*own, "retry", event.room, "--json"]
        case _:
            return ""
    return _joined([_PROGRAM, *words])


def _joined(words: Iterable[str]) -> str:
    import shlex  # noqa: PLC0415 - not needed for the first paint

    return " ".join(shlex.quote(word) for word in words)
