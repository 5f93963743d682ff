"""What is told of reply times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.transcript import Reply
from lktui.screens.live.replies import BARS, ReplyTimes


def times_of(*latencies_s: float) -> ReplyTimes:
    replies = [Reply(float(at), latency_s) for at, latency_s in enumerate(latencies_s)]
    times = ReplyTimes.of(replies)
    assert times is not None
    return times


def test_without_replies_nothing_is_told() -> None:
    assert ReplyTimes.of([]) is None


def test_first_median_and_slowest() -> None:
    times = times_of(0.7, 6.4, 0.9)
    assert (times.first_s, times.median_s) == (0.7, 0.9)
    assert times.slowest == Reply(1.0, 6.4)


def test_bars_rise_from_zero_to_the_slowest_in_view() -> None:
    assert times_of(9.0, 0.0, 0.5, 1.0).bars(3) == ("▁▅█", 1.0)


def test_replies_that_took_no_time_are_the_lowest_bars() -> None:
    assert times_of(0.0, 0.0).bars(5) == ("▁▁", 0.0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 20))
def test_each_bar_takes_a_cell_and_the_slowest_is_the_highest(
    latencies_s: list[float], cells: int
) -> None:
    bars, top_s = times_of(*latencies_s).bars(cells)
    assert len(bars) == min(cells, len(latencies_s))
    assert top_s == max(latencies_s[-cells:])
    if top_s:
        assert max(bars) == BARS[-1]
