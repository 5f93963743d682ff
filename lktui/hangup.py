"""Ends a program whose terminal has gone without a word.

A hang-up comes as SIGHUP only to a process whose controlling terminal it is. Under `script`,
`setsid` or a container's entry point there is none, and Textual's input thread would read the end
of file for ever, at 80 % of a core.
"""

from __future__ import annotations

import os
import select
import signal
import threading


def end_with_terminal(descriptor: int = 0) -> None:
    """Let the loss of this terminal be a SIGHUP, whose default ends us; the engine cleans up.

    Args:
        descriptor: The terminal; by default what we read keys from.
    """
    threading.Thread(target=_wait, args=(descriptor,), name="hangup", daemon=True).start()


def _wait(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # POLLHUP and POLLERR are always told
    poll.poll()
    os.kill(os.getpid(), signal.SIGHUP)
