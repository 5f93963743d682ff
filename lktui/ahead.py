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
    from textual.app import App
    from textual.timer import Timer

AFTER_S = 1.2
"""From the first paint on: by then the engine is there too, mostly."""
MODES = (Scope.ROOMS, Scope.LIVE, Scope.CLEANUP)
_STEP_S = 0.2
"""Between two screens, so that a key in between waits for a part of one only."""


class ScreensAhead:
    """Imports the screens of the other modes, and then has them made, one by one.

    Args:
        app: Whose modes these are.
        make: Makes the screen of a mode, unseen.
    """

    def __init__(self, app: App[None], make: Callable[[str], object]) -> None:
        self._app, self._make = app, make
        self._left: list[str] = list(MODES)
        # In a thread, so that the first screen answers meanwhile; as a daemon, so that a person who
        # leaves in between does not wait for it.
        self._imports = Thread(target=import_screens, daemon=True)
        self._steps: Timer | None = None

    def begin(self) -> None:
        """Do it a while after the first paint."""
        self._app.set_timer(AFTER_S, self._import)

    def _import(self) -> None:
        self._imports.start()
        self._steps = self._app.set_interval(_STEP_S, self._step)

    def _step(self) -> None:
        if self._imports.is_alive():
            return
        if self._left:
            self._make(self._left.pop(0))
        elif self._steps is not None and self._only_what_stays():
            self._steps.stop()
            # Like what was there at the first paint they stay to the end, and to look for garbage
            # in them takes 30 ms each time.
            if gc.get_freeze_count():
                gc.freeze()

    def _only_what_stays(self) -> bool:
        """Whether all screens are there, and no page or sheet that will go again."""
        stacks = [self._app.screen_stack, *map(self._app.get_screen_stack, MODES)]
        return all(len(stack) == 1 and stack[0].is_mounted for stack in stacks)


def import_screens() -> None:
    """Import the screens of the modes; each package is named like its mode."""
    for mode in MODES:
        import_module(f"lktui.screens.{mode}.screen")
