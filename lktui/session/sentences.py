"""What the status line says of an event, if it says anything."""

from __future__ import annotations

from lktui.core.events import (
    AnyEvent,
    CleanupRan,
    DispatchesWithdrawn,
    EngineFaulted,
    JournalMended,
    Notice,
    OrphansFound,
    RecordCaughtUp,
    SessionsForgotten,
)
from lktui.core.problems import Problem


def said_of(event: AnyEvent) -> str | Problem | None:
    """Give a sentence, or a problem that stays until it is dismissed; None says nothing."""
    match event:
        case Notice():
            return event.text
        case EngineFaulted() | JournalMended() | OrphansFound():
            return event.problem
        case RecordCaughtUp():
            return "recorded again: nothing is lost"
        case CleanupRan(left=0):
            return f"{event.tried} gone" if event.tried else "nothing was left to try"
        case CleanupRan():
            return f"{event.left} left, kept for next time"
        case DispatchesWithdrawn():
            told = f"withdrawn from {event.room}: {', '.join(event.ids)}"
            return event.problem if event.problem is not None else told
        case SessionsForgotten(asked=True, ids=ids, kept=kept):
            told = f"{len(ids)} deleted from the record"
            return f"{told}; {len(kept)} kept: not over, or not cleaned up" if kept else told
        case _:
            return None
