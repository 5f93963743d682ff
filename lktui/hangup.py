"""How a program with a terminal ends: by a signal, or since its terminal has gone without a word.

A hang-up comes as SIGHUP only to a process whose controlling terminal it is. Under `script`,
`setsid` or a container's entry point there is none, and Textual's input thread would read the end
of file for ever, at 80 % of a core.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator

ENDING = (signal.SIGTERM, signal.SIGINT)


class EndingSignals:
    """Heeds the signals that end a program.

    Args:
        ended: Called in the loop when one has come.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended

    def heed(self) -> None:
        """Take note of them from now on."""
        for number in ENDING:
            asyncio.get_running_loop().add_signal_handler(number, self._ended)

    def release(self) -> None:
        """Give them back."""
        for number in ENDING:
            asyncio.get_running_loop().remove_signal_handler(number)

    @contextlib.contextmanager
    def interrupt_is_for_another(self) -> Iterator[None]:
        """Leave ctrl+c to a program that has our terminal; the kernel tells us of it too.

        Another ending signal is heeded when that program has ended.
        """
        came: list[int] = []
        self.release()
        # Else the loop would find an interrupt that came meanwhile, and take it for ours.
        wakeup = signal.set_wakeup_fd(-1)
        for number in ENDING:
            signal.signal(number, lambda number, _frame: came.append(number))
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            self.heed()
        if signal.SIGTERM in came:
            self._ended()


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
