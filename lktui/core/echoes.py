"""The same words by the same speaker on two ways are one line: chat and transcription, memory.

An agent without a session sends its reply on `lk.transcription` and on `lk.chat`; the chat history
of an agent that we met late holds lines that were streamed too. Each line stands for at most one
line of the other way, so that a word said in two turns stays two lines.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

NEAR_S = 5.0
"""A chat line opens at most this long before or after the transcription of the same words."""
JUST_S = 10.0
"""A streamed line this soon after a backfill may be the one that the backfill has brought."""
_REMEMBERED_LINES = 512
_REMEMBERED_MEMORIES = 4096


def normal(text: str) -> str:
    """Make texts comparable: blanks are all the same."""
    return " ".join(text.split())


def likeness(streamed: str, words: str, *, broken_off: bool) -> float:
    """Say how much of a line was streamed, characters; all of it is infinite, 0 is none."""
    if streamed == words:
        return math.inf if words else 0.0
    if broken_off and (streamed.startswith(words) or words.startswith(streamed)):
        return min(len(streamed), len(words))
    return 0.0


@dataclass(slots=True, eq=False)
class Spoken:
    """A line as far as comparing needs it; times in seconds on one clock."""

    identity: str
    words: str
    """As `normal` makes them."""
    chat: bool
    began_at: float
    ended_at: float
    other_than: str = ""
    """Of a memory whose speaker is not told: anybody but this one."""
    broken_off: bool = False
    """It was interrupted: a memory and a line may not end at the same word."""
    twin_found: bool = field(default=False, init=False)
    """The same words on the other topic are known."""
    memory_found: bool = field(default=False, init=False)
    """The same words in the agent's memory are known."""

    def is_twin_of(self, other: Spoken) -> bool:
        """Tell whether two lines are at the right time and on the right topics to be one."""
        if self.chat is other.chat or self.identity != other.identity:
            return False
        chat, speech = (self, other) if self.chat else (other, self)
        return speech.began_at - NEAR_S <= chat.began_at <= speech.ended_at + NEAR_S


class Echoes:
    """Remembers the newest lines and tells which are said twice."""

    def __init__(self) -> None:
        self._lines: deque[Spoken] = deque(maxlen=_REMEMBERED_LINES)
        self._memories: deque[Spoken] = deque(maxlen=_REMEMBERED_LINES)
        self._memory_ids: dict[str, None] = {}

    def note(self, line: Spoken) -> None:
        """Remember a line that is shown."""
        self._lines.append(line)

    def forget(self, line: Spoken) -> None:
        """Take a line back whose words have changed."""
        if line in self._lines:
            self._lines.remove(line)

    def is_echo(self, line: Spoken) -> bool:
        """Tell whether a complete line repeats one that is shown; if not, it is remembered."""
        for twin in self._lines:
            if not twin.twin_found and twin.words == line.words and twin.is_twin_of(line):
                twin.twin_found = True
                return True
        for memory in self._memories:
            if not memory.twin_found and memory.words == line.words and _is_just(memory, line):
                memory.twin_found = True
                return True
        self.note(line)
        return False

    def may_be_echo(self, line: Spoken) -> bool:
        """Tell whether a line, as far as it has come, may turn out to repeat one."""
        return any(
            not twin.twin_found and twin.is_twin_of(line) and twin.words.startswith(line.words)
            for twin in self._lines
        ) or any(
            not memory.twin_found and _is_just(memory, line) and memory.words.startswith(line.words)
            for memory in self._memories
        )

    def is_new_memory(self, memory_id: str, memory: Spoken) -> bool:
        """Tell whether an item of the agent's memory was never streamed; it is asked for once."""
        if memory_id in self._memory_ids:
            return False
        self._memory_ids[memory_id] = None
        if len(self._memory_ids) > _REMEMBERED_MEMORIES:
            del self._memory_ids[next(iter(self._memory_ids))]
        lines = [
            line for line in self._lines if not line.memory_found and _same_speaker(memory, line)
        ]
        for index, line in enumerate(lines):
            if _same_words(memory, line):
                line.memory_found = True
                return False
            if memory.words.startswith(line.words) and _are_one(memory, lines[index:]):
                return False
        self._memories.append(memory)
        return True


def _same_speaker(memory: Spoken, line: Spoken) -> bool:
    if memory.other_than:
        return line.identity != memory.other_than
    return line.identity == memory.identity


def _same_words(memory: Spoken, line: Spoken) -> bool:
    if not memory.broken_off:
        return memory.words == line.words
    return line.words.startswith(memory.words) or memory.words.startswith(line.words)


def _are_one(memory: Spoken, lines: list[Spoken]) -> bool:
    """Tell whether lines one after another are one turn in memory, as with spoken ones."""
    words = ""
    for count, line in enumerate(lines, 1):
        words = f"{words} {line.words}".lstrip()
        if words == memory.words:
            for part in lines[:count]:
                part.memory_found = True
            return True
        if not memory.words.startswith(words):
            return False
    return False


def _is_just(memory: Spoken, line: Spoken) -> bool:
    return _same_speaker(memory, line) and abs(line.ended_at - memory.began_at) <= JUST_S
