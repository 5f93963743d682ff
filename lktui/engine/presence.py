"""Who is in a room, from lists that are read late and events that come late."""

from __future__ import annotations

from collections.abc import Iterable

from lktui.clock import Clock
from lktui.engine.ports import Participant

_LATEST_LIST_S = 30.0
"""No list is that late: its call has a shorter limit."""


class Presence:
    """Everybody in a room, as far as is known.

    A list is true for the moment at which it was asked for; what an event has told since then is
    newer. Events of one participant come in their order, up to 3 s late (facts/livekit.md
    section 3).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_at: dict[str, float] = {}
        self._asked_at = 0.0
        self.here: dict[str, Participant] = {}

    def listed(self, there: Iterable[Participant], asked_at: float) -> bool:
        """Take a list; False if a newer one was taken already, which leaves all as it is."""
        if asked_at < self._asked_at:
            return False
        self._asked_at = asked_at
        listed = {one.identity: one for one in there}
        for identity, told_at in self._told_at.items():
            if told_at <= asked_at:
                continue
            if identity in self.here:
                listed[identity] = self.here[identity]
            else:
                listed.pop(identity, None)
        self.here = listed
        return True

    def joined(self, participant: Participant) -> None:
        """Somebody is there, by event."""
        self._note(participant.identity)
        self.here[participant.identity] = participant

    def changed(self, participant: Participant) -> bool:
        """Somebody's attributes changed; False if it is known that they have left since."""
        if participant.identity not in self.here:
            return False
        self._note(participant.identity)
        self.here[participant.identity] = participant
        return True

    def left(self, identity: str) -> None:
        """Somebody has left, by event."""
        self._note(identity)
        self.here.pop(identity, None)

    def _note(self, identity: str) -> None:
        now = self._clock.monotonic()
        recent = now - _LATEST_LIST_S
        self._told_at = {one: at for one, at in self._told_at.items() if at > recent}
        self._told_at[identity] = now
