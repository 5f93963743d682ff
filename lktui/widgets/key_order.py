"""Keys in the order in which they were pressed, also when they come faster than the focus moves.

Textual hands a key to the widget that has the focus when it arrives. Over a slow link several
come in one piece, `/`, then the filter's text: the text would go to the list, before the first
key has opened the filter. So a key waits until the one before it is done with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump

from lktui.clock import Clock

MAX_WAITING = 1000
"""Keys beyond this are dropped: nobody types so far ahead."""
PATIENCE_S = 0.25
"""A key that is not done with by then (its widget may have gone) holds back no others."""


class KeyOrder:
    """Lets one key through at a time.

    Args:
        app: Whose keys these are.
        clock: Tells the time.
        handle: Handles one key: Textual's own way.
    """

    def __init__(
        self, app: App[None], clock: Clock, handle: Callable[[Key], Awaitable[None]]
    ) -> None:
        self._app, self._clock, self._handle = app, clock, handle
        self._waiting: deque[Key] = deque(maxlen=MAX_WAITING)
        self._serial = 0
        self._busy_since: float | None = None

    async def press(self, key: Key) -> None:
        """Handle a key now, or after those that came before it."""
        self._waiting.append(key)
        since = self._busy_since
        if since is None or self._clock.monotonic() - since > PATIENCE_S:
            await self._next()

    async def _next(self) -> None:
        if not self._waiting:
            self._busy_since = None
            return
        self._busy_since = self._clock.monotonic()
        self._serial += 1
        target: MessagePump = self._app.focused or self._app.screen
        await self._handle(self._waiting.popleft())
        self._follow(target, self._serial)

    def _follow(self, node: MessagePump, serial: int) -> None:
        """Go the way of the key, which bubbles from its target up to the app, queue by queue."""
        parent = node._parent  # noqa: SLF001 - the way that Textual's own messages bubble
        at_end = parent is None or not node.call_later(partial(self._follow, parent, serial))
        if at_end:
            self._app.call_later(partial(self._done, serial))

    async def _done(self, serial: int) -> None:
        if serial == self._serial:
            await self._next()
