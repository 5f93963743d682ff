"""Watching from the controller: a room is watched once, and its watch is found by its name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lktui.core.commands import EndSession, WatchRoom
from lktui.core.events import AnyEvent, CleanupResult, SessionEnded, SessionOpened
from lktui.session.archive import Archive
from lktui.session.controller import SessionController
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore
from tests.support.dashboard import STAGING
from tests.support.fakes.engine_client import FakeEngine
from tests.support.fakes.still_clock import StillClock
from tests.support.scenes import Conversation

ROOM = "call-5521"


class Desk:
    """A controller that watches, with a fake engine."""

    def __init__(self, folder: Path, *profiles: str) -> None:
        paths = Paths.of(str(folder / "config"), str(folder / "state"))
        paths.profiles_dir.mkdir(parents=True)
        for text in profiles:
            file = paths.profiles_dir / "staging.toml"
            file.write_text(text)
            file.chmod(0o600)
        self.engine = FakeEngine()
        store = ProfileStore(paths, {"LK_STAGING_SECRET": "s"})
        self.controller = SessionController(self.engine, store, Archive(paths, {}), StillClock())
        self.controller.load_profiles()

    def hears(self, *events: AnyEvent) -> None:
        self.engine.say(*events)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, STAGING)


def watch(name: str, room: str = ROOM, *, watched: bool = True) -> list[AnyEvent]:
    """A watch of a room whose agent listens."""
    first, *rest = Conversation(name, room=room).ready()
    assert isinstance(first, SessionOpened)
    return [msgspec.structs.replace(first, watched=watched), *rest]


def over(name: str) -> SessionEnded:
    return SessionEnded(session=Conversation(name).id, cleanup=CleanupResult.NOT_OURS, took_ms=1.0)


def test_a_watch_names_the_room_and_the_profile_in_use(desk: Desk) -> None:
    session = desk.controller.watch_room(ROOM)
    (command,) = desk.engine.asked(WatchRoom)
    assert (command.session, command.room, command.profile.name) == (session, ROOM, "staging")


def test_a_room_that_is_watched_is_not_watched_again(desk: Desk) -> None:
    desk.hears(*watch("w1"))
    assert desk.controller.watch_room(ROOM) == "w1"
    assert desk.engine.asked(WatchRoom) == []


def test_a_room_whose_watch_is_over_can_be_watched_anew(desk: Desk) -> None:
    desk.hears(*watch("w1"), over("w1"))
    assert desk.controller.watch_of(ROOM) is None
    assert desk.controller.watch_room(ROOM) not in (None, "w1")


def test_a_conversation_of_ours_is_no_watch_of_its_room(desk: Desk) -> None:
    desk.hears(*watch("s1", watched=False))
    assert desk.controller.watch_of(ROOM) is None
    assert desk.controller.watches == 0


def test_watches_that_go_on_are_counted(desk: Desk) -> None:
    desk.hears(*watch("w1"), *watch("w2", "call-2"), *watch("w3", "call-3"), over("w3"))
    assert desk.controller.watches == 2


def test_the_end_of_a_watch_is_asked_of_the_engine(desk: Desk) -> None:
    desk.hears(*watch("w1"))
    desk.controller.stop_watching(Conversation("w1").id)
    assert [command.session for command in desk.engine.asked(EndSession)] == ["w1"]


def test_without_a_profile_nothing_is_watched(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.controller.watch_room(ROOM) is None
    assert desk.engine.asked(WatchRoom) == []
