"""What every event has; the events are in `core.events`."""

from __future__ import annotations

from typing import NewType

import msgspec

SessionId = NewType("SessionId", str)


class Event(msgspec.Struct, frozen=True, tag_field="t", kw_only=True):
    """Something that happened."""

    at: float = 0.0
    """CLOCK_MONOTONIC of the engine, seconds: comparable across our processes on one machine.

    Filled where the event is emitted, unless the thing happened earlier."""
    wall: float = 0.0
    """Seconds since the epoch; filled where the event is emitted."""


class SessionEvent(Event, frozen=True):
    """Something that happened in one session."""

    session: SessionId
