"""What is put off until after the first paint, so that it comes sooner."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Timer

_AHEAD_AFTER_S = 1.5
"""From the start on: by then the first screen is there, and the engine mostly too."""
_AHEAD = ("rooms", "live", "cleanup")
"""The screens that are opened next."""
_SWITCH_S = 0.0005
_usual_switch_s = sys.getswitchinterval()


def hurry() -> None:
    """Put everything behind the first paint."""
    # Nothing becomes garbage until then; looking for it is a tenth of the way there.
    gc.disable()
    # A thread of Textual's writes what is drawn. While we go on computing it waits for its turn,
    # 5 ms as Python has it: as long as the drawing itself.
    sys.setswitchinterval(_SWITCH_S)


def relax() -> None:
    """Go on as usual."""
    if not gc.isenabled():
        # What is there now stays to the end. Looking for garbage in it takes 60 ms each time, which
        # a key would wait for.
        gc.freeze()
        gc.enable()
    sys.setswitchinterval(_usual_switch_s)


@contextmanager
def screens_ahead() -> Iterator[None]:
    """Import the screens that are opened next while the person still looks at the first one."""
    ahead = Timer(_AHEAD_AFTER_S, _import_ahead)
    ahead.daemon = True  # a person who leaves in between does not wait for it
    ahead.start()
    try:
        yield
    finally:
        ahead.cancel()


def _import_ahead() -> None:
    for name in _AHEAD:
        import_module(f"lktui.screens.{name}.screen")
