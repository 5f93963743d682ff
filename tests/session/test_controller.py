"""The controller: events become snapshots, verbs become commands, problems stay in sight."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from lktui.core.cleanup import ItemState
from lktui.core.commands import (
    DispatchInto,
    EndSession,
    ForgetCleanup,
    LookInto,
    Retry,
    RunCleanup,
    Say,
    StartSession,
    WatchRooms,
)
from lktui.core.events import (
    AnyEvent,
    ApiCalled,
    CleanupChanged,
    CleanupRan,
    CleanupResult,
    EngineFaulted,
    Hello,
    Notice,
    QueueRead,
    RecordCaughtUp,
    RoomsListed,
    SessionEnded,
    SessionId,
    SessionOpened,
)
from lktui.core.history import MAX_ENTRIES
from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.signs import StateKind
from lktui.core.wire import PROTOCOL
from lktui.session.archive import Archive
from lktui.session.controller import MAX_LINE_CHARS, SessionController
from lktui.session.engine_client import EngineHealth
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore
from tests.support.fakes.engine_client import INSTALLATION, FakeEngine
from tests.support.fakes.still_clock import StillClock
from tests.support.scenes import Conversation, item, listed

STAGING = """
url = "wss://voice-staging.example.net"
api_key = "APIabc"
api_secret = "a secret of at least thirty-two chars"
agent_name = "checkout"
dispatch_mode = "explicit"
"""
TOKEN_ONLY = """
url = "wss://h"
auth_mode = "token"
token = "a.b.c"
"""
BROKEN = 'url = "wss://h"\ndispatch_mode = "sometimes"\n'
ONE = Conversation("5bq2k1")
FULL = problem(ProblemCode.STATE_UNUSABLE, path="/x", why="disk full")


class Desk:
    """A controller with a fake engine and profile files."""

    def __init__(self, folder: Path) -> None:
        paths = Paths.of(str(folder / "config"), str(folder / "state"))
        paths.profiles_dir.mkdir(parents=True)
        self.folder = paths.profiles_dir
        self.engine = FakeEngine()
        store = ProfileStore(paths, {})
        self.controller = SessionController(self.engine, store, Archive(paths, {}), StillClock())

    def says(self) -> str | None:
        """What the status line says."""
        message = self.controller.message
        return message.text if message else None

    def write(self, **profiles: str) -> None:
        for name, text in profiles.items():
            (self.folder / f"{name}.toml").write_text(text)
            (self.folder / f"{name}.toml").chmod(0o600)
        self.controller.load_profiles()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    one = Desk(tmp_path)
    one.write(staging=STAGING)
    return one


def opened(**changes: object) -> list[AnyEvent]:
    """The opening of a conversation with other fields."""
    first, *rest = ONE.not_taken()
    assert isinstance(first, SessionOpened)
    return [msgspec.structs.replace(first, **changes), *rest]


# --- profiles -----------------------------------------------------------------------------------


def test_the_first_usable_profile_is_in_use(desk: Desk) -> None:
    desk.write(aaa=BROKEN)
    assert desk.controller.profile_in_use == "staging"
    assert [file.name for file in desk.controller.profiles] == ["aaa", "staging"]
    assert desk.controller.profile("aaa") is None


def test_a_profile_that_is_gone_is_not_in_use_any_more(desk: Desk) -> None:
    desk.write(other=STAGING)
    desk.controller.use_profile("staging")
    desk.controller.remove_profile("staging")
    assert desk.controller.profile_in_use == "other"


def test_without_profiles_nothing_is_in_use_and_nothing_starts(desk: Desk) -> None:
    desk.controller.remove_profile("staging")
    assert desk.controller.profile_in_use == ""
    assert desk.controller.start_session() is None
    assert desk.engine.commands == []


def test_removing_what_is_not_there_is_said(desk: Desk) -> None:
    desk.controller.remove_profile("nobody")
    assert "nobody" in (desk.says() or "")


# --- verbs --------------------------------------------------------------------------------------


def test_a_start_hands_over_the_profile_with_its_references_and_is_in_focus(desk: Desk) -> None:
    session = desk.controller.start_session()
    (command,) = desk.engine.asked(StartSession)
    assert command.session == session == desk.controller.focus
    assert command.profile.name == "staging"


def test_two_sessions_never_share_an_id(desk: Desk) -> None:
    assert desk.controller.start_session() != desk.controller.start_session()


def test_a_line_is_cleaned_and_cut_before_it_is_sent(desk: Desk) -> None:
    desk.controller.say(ONE.id, "hello\x1b]0;x\x07\nthere" + "x" * MAX_LINE_CHARS)
    (said,) = desk.engine.asked(Say)
    assert "\x1b" not in said.text
    assert said.text.startswith("hello")
    assert len(said.text) == MAX_LINE_CHARS
    assert said.key.startswith("typed:")


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_an_empty_line_is_not_sent(desk: Desk, text: str) -> None:
    desk.controller.say(ONE.id, text)
    assert desk.engine.commands == []


def test_an_explicit_dispatch_is_retried_in_its_room(desk: Desk) -> None:
    desk.engine.say(*ONE.not_taken())
    desk.controller.retry(ONE.id, replace_live=True)
    assert desk.engine.commands == [Retry(session=ONE.id, replace_live=True)]


@pytest.mark.parametrize(
    "changes", [{"dispatch_mode": DispatchMode.AUTO}, {"sees_dispatches": False}]
)
def test_where_no_dispatch_can_be_made_a_retry_is_a_new_conversation(
    desk: Desk, changes: dict[str, object]
) -> None:
    desk.engine.say(*opened(**changes))
    desk.controller.retry(ONE.id)
    assert [type(command) for command in desk.engine.commands] == [EndSession, StartSession]
    assert desk.controller.focus != ONE.id


def test_a_retry_of_a_profile_that_is_gone_is_refused_and_said(desk: Desk) -> None:
    desk.engine.say(*opened(dispatch_mode=DispatchMode.AUTO, profile="gone"))
    desk.controller.retry(ONE.id)
    assert desk.engine.asked(StartSession) == []
    assert "gone" in (desk.says() or "")


def test_only_what_has_failed_is_retried_with_the_rest(desk: Desk) -> None:
    good, bad = Conversation("aaaaaa"), Conversation("bbbbbb")
    desk.engine.say(*good.ready(), *bad.not_taken())
    assert desk.controller.retry_all([good.id, bad.id, SessionId("of another profile")]) == 1
    assert desk.engine.commands == [Retry(session=bad.id)]


def test_verbs_of_the_queue_name_their_items(desk: Desk) -> None:
    desk.controller.run_cleanup(("r",))
    desk.controller.forget_cleanup(("r",))
    assert desk.engine.commands == [RunCleanup(ids=("r",)), ForgetCleanup(ids=("r",))]


def test_a_profile_without_a_key_is_not_asked_for_its_rooms(desk: Desk) -> None:
    desk.write(other=TOKEN_ONLY)
    desk.controller.use_profile("other")
    desk.controller.poll_rooms(on=True)
    assert not any(command.profile for command in desk.engine.asked(WatchRooms))


def test_rooms_are_watched_only_while_somebody_looks(desk: Desk) -> None:
    desk.controller.poll_rooms(on=True)
    desk.controller.poll_rooms(on=False)
    watched = [
        command.profile and command.profile.name for command in desk.engine.asked(WatchRooms)
    ]
    assert watched == ["staging", None]


# --- what the engine says -------------------------------------------------------------------------


def test_a_batch_is_one_change_of_the_sessions(desk: Desk) -> None:
    before = desk.controller.sessions
    desk.engine.say(*ONE.ready())
    after = desk.controller.sessions
    assert dict(before) == {}
    assert after[ONE.id].ready
    assert desk.controller.talking == (after[ONE.id],)


def test_hello_names_the_installation(desk: Desk) -> None:
    asyncio.run(desk.controller.start())
    assert desk.controller.installation == INSTALLATION
    assert desk.controller.engine is EngineHealth.UP


def test_the_queue_is_published_when_it_changes(desk: Desk) -> None:
    desk.engine.say(QueueRead(items=(item("r", ItemState.DUE),)))
    first = desk.controller.cleanup
    desk.engine.say(Notice(session=SessionId("x"), text="something else"))
    assert desk.controller.cleanup is first
    desk.engine.say(CleanupChanged(items=(item("r", ItemState.DONE),)))
    assert desk.controller.cleanup["r"].state is ItemState.DONE


def test_rooms_of_a_profile_that_is_not_in_use_are_not_shown(desk: Desk) -> None:
    desk.engine.say(RoomsListed(profile="other", rooms=(listed("lobby"),)))
    assert desk.controller.rooms is None
    desk.engine.say(RoomsListed(profile="staging", rooms=(listed("lobby"),)))
    assert desk.controller.rooms is not None


def test_another_profile_begins_with_unknown_rooms(desk: Desk) -> None:
    desk.engine.say(RoomsListed(profile="staging", rooms=(listed("lobby"),)))
    desk.write(other=STAGING)
    desk.controller.use_profile("other")
    assert desk.controller.rooms is None


@pytest.mark.parametrize(
    ("left", "tried", "text"),
    [
        (0, 3, "3 gone"),
        (0, 0, "nothing was left to try"),
        (3, 5, "3 left, kept for next time"),
    ],
)
def test_a_run_of_the_queue_says_how_it_went(desk: Desk, left: int, tried: int, text: str) -> None:
    """What is stuck or kept beside it stays: to have removed some is not to have cleaned all."""
    desk.engine.say(CleanupRan(left=left, tried=tried))
    assert desk.says() == text


# --- messages -------------------------------------------------------------------------------------


def test_a_sentence_goes_with_the_next_key(desk: Desk) -> None:
    desk.engine.say(Notice(session=ONE.id, text="already retrying r"))
    assert desk.says() == "already retrying r"
    desk.controller.key_pressed()
    assert desk.says() is None
    assert [entry.text for entry in desk.controller.history] == ["already retrying r"]


def test_a_problem_stays_until_it_is_dismissed(desk: Desk) -> None:
    desk.engine.say(EngineFaulted(problem=FULL))
    desk.controller.key_pressed()
    assert desk.says() == FULL.summary
    assert desk.controller.dismiss()
    assert desk.says() is None
    assert not desk.controller.dismiss()


def test_a_problem_is_a_warning(desk: Desk) -> None:
    desk.engine.say(EngineFaulted(problem=FULL))
    assert desk.controller.history[0].kind is StateKind.WARNING


def test_a_sentence_covers_a_problem_and_uncovers_it_again(desk: Desk) -> None:
    desk.engine.say(EngineFaulted(problem=FULL))
    desk.controller.notice("copied")
    assert desk.says() == "copied"
    desk.controller.key_pressed()
    assert desk.says() == FULL.summary


def test_old_messages_are_dropped_in_the_end(desk: Desk) -> None:
    for number in range(2 * MAX_ENTRIES):
        desk.controller.notice(str(number))
    assert len(desk.controller.history) == MAX_ENTRIES
    assert desk.controller.history[0].text == str(2 * MAX_ENTRIES - 1)


def test_what_was_looked_at_is_remembered(desk: Desk) -> None:
    desk.controller.look_at("a verdict")
    desk.controller.look_at("a verdict")
    assert desk.controller.seen == {"a verdict"}


# --- an engine that cannot work -------------------------------------------------------------------


def greeting(installation: str) -> Hello:
    return Hello(protocol=PROTOCOL, build="test", pid=1, installation=installation)


def fault(desk: Desk) -> Problem | None:
    return desk.controller.unusable


def test_an_engine_that_cannot_work_is_said_to_until_it_can(desk: Desk) -> None:
    desk.engine.say(EngineFaulted(problem=FULL), greeting(""))
    assert fault(desk) == FULL
    desk.controller.key_pressed()
    desk.engine.say(greeting(INSTALLATION))
    assert fault(desk) is None
    assert desk.says() == "the engine works again"
    desk.controller.key_pressed()
    assert desk.says() is None


def test_another_problem_still_stands_when_the_engine_works_again(desk: Desk) -> None:
    desk.engine.say(EngineFaulted(problem=FULL), greeting(""))
    desk.controller.warn("the theme has faults")
    desk.engine.say(greeting(INSTALLATION))
    desk.controller.key_pressed()
    assert desk.says() == "the theme has faults"


def test_an_engine_that_works_at_last_is_asked_for_the_rooms_in_view(desk: Desk) -> None:
    desk.controller.poll_rooms(on=True)
    desk.engine.say(EngineFaulted(problem=FULL), greeting(""))
    desk.engine.commands.clear()
    desk.engine.say(greeting(INSTALLATION))
    (asked,) = desk.engine.asked(WatchRooms)
    assert asked.profile == desk.controller.profile()


def test_a_disk_that_takes_again_what_happens_is_no_problem_any_more(desk: Desk) -> None:
    waits = problem(ProblemCode.NOT_RECORDED, path="/x", why="disk full")
    desk.engine.say(EngineFaulted(problem=waits))
    desk.controller.key_pressed()
    assert desk.says() == "Not recorded for now: disk full"
    desk.engine.say(RecordCaughtUp())
    assert desk.says() == "recorded again: nothing is lost"
    desk.controller.key_pressed()
    assert desk.says() is None


# --- an engine that dies --------------------------------------------------------------------------


def restart(desk: Desk) -> None:
    for health in (EngineHealth.RESTARTING, EngineHealth.RESTARTING, EngineHealth.UP):
        desk.engine.on_health(health)


def test_a_restart_is_counted_until_it_is_acknowledged(desk: Desk) -> None:
    desk.engine.on_health(EngineHealth.UP)
    restart(desk)
    restart(desk)
    assert desk.controller.engine_restarts == 2
    assert desk.controller.engine is EngineHealth.UP
    desk.controller.key_pressed()
    assert desk.controller.engine_restarts == 0


def test_a_first_start_is_no_restart(desk: Desk) -> None:
    desk.engine.on_health(EngineHealth.STARTING)
    desk.engine.on_health(EngineHealth.UP)
    assert desk.controller.engine_restarts == 0


def test_the_new_engine_is_asked_for_the_rooms_that_are_looked_at(desk: Desk) -> None:
    desk.engine.on_health(EngineHealth.UP)
    desk.controller.poll_rooms(on=True)
    restart(desk)
    watched = [
        command.profile and command.profile.name for command in desk.engine.asked(WatchRooms)
    ]
    assert watched == ["staging", "staging"]


def test_the_new_engine_is_not_asked_for_rooms_that_nobody_looks_at(desk: Desk) -> None:
    desk.engine.on_health(EngineHealth.UP)
    desk.controller.poll_rooms(on=True)
    desk.controller.poll_rooms(on=False)
    restart(desk)
    assert desk.engine.asked(WatchRooms)[-1].profile is None


def test_a_stop_is_handed_on_with_its_grace(desk: Desk) -> None:
    asyncio.run(desk.controller.stop(8.0))
    assert desk.engine.stopped_after == 8.0
    assert desk.controller.engine is EngineHealth.STOPPED


# --- rooms of others ------------------------------------------------------------------------------


def test_a_dispatch_into_a_room_takes_name_and_metadata_for_this_one_only(desk: Desk) -> None:
    session = desk.controller.dispatch_into("call-5521", "echo", "m", agreed=False)
    (asked,) = desk.engine.asked(DispatchInto)
    assert (asked.session, asked.room) == (session, "call-5521")
    assert (asked.profile.agent_name, asked.profile.metadata) == ("echo", "m")
    used = desk.controller.profile()
    assert used is not None
    assert used.agent_name == "checkout"


def test_agents_are_offered_the_last_dispatched_first_and_each_once(desk: Desk) -> None:
    desk.engine.say(RoomsListed(profile="staging", rooms=(listed("r", "support"),)))
    assert desk.controller.known_agents() == (("checkout", "support"), "")
    desk.controller.dispatch_into("r", "mine", "m1", agreed=False)
    assert desk.controller.known_agents() == (("mine", "checkout", "support"), "m1")


def test_a_retry_of_a_watch_that_is_over_watches_anew(desk: Desk) -> None:
    kept = SessionEnded(session=ONE.id, cleanup=CleanupResult.KEPT, took_ms=1.0)
    desk.engine.say(*opened(watched=True), kept)
    desk.controller.retry(ONE.id)
    (asked,) = desk.engine.asked(DispatchInto)
    assert (asked.room, asked.again, asked.agreed) == (ONE.room, True, False)


def test_what_is_only_watched_is_no_conversation(desk: Desk) -> None:
    desk.engine.say(*opened(watched=True))
    assert desk.controller.talking == ()


def test_a_room_is_looked_into_once_however_often_it_is_drawn(desk: Desk) -> None:
    for room in ("a", "a", "b"):
        desk.controller.look_into(room)
    assert [look.room for look in desk.engine.asked(LookInto)] == ["a", "b"]


def test_calls_and_sentences_are_written_down_newest_first(desk: Desk) -> None:
    desk.engine.say(ApiCalled(call="list_rooms", profile="staging", answer="2 rooms"))
    desk.controller.notice("copied")
    assert [entry.text for entry in desk.controller.history] == ["copied", "list_rooms"]
