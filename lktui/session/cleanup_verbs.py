"""The queue's part of the controller: items, tries under way, orphans."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from textual.dom import DOMNode
from textual.reactive import var

from lktui.clock import Clock
from lktui.core.cleanup import OPEN, CleanupItem, ItemState
from lktui.core.commands import (
    AnyCommand,
    DeleteOrphans,
    FindOrphans,
    ForgetCleanup,
    RunCleanup,
)

if TYPE_CHECKING:
    from lktui.core.events import OrphansFound
    from lktui.core.orphans import Orphan
    from lktui.core.profile import Profile


class CleanupVerbs(DOMNode):
    """What screens see of the queue and can do with it; the controller is the rest."""

    cleanup: var[Mapping[str, CleanupItem]] = var(MappingProxyType({}), always_update=True)
    queue_read: var[bool] = var(False)
    """Whether the engine has read the queue: until then nobody knows what is in it."""
    orphans: var[OrphansFound | None] = var(None)
    """What the last search for orphans has found, or why it could not."""
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self._tries_began: dict[str, float] = {}

    @abstractmethod
    def profile(self, name: str = "") -> Profile | None:
        """Give a profile by name, or the one in use."""

    @abstractmethod
    def _send(self, command: AnyCommand) -> None:
        """Ask the engine."""

    @property
    def unfinished(self) -> int:
        """How many items are not gone."""
        return sum(item.state in OPEN for item in self.cleanup.values())

    def run_cleanup(self, ids: tuple[str, ...] = ()) -> None:
        """Try items now: those named, or all that are due, waiting or stuck."""
        self._send(RunCleanup(ids=ids))

    def forget_cleanup(self, ids: tuple[str, ...]) -> None:
        """Take items out of the queue."""
        self._send(ForgetCleanup(ids=ids))

    def try_began(self, item: str) -> float | None:
        """Give when the try that is under way was first heard of; wall-clock seconds."""
        return self._tries_began.get(item)

    def _time_tries(self, cleanup: Mapping[str, CleanupItem]) -> None:
        now = self.clock.wall()
        self._tries_began = {
            item.id: self._tries_began.get(item.id, now)
            for item in cleanup.values()
            if item.state is ItemState.RUNNING
        }

    def find_orphans(self) -> None:
        """Look for rooms with the prefix of the profile in use that no item stands for."""
        profile = self.profile()
        if profile is not None:
            self.orphans = None
            self._send(FindOrphans(profile=profile))

    def delete_orphans(self, chosen: tuple[Orphan, ...]) -> None:
        """Delete rooms that a person has chosen and agreed to; they become items."""
        profile, found = self.profile(), self.orphans
        if profile is None or found is None:
            return
        self._send(DeleteOrphans(profile=profile, orphans=chosen))
        left = tuple(orphan for orphan in found.orphans if orphan not in chosen)
        self.orphans = msgspec.structs.replace(found, orphans=left)

    def _found_orphans(self, event: OrphansFound) -> None:
        """Show what was found; a refused deletion leaves what is shown."""
        if event.problem is None or self.orphans is None:
            self.orphans = event
