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
        self._run_at = self._run_before = self._run_rows = 0
        """Rows that came last, one after another: counted, and logged only when need be."""

    def add(self, splice: Splice) -> None:
        """Take note of a change."""
        self._close_run()
        self._log.append(_Logged(self.edits, splice))
        self.edits += 1

    def add_row(self, at: int) -> None:
        """Take note of a row that came behind all others."""
        if not self._run_rows:
            self._run_at, self._run_before = at, self.edits
        self._run_rows += 1
        self.edits += 1

    def _close_run(self) -> None:
        """Log the rows that came one after another as the one change that they are."""
        self._log.extend(self._run)
        self._run_rows = 0

    @property
    def _run(self) -> tuple[_Logged, ...]:
        if not self._run_rows:
            return ()
        return (_Logged(self._run_before, Splice(self._run_at, 0, self._run_rows)),)

    def since(self, edit: int) -> Sequence[Splice] | None:
        """Tell how rows changed since `edits` had this value.

        Returns:
            Splices to apply in order; None when that is too long ago: then everything may be new.
        """
        if edit == self.edits:
            return ()
        changes = (*self._log, *self._run)
        if not changes or edit < changes[0].before:
            return None
        splices = []
        for logged in changes:
            splice = logged.splice
            known = edit - logged.before
            if known <= 0:
                splices.append(splice)
            elif known < splice.added and not splice.removed:
                splices.append(Splice(splice.at + known, 0, splice.added - known))
        return splices
