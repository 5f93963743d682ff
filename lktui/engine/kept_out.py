"""Keeps the agents of withdrawn dispatches out of a room.

A job that was still joining when its dispatch was deleted joins all the same, for a moment
(facts/livekit.md section 3); it must not answer beside the new agent, nor be taken for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from lktui.clock import Clock
from lktui.core.problems import PortError
from lktui.engine.ports import ServerApi
from lktui.tasks import Tasks

KEEP_OUT_S = 20.0
_log = logging.getLogger(__name__)


class KeptOut:
    """The old identities of one room.

    Args:
        room: Where they are not let in.
        api: Removes them; without it they are only not counted.
        clock: Tells the time.
        on_removed: Called with the identity of somebody who was put out.
    """

    def __init__(
        self, room: str, api: ServerApi | None, clock: Clock, on_removed: Callable[[str], None]
    ) -> None:
        self._room, self._api, self._clock = room, api, clock
        self._on_removed = on_removed
        self._until: dict[str, float] = {}
        self._removals = Tasks(f"keeping old agents out of {room}")

    def __contains__(self, identity: str) -> bool:
        return self._until.get(identity, 0.0) >= self._clock.monotonic()

    def ever(self, identity: str) -> bool:
        """Tell whether this is an old agent, also after it is let in again."""
        return identity in self._until

    @property
    def watches(self) -> bool:
        """Whether somebody may come back who has to be put out."""
        return any(until >= self._clock.monotonic() for until in self._until.values())

    def add(self, identities: Iterable[str]) -> None:
        """Keep these out for the next 20 s; they are never counted again."""
        self._until.update(dict.fromkeys(identities, self._clock.monotonic() + KEEP_OUT_S))

    def came_back(self, identity: str) -> None:
        """Put out an old agent that is in the room again."""
        if self._api is not None and identity in self:
            self._removals.start(self._remove(self._api, identity))

    async def close(self) -> None:
        """End what is under way."""
        await self._removals.cancel()

    async def _remove(self, api: ServerApi, identity: str) -> None:
        try:
            if await api.remove_participant(self._room, identity):
                self._on_removed(identity)
        except PortError as error:
            _log.warning("an old agent could not be removed: %s", error.problem.line)
