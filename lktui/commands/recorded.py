"""Which session of the record a word on the command line means, and its events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lktui.commands.diagnostics import misused, misused_word
from lktui.core.events import AnySessionEvent, SessionId, SessionOpened
from lktui.core.export import NoEventsError, read_events
from lktui.core.problems import PortError
from lktui.core.sanitize import clean, clean_detail
from lktui.store.paths import Paths
from lktui.store.record import PastSession, SessionReader, list_sessions

NEWEST = "last"
"""The word for the newest session."""
_CHUNK = 2000


def find_session(paths: Paths, word: str, verb: str) -> PastSession:
    """Find a session by its id, by the beginning of it, by its room, or the newest.

    Raises:
        PortError: USAGE: there is none, or more than one; STATE_UNUSABLE.
    """
    sessions = list_sessions(paths)
    if not sessions:
        raise PortError(misused("The record holds no session", verb=verb))
    if word == NEWEST:
        return sessions[0]
    named = [session for session in sessions if word in (session.id, session.room)]
    found = named or [session for session in sessions if session.id.startswith(word)]
    if not found:
        known = [session.id for session in sessions]
        raise PortError(misused_word("session", word, [*known[:8], NEWEST], verb=verb))
    if len(found) > 1 and not named:
        what = f"“{clean(word, limit=40)}” begins the ids of {len(found)} sessions"
        raise PortError(misused(what, cause="give more of it", verb=verb))
    return found[0]


def events_of(paths: Paths, word: str, verb: str) -> list[AnySessionEvent]:
    """Read the events of an export's file, or of a session of the record.

    Raises:
        PortError: USAGE: it is neither, or holds no events of a session; STATE_UNUSABLE.
    """
    return [event for _, batch in batches_of(paths, word, verb) for event in batch]


def batches_of(paths: Paths, word: str, verb: str) -> Iterator[tuple[float, list[AnySessionEvent]]]:
    """Read the same some at a time, so that a long session needs little memory.

    Yields:
        How much is read, 0 to 1, and the next events.

    Raises:
        PortError: As `events_of`.
    """
    file = Path(word)
    batches = _of_file(file, verb) if file.is_file() else _of_record(paths, word, verb)
    session: SessionId | None = None
    for share, batch in batches:
        if session is None:
            opened = next((event for event in batch if isinstance(event, SessionOpened)), None)
            session = opened.session if opened is not None else None
        yield share, [event for event in batch if event.session == session]
    if session is None:
        raise PortError(misused(f"“{clean(word, limit=80)}” holds no session", verb=verb))


def _of_file(file: Path, verb: str) -> Iterator[tuple[float, list[AnySessionEvent]]]:
    try:
        with file.open("rb") as lines:
            yield 1.0, list(read_events(lines))
    except NoEventsError as error:
        what = f"“{clean(file.name, limit=80)}” is no export of events"
        raise PortError(misused(what, cause=clean_detail(str(error)), verb=verb)) from error
    except OSError as error:
        what = f"“{clean(file.name, limit=80)}” cannot be read"
        why = clean_detail(error.strerror or "the system refuses it")
        raise PortError(misused(what, cause=why, verb=verb)) from error


def _of_record(paths: Paths, word: str, verb: str) -> Iterator[tuple[float, list[AnySessionEvent]]]:
    session = find_session(paths, word, verb)
    with SessionReader(paths, SessionId(session.id)) as reader:
        while batch := reader.read(_CHUNK):
            yield reader.progress, batch
