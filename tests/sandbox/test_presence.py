from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models

from lktui.sandbox.presence import Batch, News, next_tick
from lktui.sandbox.room_count import RoomCount


def news(
    identity: str, version: int = 1, *, sid: str = "", joined_ms: int = 0, publishes: bool = False
) -> News:
    info = models.ParticipantInfo(
        identity=identity,
        sid=sid or f"PA_{identity}",
        version=version,
        joined_at_ms=joined_ms,
        is_publisher=publishes,
    )
    return News(info=info)


def test_news_of_the_silent_waits_for_the_batch() -> None:
    batch = Batch()
    joined = news("ann")
    assert batch.add(joined, urgent=False) == []
    assert batch.take() == [joined]
    assert batch.take() == []


def test_urgent_news_goes_at_once_and_takes_only_its_own_waiting_news_along() -> None:
    batch = Batch()
    batch.add(news("ann"), urgent=False)
    batch.add(news("bob"), urgent=False)
    changed = news("ann", 2)
    assert batch.add(changed, urgent=True) == [changed]
    assert [one.info.identity for one in batch.take()] == ["bob"]


def test_who_publishes_is_told_of_at_once() -> None:
    speaker = news("ann", publishes=True)
    assert Batch().add(speaker, urgent=False) == [speaker]


def test_of_one_participant_only_the_newest_waits() -> None:
    batch = Batch()
    newest = news("ann", 3)
    batch.add(news("ann", 1), urgent=False)
    batch.add(newest, urgent=False)
    assert batch.add(news("ann", 2), urgent=True) == []
    assert batch.take() == [newest]


def test_a_new_session_of_a_name_whose_old_one_waits_goes_at_once() -> None:
    batch = Batch()
    batch.add(news("ann", sid="PA_1", joined_ms=1), urgent=False)
    again = news("ann", sid="PA_2", joined_ms=2)
    assert batch.add(again, urgent=False) == [again]
    assert len(batch) == 0


def test_an_old_session_says_nothing_when_the_new_one_has_been_told_of() -> None:
    batch = Batch()
    waiting = news("ann", sid="PA_2", joined_ms=2)
    batch.add(waiting, urgent=False)
    assert batch.add(news("ann", 9, sid="PA_1", joined_ms=1), urgent=True) == []
    assert batch.take() == [waiting]


@given(
    started=st.floats(0, 1e6),
    passed=st.floats(0, 1e5),
    period=st.floats(0.01, 10),
)
def test_the_next_tick_is_never_further_than_a_period(
    started: float, passed: float, period: float
) -> None:
    now = started + passed
    assert -1e-6 <= next_tick(started, now, period) - now <= period * (1 + 1e-6) + 1e-6


def test_a_count_is_published_at_the_room_s_next_tick() -> None:
    count = RoomCount(100.0, 5.0)
    assert count.due(101.0) == 105.0
    assert count.publish(105.0, 1)
    assert count.due(106.0) == 110.0


def test_a_count_that_has_stood_for_long_is_replaced_at_once() -> None:
    count = RoomCount(100.0, 5.0)
    assert count.due(107.0) == 107.0


def test_a_count_that_has_not_changed_is_not_published() -> None:
    count = RoomCount(100.0, 5.0)
    assert not count.publish(105.0, 0)
    assert count.due(107.0) == 107.0
