"""What is put off until after the first paint, so that it comes sooner."""

from __future__ import annotations

import gc
import sys

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
