"""The bell rings once for what begins to need a person, and for nothing else."""

from __future__ import annotations

import msgspec

from lktui.core.events import AnyEvent, Mark, Role, SessionOpened
from lktui.core.fold import Fold
from lktui.screens.bell import Bell
from tests.support.scenes import Conversation
from tests.support.talk import Talk


class Ear:
    """Hears the bell while an engine tells."""

    def __init__(self) -> None:
        self.rings = 0
        self._fold, self._bell = Fold(), Bell(self._rung)

    def hears(self, *events: AnyEvent) -> int:
        """Give how often it rang for a batch."""
        before = self.rings
        self._bell.heed(self._fold.apply(events).sessions)
        return self.rings - before

    def _rung(self) -> None:
        self.rings += 1


def watch(of: Conversation) -> list[AnyEvent]:
    first, *rest = of.ready()
    assert isinstance(first, SessionOpened)
    return [msgspec.structs.replace(first, watched=True, slow_reply_s=3.0), *rest]


def test_what_goes_well_is_silent() -> None:
    ear, of = Ear(), Conversation("a1")
    assert ear.hears(*of.ready()) == 0
    assert ear.hears(Talk(of).line(2, "echo", "hello", mark=Mark.NONE)) == 0


def test_a_failure_rings_once_however_often_something_changes() -> None:
    ear, of = Ear(), Conversation("a1")
    assert ear.hears(*of.not_taken()) == 1
    assert ear.hears(Talk(of).line(9, "echo", "late")) == 0


def test_two_failures_of_one_batch_ring_once_and_a_third_again() -> None:
    ear = Ear()
    assert ear.hears(*Conversation("a1").not_taken(), *Conversation("a2").not_taken()) == 1
    assert ear.hears(*Conversation("a3").not_taken()) == 1


def test_a_slow_reply_rings_in_a_watched_room_only() -> None:
    for events, rings in ((watch, 1), (Conversation.ready, 0)):
        ear, of = Ear(), Conversation("a1")
        talk = Talk(of)
        user = msgspec.structs.replace(talk.line(3, "ann", "hello?"), role=Role.USER)
        ear.hears(*events(of))
        assert ear.hears(user, talk.line(8, "echo", "sorry")) == rings
