"""A disk that hangs holds up neither the loop nor the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lktui.session.beside import beside
from lktui.session.profile_verbs import ProfileVerbs
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Give what a hanging disk waits for; it comes at the latest with the test's end."""
    event = threading.Event()
    yield event
    event.set()


async def test_it_gives_the_result_or_the_error() -> None:
    assert await beside(lambda: 7) == 7
    with pytest.raises(OSError, match="gone"):
        await beside(fail)


def fail() -> None:
    raise OSError("gone")


async def test_work_that_hangs_can_be_given_up(released: threading.Event) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(beside(released.wait), 0.01)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "disk")


async def test_a_result_that_nobody_waits_for_is_dropped(released: threading.Event) -> None:
    waiting = asyncio.ensure_future(beside(released.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    (disk,) = (thread for thread in threading.enumerate() if thread.name == "disk")
    released.set()
    await asyncio.to_thread(disk.join)
    await asyncio.sleep(0)
    assert waiting.cancelled()


class SlowDisk(ProfileStore):
    """Answers when it is released."""

    def __init__(self, paths: Paths, released: threading.Event) -> None:
        super().__init__(paths, {})
        self._released = released

    def stamp(self) -> frozenset[tuple[str, int, int, int]]:
        self._released.wait()
        return super().stamp()


async def test_the_loop_goes_on_while_the_profiles_are_looked_at(
    tmp_path: Path, released: threading.Event
) -> None:
    paths = Paths(config_dir=tmp_path, state_dir=tmp_path)
    verbs = ProfileVerbs(SlowDisk(paths, released))
    looking = asyncio.ensure_future(verbs.reload_if_changed())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not looking.done()
    released.set()
    await looking
