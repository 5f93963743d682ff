"""All rooms by name: made, found and ended; and those who are dead in them, put out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit.protocol import models, room

from lktui.sandbox.delays import Delays
from lktui.sandbox.participants import Participant
from lktui.sandbox.rooms import Room, Surroundings

_log = logging.getLogger(__name__)

MAX_ROOMS = 5_000
MAX_PARTICIPANTS = 500
_SWEEP_S = 1.0
_SWEEP_LEAST_S = 0.1
_STALL_S = 1.0


class LimitError(Exception):
    """There are more than the sandbox takes on; the message says of what."""


class Directory:
    """The rooms of the server.

    Args:
        around: What all rooms share.
        on_created: Called with each new room and the request that it was made of.
        sweep_token: Called for everybody every second, to renew an old token.
    """

    def __init__(
        self,
        around: Surroundings,
        on_created: Callable[[Room, room.CreateRoomRequest], None],
        sweep_token: Callable[[Participant], None],
    ) -> None:
        self._around = around
        self._on_created = on_created
        self._sweep_token = sweep_token
        self.rooms: dict[str, Room] = {}

    def get_or_create(self, request: room.CreateRoomRequest) -> Room:
        """Find a room, or make it; one that is there is returned as it is.

        Raises:
            LimitError: There are too many.
        """
        if found := self.rooms.get(request.name):
            return found
        if len(self.rooms) >= MAX_ROOMS:
            raise LimitError(f"more than {MAX_ROOMS} rooms")
        made = self.rooms[request.name] = Room(request, self._around)
        self._on_created(made, request)
        return made

    def close(self, found: Room, reason: models.DisconnectReason) -> None:
        """End a room."""
        if self.rooms.get(found.name) is found:
            del self.rooms[found.name]
        found.close(reason)

    async def sweep_for_ever(self) -> None:
        """Close the rooms that nobody is in, and put out those who are not heard any more."""
        delays = self._around.delays
        loop = asyncio.get_running_loop()
        pause_s = max(_SWEEP_S * min(delays.scale, 1.0), _SWEEP_LEAST_S)
        awake_since = asleep_at = loop.time()
        while True:
            await asyncio.sleep(pause_s)
            if loop.time() - asleep_at > pause_s + _STALL_S:
                # It was the server that was frozen, and nobody could be heard meanwhile.
                awake_since = loop.time()
            for found in list(self.rooms.values()):
                for participant in list(found.participants.values()):
                    if is_dead(participant, delays, loop.time(), awake_since):
                        _log.info("%s is dead", participant.info.sid)
                        found.remove(participant, models.CONNECTION_TIMEOUT)
                    else:
                        self._sweep_token(participant)
                if found.idle_out(int(time.time())):
                    self.close(found, models.ROOM_CLOSED)
            asleep_at = loop.time()


def is_dead(participant: Participant, delays: Delays, now: float, awake_since: float) -> bool:
    """Tell whether a participant has been silent for too long.

    Args:
        participant: Who may be dead.
        delays: How long that is.
        now: On the loop's clock.
        awake_since: Since when the server itself could have heard anything.
    """
    if participant.peer is None:
        return False
    heard = max(participant.peer.last_heard, awake_since)
    if participant.unlinked is not None:
        return now - max(heard, participant.unlinked) > delays.dead_s
    if not participant.is_active:
        return now - max(participant.joined, awake_since) > delays.never_connected_s
    return now - heard > delays.silent_s
