"""Tells what the queue is on the disk, as all engines and people have made it.

An item that is not open any more is gone from its server, unless a person has had it forgotten,
here or with another lktui: then it may be there still, and nothing may say that it is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from lktui.core.events import AnyEvent, CleanupForgotten, QueueRead
from lktui.store.journal import Journal


class QueueNews:
    """What was told last of the queue.

    Args:
        journal: Has it.
        emit: Takes the events.
    """

    def __init__(self, journal: Journal, emit: Callable[[AnyEvent], None]) -> None:
        self._journal, self._emit = journal, emit
        self._open: frozenset[str] = frozenset()

    def tell(self, let_go: frozenset[str] = frozenset()) -> None:
        """Tell the queue as it is now, and first which items were forgotten.

        Args:
            let_go: Items that were ours and are not any more.

        Raises:
            PortError: The journal cannot be read.
        """
        items = self._journal.open_items()
        now_open = frozenset(item.id for item in items)
        forgotten = self._journal.forgotten((self._open | let_go) - now_open)
        if forgotten:
            self._emit(CleanupForgotten(ids=tuple(sorted(forgotten))))
        self._emit(QueueRead(items=items))
        self._open = now_open
