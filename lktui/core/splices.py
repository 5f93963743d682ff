"""How rows change, so that whoever draws them can follow without looking at all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

_REMEMBERED = 256


class Splice(msgspec.Struct, frozen=True):
    """A change of rows: those from `at`, `removed` of them, became `added` others."""

    at: int
    removed: int
    added: int


class _Logged(msgspec.Struct, frozen=True):
    before: int
    """Edits before this one."""
    splice: Splice


class SpliceLog:
    """The newest changes; rows that are added at the end one after another are one of them."""

    def __init__(self) -> None:
        self.edits = 0
        """Goes up with every change of rows."""
        self._log: deque[_Logged] = deque(maxlen=_REMEMBERED)

    def add(self, splice: Splice) -> None:
        """Take note of a change."""
        last = self._log[-1] if self._log else None
        if last is not None and _continues(last.splice, splice):
            merged = Splice(last.splice.at, 0, last.splice.added + 1)
            self._log[-1] = _Logged(last.before, merged)
        else:
            self._log.append(_Logged(self.edits, splice))
        self.edits += 1

    def since(self, edit: int) -> Sequence[Splice] | None:
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


def _continues(last: Splice, splice: Splice) -> bool:
    """Tell whether two changes are one run of rows added at the end."""
    return (
        not last.removed
        and not splice.removed
        and splice.added == 1
        and splice.at == last.at + last.added
    )
