"""Keys in the order in which they were pressed, also when they come faster than the focus moves.

Textual hands a key to the widget that has the focus when it arrives. Over a slow link several
come in one piece, `/`, then the filter's text: the text would go to the list, before the first
key has opened the filter. So a key waits until the one before it is done with, and until the
screen which that one has opened is drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer

from lktui.widgets.early_keys import as_pressed

MAX_WAITING = 20_000
"""Keys beyond this are dropped. A terminal without bracketed paste types what is pasted: it may be
the longest line twice."""
PATIENCE_S = 2.0
"""A key that is not done with by then (its widget may have gone) holds back no others."""


class KeyOrder:
    """Lets one key through at a time.

    Args:
        app: Whose keys these are.
        handle: Handles one key: Textual's own way.
        typing: Whether printable keys are text now.
    """

    def __init__(
        self,
        app: App[None],
        handle: Callable[[Key], Awaitable[None]],
        typing: Callable[[], bool],
    ) -> None:
        self._app, self._handle, self._typing = app, handle, typing
        self._waiting: deque[Key] = deque()
        self._serial = 0
        self._limit: Timer | None = None
        """Runs while a key is not done with."""
        self._drawn: Screen[object] | None = None
        """The screen that the last key went to, or waits for."""

    @property
    def is_idle(self) -> bool:
        """Whether every key is done with."""
        return self._limit is None

    @property
    def pressed(self) -> int:
        """How many keys were let through."""
        return self._serial

    async def press(self, key: Key) -> None:
        """Handle a key now, or after those that came before it."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append(key)
        if self.is_idle:
            await self._next()

    async def _next(self) -> None:
        if self._limit is not None:
            self._limit.stop()
            self._limit = None
        if not self._waiting:
            return
        self._serial += 1
        go_on = partial(self._done, self._serial)
        self._limit = self._app.set_timer(PATIENCE_S, go_on)
        screen = self._app.screen
        if screen is not self._drawn:
            self._drawn = screen
            if screen.call_after_refresh(partial(self._app.call_later, go_on)):
                return
        first, *others = as_pressed(self._waiting.popleft(), typing=self._typing())
        self._waiting.extendleft(reversed(others))
        target: MessagePump = self._app.focused or screen
        await self._handle(first)
        self._follow(target, self._serial)

    def _follow(self, node: MessagePump, serial: int) -> None:
        """Go the way of the key, which bubbles from its target up to the app, queue by queue.

        A focus that the key asked for waits in the app's queue by then: the last call goes behind.
        """
        parent = node._parent  # noqa: SLF001 - the way that Textual's own messages bubble
        if parent is None or not node.call_later(partial(self._follow, parent, serial)):
            done = partial(self._done, serial)
            self._app.call_later(partial(self._app.call_later, done))

    async def _done(self, serial: int) -> None:
        if serial == self._serial:
            await self._next()
