"""Several engines on one queue: nothing is lost, run twice at once, or deleted that is not ours.

The journal's rules are modelled here (an item has one owner, a row that is not ours is never
written); what an item becomes is the product's own code.
"""

from __future__ import annotations

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from lktui.core.cleanup import OVER, RESTING, CleanupItem, ItemState, What
from lktui.core.problems import ProblemCode, problem

WHY = problem(ProblemCode.SERVER_ERROR, what="unavailable")
IN_USE = problem(ProblemCode.ROOM_IN_USE, what="1 other is")
JITTER = st.floats(0.0, 1.0)


class Queue(RuleBasedStateMachine):
    """A journal, some engines, a server, and people who act."""

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, tuple[int, CleanupItem]] = {}
        self.forgotten: set[str] = set()
        self.alive: set[int] = set()
        self.working: dict[int, set[str]] = {}
        self.on_server: set[str] = set()
        self.under_way: set[str] = set()
        """Creates that were sent and have not landed."""
        self.coming: set[str] = set()
        """Rooms for which an agent is on its way: it makes them anew, before the last look."""
        self.of_others = {"theirs"}
        self.over: dict[str, ItemState] = {}
        self.now = 1000.0
        self.serial = 0
        self.deleted: list[str] = []

    @initialize()
    def first_engine(self) -> None:
        self.engine_starts()

    # --- the journal's rules ----------------------------------------------------------------

    def put(self, engine: int, item: CleanupItem) -> bool:
        row = self.rows.get(item.id)
        if row is None or row[0] != engine or row[1].state in OVER:
            return False
        self.rows[item.id] = (engine, item)
        return True

    def owned(self, name: str) -> tuple[int, CleanupItem] | None:
        """Give owner and item, if its owner lives and nobody has forgotten it."""
        row = self.rows.get(name)
        return row if row is not None and row[0] in self.alive else None

    # --- engines ----------------------------------------------------------------------------

    @rule()
    def engine_starts(self) -> None:
        self.serial += 1
        self.alive.add(self.serial)
        self.working[self.serial] = set()
        self.take_over(self.serial)

    @precondition(lambda self: self.alive)
    @rule(lot=st.randoms(use_true_random=False))
    def engine_is_killed(self, lot: object) -> None:
        dead = sorted(self.alive)[hash(str(lot)) % len(self.alive)]
        self.alive.discard(dead)
        self.working.pop(dead)

    @precondition(lambda self: self.alive)
    @rule()
    def living_engines_look_for_dead_ones(self) -> None:
        self.take_over(min(self.alive))

    def take_over(self, engine: int) -> None:
        for name, (owner, item) in list(self.rows.items()):
            if owner not in self.alive and item.state not in OVER:
                self.rows[name] = (engine, item.abandoned(self.now))

    # --- a session --------------------------------------------------------------------------

    @precondition(lambda self: self.alive)
    @rule(target=items, keep=st.booleans())
    def a_room_is_intended(self, keep: bool) -> object:  # noqa: FBT001 - drawn
        self.serial += 1
        name = f"room-{self.serial}"
        item = CleanupItem(
            id=name, what=What.ROOM, name=name, room=name, profile="p", url="u", keep=keep
        )
        self.rows[name] = (min(self.alive), item)
        return multiple(name)

    @rule(name=items)
    def its_create_is_sent(self, name: str) -> None:
        row = self.owned(name)
        if row is not None and row[1].state is ItemState.LIVE:
            self.under_way.add(name)

    @rule(name=items)
    def its_create_lands(self, name: str) -> None:
        if name in self.under_way:
            self.under_way.discard(name)
            self.on_server.add(name)

    @rule(name=items)
    def an_agent_is_dispatched(self, name: str) -> None:
        row = self.owned(name)
        if row is not None and row[1].state is ItemState.LIVE and name in self.on_server:
            self.coming.add(name)

    @rule(name=items)
    def it_comes(self, name: str) -> None:
        """Where its room was deleted it makes that anew, and sits in it alone."""
        if name in self.coming:
            self.coming.discard(name)
            self.on_server.add(name)

    @rule(name=items)
    def its_session_ends(self, name: str) -> None:
        row = self.owned(name)
        if row is not None and name not in self.under_way:  # an end waits for what was sent
            self.put(row[0], row[1].released(self.now))

    # --- tries ------------------------------------------------------------------------------

    @rule(name=items)
    def a_try_begins(self, name: str) -> None:
        row = self.owned(name)
        if row is None or not row[1].starts(self.now):
            return
        engine, item = row
        if self.put(engine, item.running()):
            self.working[engine].add(name)
            if not item.gone_at:
                self.delete(name)

    @rule(name=items)
    def it_comes_back(self, name: str) -> None:
        """A late agent makes the room anew, while its removal still looks."""
        row = self.rows.get(name)
        if row is not None and row[1].state is ItemState.RUNNING and not row[1].gone_at:
            self.on_server.add(name)

    @rule(name=items)
    def a_try_succeeds(self, name: str) -> None:
        """Its own engine knows whether an agent may come; whoever takes over does not."""
        for engine, at_work in self.working.items():
            if name in at_work and not self.rows[name][1].gone_at:
                if name in self.under_way:
                    self.its_create_lands(name)  # in time: a call's limit is before the looks' end
                self.delete(name)
                at_work.discard(name)
                item = self.rows[name][1]
                item = msgspec.structs.replace(item, late=item.late or name in self.coming)
                self.put(engine, item.gone(self.now))

    @rule(name=items)
    def the_last_look_is_made(self, name: str) -> None:
        for engine, at_work in self.working.items():
            if name in at_work and self.rows[name][1].gone_at:
                item = self.rows[name][1]
                self.it_comes(name)  # in time: that is what the look waits for
                at_work.discard(name)
                if name in self.on_server:
                    self.put(engine, item.returned(""))
                    self.delete(name)
                    self.put(engine, self.rows[name][1].gone(self.now))
                else:
                    self.put(engine, item.done())

    @rule(name=items, answered=st.booleans(), jitter=JITTER)
    def a_try_fails(self, name: str, answered: bool, jitter: float) -> None:  # noqa: FBT001 - drawn
        for engine, at_work in self.working.items():
            if name in at_work:
                at_work.discard(name)
                item = self.rows[name][1]
                self.put(engine, item.failed(WHY, now=self.now, answered=answered, jitter=jitter))

    @rule(name=items, jitter=JITTER)
    def others_are_in_it(self, name: str, jitter: float) -> None:
        for engine, at_work in self.working.items():
            if name in at_work:
                at_work.discard(name)
                item = self.rows[name][1]
                self.put(engine, item.spared(IN_USE, now=self.now, jitter=jitter))

    def delete(self, name: str) -> None:
        self.deleted.append(name)
        self.on_server.discard(name)

    # --- people and clocks ------------------------------------------------------------------

    @precondition(lambda self: self.alive)
    @rule(name=items)
    def a_person_has_it_tried(self, name: str) -> None:
        engine, row = max(self.alive), self.rows.get(name)
        if row is not None and row[1].state in RESTING:
            self.rows[name] = (engine, row[1])  # claimed
            self.put(engine, row[1].due())

    @precondition(lambda self: self.alive)
    @rule(name=consumes(items))
    def a_person_forgets_it(self, name: str) -> None:
        row = self.rows.get(name)
        if row is not None and row[1].state in RESTING:
            del self.rows[name]
            self.forgotten.add(name)

    @rule(by_s=st.floats(-90_000, 90_000))
    def the_clock_jumps(self, by_s: float) -> None:
        self.now = max(1.0, self.now + by_s)

    # --- what must hold ---------------------------------------------------------------------

    @invariant()
    def what_is_on_the_server_is_in_the_queue(self) -> None:
        for name in self.on_server | self.under_way | self.coming:
            known = self.rows.get(name)
            assert name in self.forgotten or (known is not None and known[1].state not in OVER)

    @invariant()
    def nothing_is_run_by_two(self) -> None:
        at_work = [name for names in self.working.values() for name in names]
        assert len(at_work) == len(set(at_work))
        for engine, names in self.working.items():
            for name in names:
                assert self.rows[name][0] == engine
                assert self.rows[name][1].state is ItemState.RUNNING

    @invariant()
    def what_is_over_stays_over(self) -> None:
        for name, (_, item) in self.rows.items():
            if name in self.over:
                assert item.state is self.over[name]
            elif item.state in OVER:
                self.over[name] = item.state

    @invariant()
    def what_waits_for_its_last_look_is_never_stuck(self) -> None:
        for _, item in self.rows.values():
            assert not (item.gone_at and item.state is ItemState.STUCK)

    @invariant()
    def only_what_was_recorded_is_deleted(self) -> None:
        assert not self.of_others & set(self.deleted)
        assert set(self.deleted) <= self.rows.keys() | self.forgotten

    def teardown(self) -> None:
        """After a restart, time, and a person's word for what waits for it, nothing is left."""
        for name in list(self.under_way):
            self.its_create_lands(name)
        for name in list(self.coming):
            self.it_comes(name)
        self.alive, self.working = set(), {}
        self.engine_starts()
        engine = max(self.alive)
        for name, (_, item) in list(self.rows.items()):
            if item.state in OVER:
                continue
            if item.state in (ItemState.STUCK, ItemState.KEPT):
                self.put(engine, item.due())
            for _ in range(3):  # a look that finds it again, its removal, and another look
                self.now += 400.0
                self.a_try_begins(name)
                self.a_try_succeeds(name)
                self.the_last_look_is_made(name)
        assert all(item.state in OVER for _, item in self.rows.values())
        assert self.on_server <= self.forgotten


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=settings().max_examples * 3 // 2, stateful_step_count=40)
