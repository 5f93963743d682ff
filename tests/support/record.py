"""Past sessions, written into a journal as an engine writes them."""

from __future__ import annotations

from contextlib import closing

from lktui.core.events import AnyEvent, SegmentUpdated, SessionEvent
from lktui.store.journal import Journal
from lktui.store.paths import Paths


def write_record(paths: Paths, *events: AnyEvent) -> None:
    """Write the events of sessions, but what an engine leaves out."""
    with closing(Journal(paths)) as journal:
        for event in events:
            is_interim = isinstance(event, SegmentUpdated) and not event.final
            if isinstance(event, SessionEvent) and not is_interim:
                journal.append(event)
