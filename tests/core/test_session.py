"""A session's state is a fold over its events."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import (
    AgentGone,
    AgentStateChanged,
    AnySessionEvent,
    AttemptBegan,
    CleanupResult,
    JobsListed,
    LinkChanged,
    LinkState,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    RetryStep,
    SessionEnded,
    SessionEvent,
    SessionId,
    Step,
    StepDone,
    VerdictReached,
)
from lktui.core.evidence import Job, JobStatus
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.row_state import row_state
from lktui.core.session import MAX_STORY, SessionState
from lktui.core.signs import StateKind
from lktui.core.verdict import Diagnosis, Outcome
from lktui.core.wrap import cell_width
from tests.support.scenes import Conversation

SCENE = Conversation("5bq2k1")
S, T0 = SCENE.id, SCENE.at
AGENT = "agent-AJ_9QmZr4cT"


def after(*events: object) -> SessionState:
    state = SessionState(id=S)
    for event in events:
        assert isinstance(event, SessionEvent)
        state = state.apply(event)  # type: ignore[arg-type]  # each is one of the union
    return state


def phase(which: Phase, at: float = T0 + 20) -> PhaseEntered:
    return PhaseEntered(at=at, session=S, phase=which)


def link(state: LinkState, reason: str = "") -> LinkChanged:
    return LinkChanged(at=T0 + 30, session=S, state=state, reason=reason)


def ended(result: CleanupResult = CleanupResult.DONE) -> SessionEnded:
    return SessionEnded(at=T0 + 40, session=S, cleanup=result, took_ms=620.0)


OPENING, READY = SCENE.opening(), SCENE.ready()
NOT_TAKEN = SCENE.not_taken()


def test_it_begins_with_what_was_asked_for() -> None:
    state = after(*OPENING[:1])
    assert (state.profile, state.agent_name, state.host) == (
        "staging",
        "checkout",
        "voice-staging.example.net",
    )
    assert state.outcome == "waiting"
    assert (state.ready, state.failed, state.over) == (False, False, False)


def test_the_room_is_ours_only_when_it_was_opened_so() -> None:
    assert after(*OPENING[:2]).room == SCENE.room
    assert not after(*OPENING[:2]).ours
    assert after(*OPENING[:3]).ours


def test_the_timings_are_from_the_start_of_the_session() -> None:
    timings = after(*READY, ended()).timings
    assert {name: getattr(timings, name) for name in timings.__struct_fields__} == pytest.approx(
        {
            "room": 12.0,
            "connect": 149.0,
            "dispatch": 153.0,
            "joined": 400.0,
            "ready": 563.0,
            "first_reply": None,
            "cleanup": 620.0,
        }
    )


def test_a_session_keeps_its_first_times_and_each_attempt_has_its_own() -> None:
    again = StepDone(at=T0 + 9, session=S, step=Step.READY, attempt=2)
    state = after(*READY, AttemptBegan(at=T0 + 8, session=S, attempt=2), again)
    assert state.timings.ready == pytest.approx(563.0)
    assert state.attempts[0].timings.ready == pytest.approx(563.0)
    assert state.attempts[1].timings.ready == pytest.approx(9000.0)


def test_a_new_attempt_has_no_verdict_yet() -> None:
    state = after(*NOT_TAKEN, AttemptBegan(at=T0 + 8, session=S, attempt=2))
    assert state.diagnosis is None
    assert state.attempts[0].diagnosis is not None
    assert state.attempts[0].diagnosis.code is Outcome.NOT_TAKEN
    assert state.attempt is state.attempts[1]


def test_a_verdict_that_counts_from_a_moment_is_told_with_the_time_since_then() -> None:
    overdue = Diagnosis(
        code=Outcome.NO_REPLY,
        kind=StateKind.WARNING,
        words="no reply",
        summary="",
        since=T0 + 60,
    )
    state = after(*READY, VerdictReached(at=T0 + 90, session=S, attempt=1, diagnosis=overdue))
    assert state.story[-1].took_ms == pytest.approx(30_000.0)


def test_a_room_of_others_that_is_only_watched_waits_for_no_retry_of_ours() -> None:
    state = after(*NOT_TAKEN)
    watch = msgspec.structs.replace(state, watched=True, dispatch_mode=DispatchMode.AUTO)
    assert state.failed
    assert watch.went_wrong
    assert not watch.failed


def test_jobs_belong_to_the_attempt() -> None:
    job = Job("AJ_1", JobStatus.RUNNING, "agent-AJ_1")
    state = after(*OPENING, JobsListed(session=S, attempt=1, jobs=(job,)))
    assert state.attempts[-1].jobs == (job,)


def test_what_another_participant_does_is_not_the_agents() -> None:
    state = after(
        *READY,
        AgentStateChanged(session=S, identity="agent-AJ_old", state="speaking"),
        AgentGone(session=S, identity="agent-AJ_old", reason=""),
    )
    assert state.agent is not None
    assert (state.agent.state, state.agent.here) == ("listening", True)


def test_an_agent_that_is_gone_is_remembered_as_gone() -> None:
    state = after(*READY, AgentGone(session=S, identity=AGENT, reason="CLIENT_INITIATED"))
    assert state.agent is not None
    assert not state.agent.here


def test_a_fatal_problem_is_the_verdict() -> None:
    found = problem(ProblemCode.AUTH_FAILED)
    state = after(*OPENING, ProblemRaised(at=T0 + 1, session=S, problem=found, fatal=True))
    assert state.problem == found
    assert state.outcome == "auth_failed"
    assert state.went_wrong


def test_another_problem_leaves_the_verdict() -> None:
    found = problem(ProblemCode.RATE_LIMITED)
    state = after(*READY, ProblemRaised(at=T0 + 9, session=S, problem=found, fatal=False))
    assert state.problem == found
    assert state.outcome == "ready"


def test_a_session_that_is_over_stays_over() -> None:
    state = after(*READY, ended(), phase(Phase.TALKING))
    assert state.over
    assert not state.ready
    assert state.cleanup is CleanupResult.DONE


@pytest.mark.parametrize("now", [Phase.ENDING, Phase.RETRYING])
def test_what_is_being_dealt_with_needs_no_retry(now: Phase) -> None:
    assert after(*NOT_TAKEN).failed
    assert not after(*NOT_TAKEN, phase(now)).failed


def test_what_is_over_needs_no_retry_and_went_wrong_all_the_same() -> None:
    state = after(*NOT_TAKEN, ended())
    assert not state.failed
    assert state.went_wrong


def test_a_retry_is_over_with_its_phase() -> None:
    step = RetryStep(at=T0 + 21, session=S, attempt=2, number=3, text="old agent leaves")
    retrying = after(*NOT_TAKEN, phase(Phase.RETRYING), step)
    assert retrying.retry is not None
    assert retrying.apply(phase(Phase.WAITING)).retry is None


def test_a_sentence_is_kept_for_the_status_line() -> None:
    assert (
        after(*READY, Notice(session=S, text="already retrying r")).notice == "already retrying r"
    )


# --- as a row -----------------------------------------------------------------------------------

RETRYING = RetryStep(at=T0 + 21, session=S, attempt=2, number=3, text="old agent leaves; 4 s")
ROWS: list[tuple[str, list[object], tuple[StateKind, str]]] = [
    ("opening", list(OPENING[:1]), (StateKind.WAITING, "creating room")),
    ("joining", list(OPENING[:5]), (StateKind.WAITING, "joining")),
    ("waiting", list(OPENING), (StateKind.WAITING, "waiting 31 s")),
    ("ready", list(READY), (StateKind.READY, "listening")),
    ("thinking", [*READY, AgentStateChanged(session=S, identity=AGENT, state="thinking")],
     (StateKind.READY, "thinking")),
    ("not taken", list(NOT_TAKEN), (StateKind.FAILED, "no worker took it")),
    ("never joined", list(SCENE.never_joined()), (StateKind.FAILED, "taken, never joined")),
    ("retrying", [*NOT_TAKEN, phase(Phase.RETRYING), RETRYING],
     (StateKind.WAITING, "retry 2 step 3/4 10 s")),
    ("second attempt", [*NOT_TAKEN, AttemptBegan(at=T0 + 22, session=S, attempt=2),
                        phase(Phase.WAITING, T0 + 22)], (StateKind.WAITING, "waiting 9 s")),
    ("gap", [*READY, link(LinkState.RECONNECTING)], (StateKind.STALE, "was listening")),
    ("gap before an agent", [*OPENING, link(LinkState.RECONNECTING)],
     (StateKind.STALE, "was connected")),
    ("back", [*READY, link(LinkState.RECONNECTING), link(LinkState.CONNECTED)],
     (StateKind.READY, "listening")),
    ("ending", [*READY, phase(Phase.ENDING)], (StateKind.WAITING, "ending")),
    ("over", [*READY, ended()], (StateKind.OVER, "ended")),
    ("over with a verdict", [*NOT_TAKEN, ended()], (StateKind.FAILED, "no worker took it")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "row"), [case[1:] for case in ROWS], ids=[case[0] for case in ROWS]
)
def test_a_row_says_what_a_session_is_at(events: list[object], row: tuple[StateKind, str]) -> None:
    assert row_state(after(*events), T0 + 31.5) == row


@pytest.mark.parametrize("events", [case[1] for case in ROWS], ids=[case[0] for case in ROWS])
@given(later_s=st.floats(0, 900))
def test_a_rows_words_fit_their_column(events: list[object], later_s: float) -> None:
    _, words = row_state(after(*events), T0 + 31 + later_s)
    assert cell_width(words) <= 23


@given(st.lists(st.sampled_from([*READY, *NOT_TAKEN, ended(), phase(Phase.RETRYING)]), max_size=40))
def test_no_order_of_events_breaks_a_state(events: list[AnySessionEvent]) -> None:
    state = after(*events)
    row_state(state, T0 + 99)
    assert msgspec.json.decode(msgspec.json.encode(state), type=SessionState) == state


def test_a_long_timeline_keeps_its_beginning_and_its_end() -> None:
    steps = [StepDone(at=T0 + n, session=S, step=Step.STATE, subject=f"{n}") for n in range(1000)]
    story = after(*OPENING[:1], *steps).story
    assert len(story) == MAX_STORY
    assert [story[0].text, story[-1].text] == ["0", "999"]


def test_states_are_never_changed_in_place() -> None:
    before = after(*READY)
    kept = msgspec.json.encode(before)
    before.apply(ended())
    before.apply(AttemptBegan(session=SessionId(S), attempt=2))
    assert msgspec.json.encode(before) == kept
