"""Spaces the requests with which all sessions of the engine poll one server.

At most 10 a second in a mean of 10 s (LiveKit Cloud allows about 1000 a minute): who asks for more
waits, in the order of asking, so that many starts at once are looked at less often, and none never.
"""

from __future__ import annotations

import asyncio
from collections import deque

from lktui.clock import Clock

RATE = 7.0
"""Turns a second in the long run."""
BURST = 30.0
"""Turns that may be taken at once after a rest: with `RATE`, 100 in any 10 s."""
_TICK_S = 0.001
"""A timer may fire a hair early; then it is set again for at least so long."""


class Pacer:
    """Gives turns.

    Args:
        clock: Tells the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns, self._counted_at = BURST, clock.monotonic()
        self._line: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, *, first: bool = False) -> None:
        """Wait for a turn; who is cancelled while waiting takes none.

        Args:
            first: Go to the head of the line: a verdict or a retry hangs on it.
        """
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if first:
            self._line.appendleft(ticket)
        else:
            self._line.append(ticket)
        self._serve()
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled():
                self._turns += 1  # it was given in the same moment, and is not used
            raise

    def _serve(self) -> None:
        now = self._clock.monotonic()
        self._turns = min(BURST, self._turns + (now - self._counted_at) * RATE)
        self._counted_at = now
        while self._line and self._turns >= 1:
            ticket = self._line.popleft()
            if not ticket.done():
                self._turns -= 1
                ticket.set_result(None)
        if self._line and self._timer is None:
            wait_s = max(_TICK_S, (1 - self._turns) / RATE)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._again)

    def _again(self) -> None:
        self._timer = None
        self._serve()
