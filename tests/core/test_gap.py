"""A hole in what we have heard: one row, with its length and what became of it."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.agent_events import MemoryRead
from lktui.core.events import AnyEvent, LinkChanged, LinkStalled, LinkState, SessionId
from lktui.core.fold import Fold
from lktui.core.transcript import Row
from tests.support.scenes import Conversation

CALL = Conversation("7f3a02")
ID = SessionId("7f3a02")


def link(after_s: float, state: LinkState) -> LinkChanged:
    return LinkChanged(session=ID, at=CALL.at + after_s, state=state, reason="")


def memory(after_s: float, lines: int) -> MemoryRead:
    return MemoryRead(session=ID, identity="a", lines=lines, gap_began_at=CALL.at + after_s)


def gaps(*events: AnyEvent) -> list[Row]:
    fold = Fold()
    fold.apply([*CALL.ready(), *events])
    return [row for row in fold.transcript(ID) if row.speaker == "gap"]


BACK = (link(31.0, LinkState.RECONNECTING), link(37.2, LinkState.CONNECTED))


@pytest.mark.parametrize(
    ("events", "words", "took_s"),
    [
        (BACK[:1], "since 0:31: reconnecting", None),
        (BACK, "6.20 s, 0:31 to 0:37: reconnected; lines may be missing", 6.2),
        (
            (*BACK, memory(31.0, 1)),
            "6.20 s, 0:31 to 0:37: reconnected; 1 line filled in",
            6.2,
        ),
        (
            (*BACK, memory(31.0, 0)),
            "6.20 s, 0:31 to 0:37: reconnected; the agent remembers no more",
            6.2,
        ),
        (
            (
                msgspec.structs.replace(BACK[0], since=CALL.at + 20.5),
                BACK[1],
            ),
            "16.7 s, 0:20 to 0:37: reconnected; lines may be missing",
            16.7,
        ),
        (
            (LinkStalled(session=ID, at=CALL.at + 36.2, began_at=CALL.at + 31.0),),
            "5.20 s, 0:31 to 0:36: nothing came through; nothing was lost",
            5.2,
        ),
        (
            (*BACK, LinkStalled(session=ID, at=CALL.at + 38.0, began_at=CALL.at + 36.0)),
            "6.20 s, 0:31 to 0:37: reconnected; lines may be missing",
            6.2,
        ),
        (
            (BACK[0], link(48.5, LinkState.LOST)),
            "17.5 s, 0:31 to 0:48: the connection did not come back",
            17.5,
        ),
    ],
)
def test_a_gap_is_one_row_that_says_what_became_of_it(
    events: tuple[AnyEvent, ...], words: str, took_s: float | None
) -> None:
    (row,) = gaps(*events)
    assert row.text == words
    assert row.took_s == pytest.approx(took_s)


def test_two_gaps_are_two_rows_and_memory_fills_its_own() -> None:
    later = (link(60.0, LinkState.RECONNECTING), link(61.0, LinkState.CONNECTED))
    first, second = gaps(*BACK, *later, memory(60.0, 2))
    assert first.text.endswith("lines may be missing")
    assert second.text.endswith("2 lines filled in")
