"""Whatever is told late, or in another order, ends in the same verdict."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from lktui.core.dispatch import diagnose
from lktui.core.events import AnyEvent, SessionId
from lktui.core.evidence import Job, JobStatus
from lktui.core.profile import DispatchMode, Profile, Secret
from lktui.core.verdict import Outcome
from lktui.engine.kept_out import KeptOut
from lktui.engine.ports import DispatchRecord, Participant
from lktui.engine.presence import Presence
from lktui.engine.witness import Witness
from tests.support.fakes.still_clock import StillClock

IDENTITY = "agent-AJ_1"
STARTED, ALL_TOLD, LOOKED, JUDGED = 1000.0, 1020.0, 1021.0, 1040.0
LATEST_S = 3.0
"""How late a list or an event may be (facts/livekit.md section 3)."""


@dataclasses.dataclass(frozen=True)
class Story:
    """What truly happens, in seconds after the dispatch; None never happens."""

    taken: float | None
    joins: float | None
    states: tuple[tuple[float, str], ...]
    leaves: float | None
    pongs: bool

    @property
    def verdict(self) -> Outcome:
        """What is to be thought of it in the end."""
        if self.taken is None:
            return Outcome.NOT_TAKEN
        if self.joins is None:
            return Outcome.NOT_JOINED
        if self.leaves is not None:
            return Outcome.LEFT
        if self.pongs:
            return Outcome.READY
        return Outcome.NOT_READY if self.state(ALL_TOLD) == "initializing" else Outcome.PRESENT

    def state(self, at: float) -> str:
        """Give what the agent says of itself then."""
        return next((state for since, state in reversed(self.states) if since <= at), "")

    def people(self, at: float) -> list[Participant]:
        """Give who is listed then."""
        if self.joins is None or at < self.joins:
            return []
        if self.leaves is not None and at >= self.leaves:
            return []
        return [participant(self.state(at))]

    def jobs(self, at: float) -> list[DispatchRecord]:
        """Give the dispatches that are listed then."""
        taken = self.taken is not None and at >= self.taken
        jobs = (Job("AJ_1", JobStatus.RUNNING, IDENTITY, "W_1"),) if taken else ()
        return [DispatchRecord("AD_1", "echo", jobs)]

    def events(self) -> list[tuple[float, str]]:
        """Give what is told of the agent, in its order: when, and what; a state or a word."""
        if self.joins is None:
            return []
        end = ALL_TOLD if self.leaves is None else self.leaves
        told = [(at, f"state {state}") for at, state in self.states if self.joins < at < end]
        left = [] if self.leaves is None else [(self.leaves, "left")]
        return [(self.joins, "joined"), *told, *left]


def participant(state: str) -> Participant:
    return Participant(identity=IDENTITY, is_agent=True, agent_name="echo", state=state)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    taken = draw(st.none() | st.floats(0, 1))
    joins = None if taken is None else draw(st.none() | st.floats(taken, 4))
    begins = 4.0 if joins is None else joins
    moments = sorted(draw(st.lists(st.floats(begins, 8), max_size=4, unique=True)))
    words = st.sampled_from(["initializing", "idle", "listening", "thinking"])
    states = tuple((at, draw(words)) for at in moments)
    leaves = draw(st.none() | st.floats(begins + 0.01, 9))
    # Who has begun once is asked by pings; who only ever starts is not.
    return Story(taken, joins, states, leaves, draw(st.booleans()))


def verdict_on(story: Story, looks: Iterable[float], lateness: Iterable[float]) -> Outcome:
    """Tell a witness the story with these delays, and give what is concluded in the end."""
    clock = StillClock()
    heard: list[AnyEvent] = []
    profile = Profile(
        name="echo",
        url="ws://h",
        api_key=Secret("k"),
        api_secret=Secret("s"),
        agent_name="echo",
        dispatch_mode=DispatchMode.EXPLICIT,
        join_timeout=7.0,
    )
    witness = Witness(
        session=SessionId("s"),
        profile=profile,
        sees_lists=True,
        kept_out=KeptOut("room", None, clock, lambda _identity: None),
        emit=heard.append,
        clock=clock,
    )
    wanted: list[float] = []
    witness.on_silence = lambda: wanted.append(clock.now_s)
    witness.begin(1)
    witness.dispatch_id = "AD_1"
    late = iter(lateness)
    told: list[tuple[float, str, float]] = []
    for asked in looks:
        told.append((asked + next(late, 0.0), "people", asked))
        told.append((asked + next(late, 0.0), "jobs", asked))
    newest = 0.0
    for at, what in story.events():
        newest = max(newest, at + next(late, 0.0))
        told.append((newest, what, at))
    jobs_asked = 0.0
    for at, what, true_at in sorted(told, key=lambda one: one[0]):
        clock.now_s = STARTED + at
        match what.split():
            case ["people"]:
                wanted.clear()
                witness.listed(story.people(true_at), STARTED + true_at)
            case ["jobs"] if true_at >= jobs_asked:  # one after the other
                jobs_asked = true_at
                witness.jobs_listed(story.jobs(true_at))
            case ["joined"]:
                witness.joined(participant(story.state(true_at)))
            case ["state", state]:
                witness.changed(participant(state))
            case ["left"]:
                witness.left(IDENTITY, "CLIENT_INITIATED")
            case _:
                pass
    clock.now_s = LOOKED
    if wanted or witness.evidence.agent is None:
        witness.jobs_listed(story.jobs(ALL_TOLD))
        witness.listed(story.people(ALL_TOLD), LOOKED)
    if story.pongs:
        witness.ponged(IDENTITY, LOOKED, 5.0)
    else:
        for number in range(3):
            witness.missed(IDENTITY, LOOKED + number)
    return diagnose(witness.evidence, JUDGED).code


LOOKS = st.lists(st.integers(0, 18), max_size=3).map(lambda halves: sorted(n / 2 for n in halves))
"""Few: a later one would mend what an earlier one did."""
LATENESS = st.lists(st.sampled_from((0.0, 0.4, 1.5, LATEST_S)), min_size=24, max_size=24)


@settings(max_examples=5 * settings().max_examples)
@given(stories(), LOOKS, LATENESS)
def test_no_order_or_delay_of_the_evidence_changes_the_verdict(
    story: Story, looks: list[float], lateness: list[float]
) -> None:
    assert verdict_on(story, looks, lateness) is story.verdict
    assert verdict_on(story, looks, []) is story.verdict


def test_a_list_that_is_read_late_takes_back_nothing() -> None:
    clock = StillClock()
    presence = Presence(clock)
    presence.joined(participant("listening"))
    clock.move(2)
    presence.left(IDENTITY)
    assert presence.listed([participant("initializing")], asked_at=STARTED + 1)
    assert presence.here == {}
    assert not presence.listed([participant("listening")], asked_at=STARTED)


def test_who_is_known_to_have_left_is_not_back_by_an_older_change() -> None:
    presence = Presence(StillClock())
    assert presence.listed([], asked_at=STARTED)
    assert not presence.changed(participant("listening"))
    assert presence.here == {}
