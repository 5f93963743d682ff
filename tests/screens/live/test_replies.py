"""What is told of reply times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Role, SegmentUpdated, SessionId
from lktui.core.transcript import Transcript
from lktui.screens.live.replies import BARS, ReplyLog, ReplyTimes


def times_of(*latencies_s: float) -> ReplyTimes:
    transcript = Transcript()
    for number, latency_s in enumerate(latencies_s):
        answer(transcript, number, latency_s)
    times = ReplyLog(transcript).times
    assert times is not None
    return times


def answer(transcript: Transcript, number: int, latency_s: float) -> None:
    """Ask something and have it answered so fast; whole seconds and halves stay exact."""
    asked = number * 1e7
    for role, at in ((Role.YOU, asked), (Role.AGENT, asked + latency_s)):
        transcript.apply(
            SegmentUpdated(
                at=at,
                session=SessionId("s"),
                key=f"{role} {number}",
                identity=role,
                speaker=role,
                role=role,
                text="Yes.",
                final=True,
                opened_at=at,
                first_text_at=at,
            )
        )


def test_without_replies_nothing_is_told() -> None:
    assert ReplyLog(Transcript()).times is None


def test_first_median_and_slowest() -> None:
    times = times_of(0.5, 6.5, 1.0)
    assert (times.count, times.first_s, times.median_s) == (3, 0.5, 1.0)
    assert (times.slowest.at, times.slowest.latency_s) == (1e7 + 6.5, 6.5)


def test_the_median_of_an_even_number_is_between_the_middle_two() -> None:
    assert times_of(1.0, 4.0, 2.0, 8.0).median_s == 3.0


def test_bars_rise_from_zero_to_the_slowest_in_view() -> None:
    assert times_of(9.0, 0.0, 0.5, 1.0).bars(3) == ("▁▅█", 1.0)


def test_replies_that_took_no_time_are_the_lowest_bars() -> None:
    assert times_of(0.0, 0.0).bars(5) == ("▁▁", 0.0)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(1, 20))
def test_each_bar_takes_a_cell_and_the_slowest_is_the_highest(
    halves: list[int], cells: int
) -> None:
    latencies_s = [half / 2 for half in halves]
    bars, top_s = times_of(*latencies_s).bars(cells)
    assert len(bars) == min(cells, len(latencies_s))
    assert top_s == max(latencies_s[-cells:])
    if top_s:
        assert max(bars) == BARS[-1]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1000)), max_size=20))
def test_following_tells_the_same_as_counting_anew(answers: list[tuple[int, int]]) -> None:
    transcript = Transcript()
    log = ReplyLog(transcript)
    for number, half in answers:
        answer(transcript, number, half / 2)
        assert log.times == ReplyLog(transcript).times
