"""Makes the screens that are opened next while the person still looks at the first one.

Importing one takes 50 ms and mounting it 70, which the key that opens it would wait for, and
several times as long beside agents and a server on two cores.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from lktui.core.action_types import Scope

if TYPE_CHECKING:
    from textual.message_pump import MessagePump
    from textual.timer import Timer

AFTER_S = 1.2
"""From the first paint on: by then the engine is there too, mostly."""
MODES = (Scope.ROOMS, Scope.LIVE, Scope.CLEANUP)
_STEP_S = 0.2
"""Between two screens, so that a key in between waits for a part of one only."""


class ScreensAhead:
    """Imports the screens of the other modes, and then has them made, one by one.

    Args:
        host: Whose timers are used.
        make: Makes the screen of a mode, unseen.
    """

    def __init__(self, host: MessagePump, make: Callable[[str], object]) -> None:
        self._host, self._make = host, make
        self._left: list[str] = list(MODES)
        # In a thread, so that the first screen answers meanwhile; as a daemon, so that a person who
        # leaves in between does not wait for it.
        self._imports = Thread(target=import_screens, daemon=True)
        self._steps: Timer | None = None

    def begin(self) -> None:
        """Do it when the engine has begun."""
        self._host.set_timer(AFTER_S, self._import)

    def _import(self) -> None:
        self._imports.start()
        self._steps = self._host.set_interval(_STEP_S, self._step)

    def _step(self) -> None:
        if self._imports.is_alive():
            return
        if self._left:
            self._make(self._left.pop(0))
        elif self._steps is not None:
            self._steps.stop()
            # Like what was there at the first paint they stay to the end, and to look for garbage
            # in them takes 30 ms each time.
            if gc.get_freeze_count():
                gc.freeze()


def import_screens() -> None:
    """Import the screens of the modes; each package is named like its mode."""
    for mode in MODES:
        import_module(f"lktui.screens.{mode}.screen")
