"""Keeps what was done and said, newest first, as one immutable tuple after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lktui.core.history import HistoryEntry, entry_of_call, entry_of_note, with_entry
from lktui.core.signs import StateKind

if TYPE_CHECKING:
    from lktui.core.events import ApiCalled


class Chronicle:
    """Numbers the entries, so that each is the same one however the list moves."""

    def __init__(self) -> None:
        self.entries: tuple[HistoryEntry, ...] = ()
        self._number = 0

    def add_calls(self, calls: Iterable[ApiCalled]) -> tuple[HistoryEntry, ...]:
        """Write calls down, in their order."""
        for call in calls:
            self._number += 1
            self.entries = with_entry(self.entries, entry_of_call(call, self._number))
        return self.entries

    def add_note(
        self, text: str, result: str, wall: float, kind: StateKind | None
    ) -> tuple[HistoryEntry, ...]:
        """Write a sentence down."""
        self._number += 1
        entry = entry_of_note(text, result, wall, self._number, kind)
        self.entries = with_entry(self.entries, entry)
        return self.entries
