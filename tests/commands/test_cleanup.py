"""`lktui cleanup`: what a person may name, and what not."""

from __future__ import annotations

import msgspec
import pytest

from lktui.commands.cleanup import _all_free, _look_words
from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.problems import PortError, ProblemCode

ITEM = CleanupItem(
    id="s:room", what=What.ROOM, name="test-1", room="test-1", profile="p", url="ws://h"
)


@pytest.mark.parametrize("name", ["s:room", "test-1"])
def test_an_item_is_named_by_its_id_or_its_name(name: str) -> None:
    _all_free([name], [ITEM.kept()], "run")


def test_what_a_conversation_uses_is_not_taken_from_it() -> None:
    with pytest.raises(PortError) as raised:
        _all_free(["test-1"], [ITEM], "forget")
    assert ITEM.state is ItemState.LIVE
    assert raised.value.problem.code is ProblemCode.USAGE
    assert "in use" in raised.value.problem.summary


def test_an_unknown_item_is_a_misuse_that_names_the_nearest() -> None:
    with pytest.raises(PortError) as raised:
        _all_free(["test-2"], [ITEM.kept()], "run")
    assert raised.value.problem.code is ProblemCode.USAGE
    assert "test-1" in raised.value.problem.cause


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((What.ROOM,), "1 room is gone; last look "),
        ((What.ROOM, What.ROOM), "2 rooms are gone; last looks up to "),
        ((What.DISPATCH,), "1 dispatch is gone; last look "),
        (
            (What.ROOM, What.DISPATCH, What.DISPATCH),
            "1 room and 2 dispatches are gone; last looks up to ",
        ),
    ],
)
def test_last_looks_are_told_with_what_is_looked_for(kinds: tuple[What, ...], words: str) -> None:
    late = msgspec.structs.replace(ITEM, late=True, expected=("agent-1",))
    gone = [msgspec.structs.replace(late, what=what).due().gone(1000.0) for what in kinds]
    assert _look_words(gone).startswith(words)
    assert ("makes its room anew" in _look_words(gone)) is (What.ROOM in kinds)
