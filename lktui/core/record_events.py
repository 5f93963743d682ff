"""Events about the record itself; see `core.events`."""

from __future__ import annotations

from lktui.core.event import Event, SessionId


class RecordWritten(Event, frozen=True, tag="record_written"):
    """What has happened until now is on the disk, as it was asked for."""


class RecordCaughtUp(Event, frozen=True, tag="record_caught_up"):
    """What the disk did not take for a while is on it."""


class SessionsForgotten(Event, frozen=True, tag="sessions_forgotten"):
    """Sessions were taken out of the record: a person asked for it, or they were old."""

    ids: tuple[SessionId, ...]
    kept: tuple[SessionId, ...] = ()
    """Those that were named and stay: they go on, or their cleanup is not done."""
    asked: bool = False
    """Whether a person named them."""
