"""The rows of a transcript as columns of numbers and one run of UTF-8: a million fit into memory.

Rows are in order of their times; those of the same time stay in the order in which they came.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from itertools import product

import msgspec

from lktui.core.events import Mark, Role
from lktui.core.signs import StateKind
from lktui.core.transcript_row import Row

NO_TIME = math.nan
_SIGNS: tuple[tuple[Mark, StateKind | None], ...] = tuple(product(Mark, (None, *StateKind)))
_SIGN_INDEX = {sign: index for index, sign in enumerate(_SIGNS)}


class Place(msgspec.Struct, frozen=True):
    """Where to look for a row: its time and its number tell it from all others."""

    at: float
    number: int


class _Voice(msgspec.Struct, frozen=True):
    name: str
    role: Role | None
    other_agent: bool = False


class RowColumns:
    """The rows; whoever changes them tells the views."""

    def __init__(self) -> None:
        self.at = array("d")
        self.heard = array("d")
        """The agent's first text, or when anybody else's line was final."""
        self.took = array("d")
        self._voice = array("I")
        self._sign = array("B")
        self._number = array("I")
        self._text_start = array("Q")
        self._text_size = array("I")
        self._texts = bytearray()
        self._voices: list[_Voice] = []
        self._voice_index: dict[tuple[str, Role | None], int] = {}
        self._numbered = 0
        self.first_agent: str | None = None

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, index: int) -> Row:
        voice = self._voices[self._voice[index]]
        mark, kind = _SIGNS[self._sign[index]]
        took = self.took[index]
        return Row(
            at=self.at[index],
            speaker=voice.name,
            role=voice.role,
            text=self.text(index),
            took_s=None if math.isnan(took) else took,
            mark=mark,
            kind=kind,
            other_agent=voice.other_agent,
        )

    def text(self, index: int) -> str:
        """Give a row's text alone."""
        start = self._text_start[index]
        return self._texts[start : start + self._text_size[index]].decode()

    def speaker(self, index: int) -> str:
        """Give what stands in a row's speaker's column alone."""
        return self._voices[self._voice[index]].name

    @property
    def speakers(self) -> tuple[str, ...]:
        """All that `speaker` gives, each once."""
        return tuple(dict.fromkeys(voice.name for voice in self._voices))

    def role(self, index: int) -> Role | None:
        """Give who spoke; None: a fact."""
        return self._voices[self._voice[index]].role

    def mark(self, index: int) -> Mark:
        """Give what is to be said about a row."""
        return _SIGNS[self._sign[index]][0]

    def text_bytes(self, start: int, stop: int) -> int:
        """Count the text of some rows in bytes."""
        if stop == start + 1:
            return self._text_size[start]
        return sum(self._text_size[start:stop])

    def insert(
        self,
        at: float,
        text: str,
        *,
        speaker: str,
        role: Role | None,
        mark: Mark,
        kind: StateKind | None,
        heard: float,
    ) -> tuple[int, Place]:
        """Put a row at its place in time, after those of the same time; where it is now."""
        index = len(self.at) if not self.at or at >= self.at[-1] else bisect_right(self.at, at)
        place = Place(at, self._numbered)
        self._numbered += 1
        self.at.insert(index, at)
        self.heard.insert(index, heard)
        self.took.insert(index, NO_TIME)
        self._voice.insert(index, self._voice_of(speaker, role))
        self._sign.insert(index, _SIGN_INDEX[mark, kind])
        self._number.insert(index, place.number)
        encoded = text.encode()
        self._text_start.insert(index, len(self._texts))
        self._text_size.insert(index, len(encoded))
        self._texts += encoded
        return index, place

    def write(self, index: int, text: str) -> None:
        """Put a text at the end of the run; what a changed row had before stays there unused."""
        encoded = text.encode()
        self._text_start[index] = len(self._texts)
        self._text_size[index] = len(encoded)
        self._texts += encoded

    def sign(self, index: int, mark: Mark, kind: StateKind | None) -> None:
        """Change what is said of a row beside its text."""
        self._sign[index] = _SIGN_INDEX[mark, kind]

    def remove(self, index: int) -> None:
        """Take a row away."""
        for column in (
            self.at, self.heard, self.took, self._voice, self._sign,
            self._number, self._text_start, self._text_size,
        ):  # fmt: skip
            del column[index]

    def find(self, place: Place) -> int:
        """Tell where a row is that was put here and not removed."""
        index = bisect_left(self.at, place.at)
        while self._number[index] != place.number:
            index += 1
        return index

    def _voice_of(self, name: str, role: Role | None) -> int:
        index = self._voice_index.get((name, role))
        if index is None:
            if role is Role.AGENT and self.first_agent is None:
                self.first_agent = name
            index = self._voice_index[name, role] = len(self._voices)
            other = role is Role.AGENT and name != self.first_agent
            self._voices.append(_Voice(name, role, other))
        return index
