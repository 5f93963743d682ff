"""How far a verb is, on a line of its own that goes again: for people at a terminal only."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

_TO_START, _TO_END_OF_LINE = "\r", "\x1b[K"


class ProgressLine:
    """Says how much is done on stderr, where that is a terminal; the line is gone at the end.

    Args:
        quiet: Only results are wanted.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._is_shown = sys.stderr.isatty() and not quiet
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def say(self, doing: str, share: float) -> None:
        """Say what is done and how much of it is, 0 to 1."""
        words = f"{doing}, {int(share * 100)} %"
        if self._is_shown and words != self._said:
            self._said = words
            self._write(_TO_START + words + _TO_END_OF_LINE)

    def clear(self) -> None:
        """Take the line away."""
        if self._said:
            self._said = ""
            self._write(_TO_START + _TO_END_OF_LINE)

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
