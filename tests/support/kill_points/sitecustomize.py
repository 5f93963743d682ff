"""Counts the steps of an engine, and kills at one of them: before and after each write and call.

It is found by its name, through PYTHONPATH, by the interpreter of every process that a test
starts; in an engine it wraps the journal and the ports, in any other it does nothing. Steps are
written to the file KILL_STEPS, one a line; at the one that KILL_AT names whoever KILL_WHO says
(app, engine or both) is killed, once for the folder of that file.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_JOURNAL = ("put_item", "commit", "flush", "take_over")
_CALLS = (
    "create_room",
    "delete_room",
    "create_dispatch",
    "delete_dispatch",
    "remove_participant",
    "room_exists",
    "find_room",
    "dispatches",
    "participants",
)


class _Steps:
    """Writes each step down, with how often it was taken, and kills at the one that is chosen."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)
        self._at, self._who = os.environ.get("KILL_AT", ""), os.environ.get("KILL_WHO", "")
        self._taken: dict[str, int] = {}
        self._app = os.getppid()

    def take(self, what: str) -> None:
        """Come to a step."""
        self._taken[what] = self._taken.get(what, 0) + 1
        step = f"{what} {self._taken[what]}"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{step}\n".encode())
        os.close(descriptor)
        if step == self._at and self._is_first():
            if self._who in ("app", "both"):
                os.kill(self._app, signal.SIGKILL)
            if self._who in ("engine", "both"):
                os.kill(os.getpid(), signal.SIGKILL)

    def _is_first(self) -> bool:
        """The engine that follows on one that was killed is not killed again."""
        try:
            os.close(os.open(f"{self._file}.killed", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


def _told(item: object) -> str:
    state, what = getattr(item, "state", None), getattr(item, "what", None)
    if state is not None and what is not None:
        named = "" if getattr(item, "name", "") else " unnamed"
        return f" {what} {state}{named}"
    return f" {type(item).__name__}" if hasattr(item, "session") else ""


def _wrap(steps: _Steps, owner: Any, name: str, *, waits: bool) -> None:
    inner: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(inner)
    def wrote(self: object, *args: object, **given: object) -> object:
        if name == "flush" and not getattr(self, "_pending", True):
            return inner(self, *args, **given)  # writes nothing
        told = f"{name}{_told(args[0]) if args else ''}"
        steps.take(f"before {told}")
        result = inner(self, *args, **given)
        # The journal refuses what another engine has claimed meanwhile: nothing was written.
        steps.take(f"{'refused' if result is False else 'after'} {told}")
        return result

    @functools.wraps(inner)
    async def called(self: object, *args: object, **given: object) -> object:
        steps.take(f"before {name}")
        result = await inner(self, *args, **given)
        steps.take(f"after {name}")
        return result

    setattr(owner, name, called if waits else wrote)


def _install() -> None:
    file = os.environ.get("KILL_STEPS", "")
    if not file or "lktui.engine" not in sys.orig_argv:
        return
    from lktui.engine.room_link import RtcRoomLink  # noqa: PLC0415 - in an engine only
    from lktui.engine.server_api import LiveKitServerApi  # noqa: PLC0415 - as above
    from lktui.store.journal import Journal  # noqa: PLC0415 - as above

    steps = _Steps(file)
    for name in _JOURNAL:
        _wrap(steps, Journal, name, waits=False)
    for name in _CALLS:
        _wrap(steps, LiveKitServerApi, name, waits=True)
    for name in ("connect", "disconnect"):
        _wrap(steps, RtcRoomLink, name, waits=True)


_install()
