"""Who is asked next: never more than five requests in a second, and what is on the screen first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lktui.engine.look_order import A_SECOND, LIST_EVERY_S, RESTED_S, Ask, LookOrder, Matter

LIST = Ask(Matter.ROOMS)
ROOMS = tuple(f"room-{number:03}" for number in range(100))
MONTH = 1_000_000.0
"""A clock that has run for long: sums of its times are not exact."""
_EPSILON = 1e-6


class Server:
    """Answers at once, and remembers when it was asked what."""

    def __init__(self, rooms: Iterable[str] = ROOMS) -> None:
        self.order, self.now = LookOrder(), MONTH
        self.asked: list[tuple[float, Ask]] = []
        self._rooms = tuple(rooms)

    def look_into(self, room: str, in_view: Iterable[str] = ()) -> None:
        self.order.look_into(room, tuple(in_view), self.now)

    def runs(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            ask, at = self.order.next(self.now)
            if at > self.now:
                if at > until:
                    break
                self.now = at
                continue
            self.asked.append((self.now, ask))
            self.order.asked(ask, self.now)
            if ask == LIST:
                self.order.listed(self._rooms)
        self.now = until

    @property
    def times(self) -> Mapping[Ask, list[float]]:
        times = defaultdict(list)
        for at, ask in self.asked:
            times[ask].append(at - MONTH)
        return times

    def longest_wait(self, ask: Ask, since: float) -> float:
        """Longest time without this request, seconds, from a moment on until now."""
        times = [since, *(at for at in self.times[ask] if at > since), self.now - MONTH]
        return max(later - sooner for sooner, later in pairwise(times))

    def most_in_a_second(self) -> int:
        times = [at for at, _ in self.asked]
        return max(sum(1 for at in times if start <= at < start + 1 - _EPSILON) for start in times)


@pytest.mark.parametrize(("rows", "within_s"), [(3, 2.41), (10, 2.41), (25, 5.81)])
def test_a_row_on_the_screen_is_never_older_than_its_size_allows(
    rows: int, within_s: float
) -> None:
    server = Server()
    in_view = ROOMS[50 : 50 + rows]
    server.look_into(in_view[0], in_view)
    server.runs(30)
    for room in in_view:
        assert server.longest_wait(Ask(Matter.PEOPLE, room), 6) <= within_s, room
    assert server.longest_wait(LIST, 6) <= LIST_EVERY_S + 0.21


def test_a_small_server_is_known_at_once() -> None:
    server = Server(ROOMS[:3])
    server.look_into(ROOMS[0], ROOMS[:3])
    server.runs(RESTED_S + 0.1)
    assert {ask for _, ask in server.asked} >= {Ask(Matter.PEOPLE, room) for room in ROOMS[:3]}


def test_a_quiet_small_server_is_asked_no_more_than_it_needs() -> None:
    server = Server(ROOMS[:3])
    server.look_into(ROOMS[0], ROOMS[:3])
    server.runs(30)
    assert len(server.asked) / 30 <= 1 / 2.4 + 3 / 2.0 + 1 / 4.8 + 0.1


def test_rooms_that_nobody_sees_are_asked_when_nothing_else_is_due() -> None:
    server = Server(ROOMS[:30])
    server.look_into(ROOMS[0], ROOMS[:5])
    server.runs(20)
    assert {ask.room for _, ask in server.asked if ask.matter is Matter.PEOPLE} == set(ROOMS[:30])


def test_the_rows_of_a_new_page_are_asked_within_their_turn() -> None:
    server = Server()
    server.look_into(ROOMS[0], ROOMS[:9])
    server.runs(30)
    page_at = server.now - MONTH
    server.look_into(ROOMS[80], ROOMS[80:89])
    server.runs(2.4)
    for room in ROOMS[80:89]:
        assert any(at >= page_at for at in server.times[Ask(Matter.PEOPLE, room)]), room


def test_who_passes_rows_asks_for_the_last_one_only() -> None:
    server = Server(ROOMS[:30])
    server.look_into(ROOMS[0], ROOMS[:9])
    server.runs(10)
    before = len(server.asked)
    for number in range(30):
        server.look_into(ROOMS[number % 9], ROOMS[:9])
        server.runs(0.033)
    assert not [ask for _, ask in server.asked[before:] if ask.matter is Matter.DISPATCHES]
    server.runs(RESTED_S + 0.2)
    assert Ask(Matter.DISPATCHES, ROOMS[29 % 9]) in [ask for _, ask in server.asked[before:]]


def test_a_room_in_which_we_are_is_not_asked_who_is_there() -> None:
    server = Server(ROOMS[:9])
    server.order.covered(ROOMS[:4])
    server.look_into(ROOMS[0], ROOMS[:9])
    server.runs(20)
    asked = {ask.room for _, ask in server.asked if ask.matter is Matter.PEOPLE}
    assert asked == set(ROOMS[4:9])
    assert Ask(Matter.DISPATCHES, ROOMS[0]) in server.times


_MOVES = st.lists(
    st.tuples(
        st.integers(0, len(ROOMS) - 1),  # the room under the cursor
        st.integers(0, 40),  # rows on the screen
        st.floats(0, 3),  # seconds until the next move
        st.integers(0, 20),  # rooms in which we are
    ),
    max_size=10,
)


@settings(max_examples=50)
@given(moves=_MOVES, count=st.integers(0, len(ROOMS)))
def test_whatever_is_looked_at_no_second_has_more_than_five_requests(
    moves: list[tuple[int, int, float, int]], count: int
) -> None:
    server = Server(ROOMS[:count])
    for room, rows, seconds, ours in moves:
        first = max(0, room - rows // 2)
        server.order.covered(ROOMS[:ours])
        server.look_into(ROOMS[room], ROOMS[first : first + rows])
        server.runs(seconds)
    server.runs(3)
    assert server.most_in_a_second() <= A_SECOND
    assert server.longest_wait(LIST, 0) <= LIST_EVERY_S + 1
