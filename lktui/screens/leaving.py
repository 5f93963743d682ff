"""What is said while lktui ends: how far the clean-up is, and how long it may still take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lktui.core.actions import ActionId, key_of
from lktui.core.cleanup import GONE, CleanupItem, ItemState
from lktui.core.signs import StateKind
from lktui.session.controller import SessionController
from lktui.session.message import Message

_PLANNED = frozenset({ItemState.LIVE, ItemState.DUE, ItemState.RUNNING})
"""What an end works on; what waits after a failed try waits for the next start."""


def to_clean_up(cleanup: Iterable[CleanupItem]) -> frozenset[str]:
    """Name the items that an end begins with."""
    return frozenset(item.id for item in cleanup if item.state in _PLANNED)


def progress(begun_with: frozenset[str], cleanup: Mapping[str, CleanupItem], left_s: float) -> str:
    """Say how many of these items are gone.

    Args:
        begun_with: What `to_clean_up` gave.
        cleanup: The queue as it is now.
        left_s: Until lktui leaves the rest to the engine and the next start.
    """
    again = key_of(ActionId.INTERRUPT)
    if not begun_with:
        return f"ending; {again} twice leaves it to the engine"
    gone = sum(item_id in cleanup and cleanup[item_id].state in GONE for item_id in begun_with)
    time = f"{max(0, round(left_s))} s left"
    return f"cleaning up: {gone} of {len(begun_with)} gone, {time}; {again} twice leaves the rest"


class Leaving:
    """One end of lktui, told second by second.

    Args:
        controller: Knows the queue; its message says how far the end is.
        grace_s: How long the engine may take.
    """

    def __init__(self, controller: SessionController, grace_s: float) -> None:
        self._controller = controller
        self._begun_with = to_clean_up(controller.cleanup.values())
        self._ends_at = controller.clock.monotonic() + grace_s

    def say(self) -> None:
        """Say it in the status line; not a notice: the history does not need each second."""
        clock, cleanup = self._controller.clock, self._controller.cleanup
        words = progress(self._begun_with, cleanup, self._ends_at - clock.monotonic())
        message = Message(text=words, wall=clock.wall(), kind=StateKind.WAITING)
        self._controller.message = message
