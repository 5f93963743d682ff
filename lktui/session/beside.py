"""Work on a disk beside the app's loop: one that hangs holds up neither a key nor the end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

_T = TypeVar("_T")


async def beside(work: Callable[[], _T]) -> _T:
    """Do some work in a thread that nobody waits for at the end of the process.

    Threads of `asyncio.to_thread` are joined then: with one of them at a disk that does not
    answer, the program would never end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def tell(say: Callable[[], None]) -> None:
        def if_awaited() -> None:
            if not done.done():
                say()

        with contextlib.suppress(RuntimeError):  # after the end there is no loop
            loop.call_soon_threadsafe(if_awaited)

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whoever waits is to have it
            tell(partial(done.set_exception, error))
        else:
            tell(partial(done.set_result, result))

    threading.Thread(target=run, name="disk", daemon=True).start()
    return await done
