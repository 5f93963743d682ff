"""Presence events, as late as the real server tells them.

Every participant's news waits for the room's next batch, every 3 s, unless it is urgent: then it
goes at once and takes the participant's own waiting news with it (facts/livekit.md section 2).
Pure: who is told, and when, is the room's business.
"""

from __future__ import annotations

import math

import msgspec
from livekit.protocol import models


class News(msgspec.Struct, frozen=True):
    """Something about one participant, to be told to the others."""

    info: models.ParticipantInfo
    """A copy, as it was then."""
    replaced: bool = False
    """The participant went since another session of the same identity came: clients tell that by
    themselves, so it is not told."""


class Batch:
    """The news of one room that waits."""

    def __init__(self) -> None:
        self._waiting: dict[str, News] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, news: News, *, urgent: bool) -> list[News]:
        """Take news in.

        Args:
            news: About one participant.
            urgent: Do not wait for the batch.

        Returns:
            What is to be told at once.
        """
        identity = news.info.identity
        waiting = self._waiting.get(identity)
        if waiting is not None:
            if waiting.info.sid == news.info.sid:
                if news.info.version < waiting.info.version:
                    return []
            elif waiting.info.joined_at_ms > news.info.joined_at_ms:
                return []  # of an older session, whose successor is already there
            else:
                urgent = True
        if urgent or news.info.is_publisher:
            self._waiting.pop(identity, None)
            return [news]
        self._waiting[identity] = news
        return []

    def take(self) -> list[News]:
        """Give all that waits."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        return waiting


def next_tick(started: float, now: float, period: float) -> float:
    """Tell when a clock that ticks in fixed periods ticks next.

    Args:
        started: When it was started.
        now: Not before that.
        period: Seconds between two ticks; 0 ticks always.
    """
    if period <= 0:
        return now
    return started + (math.floor((now - started) / period) + 1) * period
