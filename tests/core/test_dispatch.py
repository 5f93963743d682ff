"""The diagnosis table (facts/livekit.md section 3): what is known says what is to be thought."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.dispatch import (
    LIST_TRUE_S,
    PINGS_FOR_PRESENT,
    Agent,
    Diagnosis,
    Evidence,
    Job,
    JobStatus,
    Outcome,
    diagnose,
    diagnosis_of,
)
from lktui.core.problems import CATALOGUE, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.signs import StateKind
from lktui.core.wrap import cell_width

T0 = 1000.0
ID = "agent-AJ_1"
RUNNING = Job("AJ_1", JobStatus.RUNNING, ID, "AW_1")
DECLINED = Job("AJ_1", JobStatus.SUCCESS)


def evidence(**facts: object) -> Evidence:
    given = {"mode": DispatchMode.EXPLICIT, "agent_name": "echo", "dispatched_at": T0}
    return Evidence(**(given | facts))  # type: ignore[arg-type]  # as named


def listed(age_s: float, *jobs: Job, **facts: object) -> Evidence:
    """The list was read when the dispatch was so old."""
    return evidence(jobs=jobs, jobs_listed_at=T0 + age_s, **facts)


def agent(state: str = "", *, after_s: float = 0.4, missed: int = 0, **traits: object) -> Agent:
    given = {"identity": ID, "state": state, "joined_at": T0 + after_s, "pings_missed": missed}
    return Agent(**(given | traits))  # type: ignore[arg-type]  # as named


HERE = listed(0.2, RUNNING)


def with_agent(one: Agent, **facts: object) -> Evidence:
    return msgspec.structs.replace(HERE, agent=one, **facts)


AUTO = DispatchMode.AUTO
TABLE: list[tuple[str, Evidence, float, Outcome]] = [
    ("nothing known", evidence(), 0.0, Outcome.WAITING),
    ("session agent, pong", with_agent(agent("listening", ponged=True)), 0.5, Outcome.READY),
    ("pong before a state", with_agent(agent(ponged=True)), 0.5, Outcome.READY),
    ("pong while initializing", with_agent(agent("initializing", ponged=True)), 1, Outcome.READY),
    ("session starting", with_agent(agent("initializing", missed=3)), 5, Outcome.WAITING),
    ("raw, just joined", with_agent(agent(missed=1)), 0.9, Outcome.WAITING),
    ("raw, three pings", with_agent(agent(missed=3)), 2.0, Outcome.PRESENT),
    ("raw listening", with_agent(agent("listening", missed=3)), 2.0, Outcome.PRESENT),
    ("raw that replied", with_agent(agent(missed=9, spoke=True)), 9.0, Outcome.READY),
    ("raw, long after", with_agent(agent(missed=99)), 600.0, Outcome.PRESENT),
    ("joined at the last moment", with_agent(agent(after_s=14.9)), 15.1, Outcome.WAITING),
    ("young and unlisted", listed(5.4), 5.4, Outcome.WAITING),
    ("not taken", listed(LIST_TRUE_S), LIST_TRUE_S, Outcome.NOT_TAKEN),
    ("list not read since", listed(5.4), 9.0, Outcome.WAITING),
    ("declined", listed(0.2, DECLINED), 0.25, Outcome.REJECTED),
    ("accepted, not joined yet", HERE, 14.9, Outcome.WAITING),
    ("accepted, never joined", HERE, 15.0, Outcome.NOT_JOINED),
    ("stuck before its session", with_agent(agent("initializing", missed=20)), 15.5,
     Outcome.NOT_READY),
    ("slow to join, still starting", with_agent(agent("initializing", missed=20)), 15.0,
     Outcome.WAITING),
    ("left", with_agent(agent(ponged=True), agent_left_at=T0 + 9), 9.0, Outcome.LEFT),
    ("left before ready", with_agent(agent(), agent_left_at=T0 + 1), 1.0, Outcome.LEFT),
    ("gap: everybody seems gone",
     with_agent(agent("listening", ponged=True), agent_left_at=T0 + 9, reconnecting=True), 9.0,
     Outcome.READY),
    ("server restarted, agent lives on",
     with_agent(agent("listening", ponged=True), dispatch_missing=True), 60.0, Outcome.READY),
    ("withdrawn", evidence(dispatch_missing=True, jobs_listed_at=T0 + 1), 1.0, Outcome.WITHDRAWN),
    ("gap: the record is missing", evidence(dispatch_missing=True, reconnecting=True), 1.0,
     Outcome.WAITING),
    ("room deleted", evidence(room_gone=True), 0.1, Outcome.ROOM_GONE),
    ("room deleted under an agent", with_agent(agent(ponged=True), room_gone=True), 9.0,
     Outcome.ROOM_GONE),
    ("token mode, early", evidence(sees_dispatches=False), 14.9, Outcome.WAITING),
    ("token mode, nobody", evidence(sees_dispatches=False), 15.0, Outcome.NO_AGENT),
    ("token mode, agent", with_agent(agent(ponged=True), sees_dispatches=False), 1.0,
     Outcome.READY),
    ("auto, early", evidence(mode=AUTO), 14.9, Outcome.WAITING),
    ("auto, nobody", evidence(mode=AUTO), 15.0, Outcome.AUTO_NO_AGENT),
    ("auto in token mode, nobody", evidence(mode=AUTO, sees_dispatches=False), 15.0,
     Outcome.NO_AGENT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "age_s", "outcome"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table(known: Evidence, age_s: float, outcome: Outcome) -> None:
    assert diagnose(known, T0 + age_s).code is outcome


def test_the_table_reaches_every_verdict_on_an_agent() -> None:
    of_openings = {Outcome.REPLACED, Outcome.AUTH_FAILED, Outcome.CONNECT_FAILED}
    assert {outcome for *_, outcome in TABLE} == set(Outcome) - of_openings


# --- whatever is known --------------------------------------------------------------------------

TIMES = st.floats(T0, T0 + 60)
JOBS = st.lists(st.sampled_from([RUNNING, DECLINED, Job("AJ_2", JobStatus.PENDING)]), max_size=2)
AGENTS = st.builds(
    Agent,
    identity=st.just(ID),
    state=st.sampled_from(["", "initializing", "idle", "listening", "thinking", "speaking"]),
    joined_at=TIMES,
    ponged=st.booleans(),
    pings_missed=st.integers(0, 60),
    spoke=st.booleans(),
)
EVIDENCE = st.builds(
    Evidence,
    mode=st.sampled_from(DispatchMode),
    agent_name=st.sampled_from(["", "echo"]),
    sees_dispatches=st.booleans(),
    dispatched_at=st.just(T0),
    join_timeout_s=st.sampled_from([0.5, 3.0, 15.0]),
    jobs=JOBS.map(tuple),
    jobs_listed_at=st.one_of(st.just(0.0), TIMES),
    dispatch_missing=st.booleans(),
    agent=st.one_of(st.none(), AGENTS),
    agent_left_at=st.one_of(st.just(0.0), TIMES),
    reconnecting=st.booleans(),
    room_gone=st.booleans(),
)


@given(EVIDENCE, TIMES)
def test_the_same_evidence_gives_the_same_verdict(known: Evidence, now: float) -> None:
    assert diagnose(known, now) == diagnose(known, now)


@given(EVIDENCE, st.floats(0, LIST_TRUE_S, exclude_max=True))
def test_nobody_is_blamed_for_an_empty_list_before_it_is_true(
    known: Evidence, age_s: float
) -> None:
    read = min(known.jobs_listed_at, T0 + age_s)  # no list is read in the future
    known = msgspec.structs.replace(known, jobs_listed_at=read)
    assert diagnose(known, T0 + age_s).code is not Outcome.NOT_TAKEN


@given(EVIDENCE, TIMES)
def test_nobody_has_left_while_we_reconnect(known: Evidence, now: float) -> None:
    known = msgspec.structs.replace(known, reconnecting=True)
    assert diagnose(known, now).code is not Outcome.LEFT


@given(EVIDENCE, TIMES)
def test_a_plain_agent_in_the_room_has_not_failed(known: Evidence, now: float) -> None:
    plain = agent("listening", missed=60)
    facts = {"agent": plain, "agent_left_at": 0.0, "room_gone": False}
    known = msgspec.structs.replace(known, **facts)
    found = diagnose(known, now)
    assert found.ok or not found.settled


@given(EVIDENCE, TIMES)
def test_an_agent_that_answers_is_ready(known: Evidence, now: float) -> None:
    facts = {"agent": agent(ponged=True), "agent_left_at": 0.0, "room_gone": False}
    assert diagnose(msgspec.structs.replace(known, **facts), now).code is Outcome.READY


@given(EVIDENCE, TIMES)
def test_without_an_agent_nothing_is_well(known: Evidence, now: float) -> None:
    assert not diagnose(msgspec.structs.replace(known, agent=None), now).ok


@given(EVIDENCE, TIMES)
def test_what_cannot_be_seen_is_no_ground(known: Evidence, now: float) -> None:
    blind = msgspec.structs.replace(known, sees_dispatches=False, agent=None)
    seen = {Outcome.NOT_TAKEN, Outcome.REJECTED, Outcome.NOT_JOINED, Outcome.WITHDRAWN}
    assert diagnose(blind, now).code not in seen


@given(EVIDENCE, TIMES)
def test_every_verdict_can_be_shown_and_acted_on(known: Evidence, now: float) -> None:
    found = diagnose(known, now)
    assert cell_width(found.words) <= 23
    if found.settled and not found.ok:
        assert found.seen
        assert found.cause
        assert found.resolution
        assert "<" not in found.summary + found.cause + found.resolution


@given(EVIDENCE)
def test_an_attempt_that_is_looked_at_ends_in_a_verdict(known: Evidence) -> None:
    """After the join time-out, with a list just read and pings sent, nothing is open."""
    now = T0 + 100
    one = known.agent
    if one is not None:
        one = msgspec.structs.replace(one, pings_missed=PINGS_FOR_PRESENT, joined_at=T0 + 1)
    known = msgspec.structs.replace(known, jobs_listed_at=now, agent=one, reconnecting=False)
    assert diagnose(known, now).settled


# --- in words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome", sorted({o for *_, o in TABLE} - {Outcome.READY, Outcome.PRESENT, Outcome.WAITING})
)
def test_a_verdict_as_a_problem_has_the_catalogues_words(outcome: Outcome) -> None:
    _, known, age_s, _ = next(row for row in TABLE if row[3] is outcome)
    found = diagnose(known, T0 + age_s).problem()
    assert found is not None
    assert found.code.value == outcome.value
    assert found.summary.startswith(CATALOGUE[found.code].summary.partition("{")[0])
    assert found.detail


@pytest.mark.parametrize("outcome", [Outcome.READY, Outcome.PRESENT, Outcome.WAITING])
def test_what_is_well_or_open_is_no_problem(outcome: Outcome) -> None:
    _, known, age_s, _ = next(row for row in TABLE if row[3] is outcome)
    assert diagnose(known, T0 + age_s).problem() is None


def test_the_specifications_words_say_how_long_was_waited() -> None:
    found = diagnose(HERE, T0 + 15)
    assert found.summary.startswith("Timed out waiting for agent")
    assert found.cause.startswith("Agent didn't join within 15s")


def test_waiting_says_how_long_it_may_last() -> None:
    assert diagnose(HERE, T0 + 5).summary == "Waiting for the agent to join, 10 s more at most"


@pytest.mark.parametrize(
    ("code", "outcome", "words"),
    [
        (ProblemCode.AUTH_FAILED, Outcome.AUTH_FAILED, "auth failed"),
        (ProblemCode.TOKEN_EXPIRED, Outcome.AUTH_FAILED, "auth failed"),
        (ProblemCode.DNS_FAILED, Outcome.CONNECT_FAILED, "cannot connect"),
        (ProblemCode.ENDPOINT_STATUS, Outcome.CONNECT_FAILED, "cannot connect"),
        (ProblemCode.SERVER_LOST, Outcome.CONNECT_FAILED, "connection lost"),
        (ProblemCode.ENGINE_LOST, Outcome.CONNECT_FAILED, "engine stopped"),
        (ProblemCode.REPLACED, Outcome.REPLACED, "put out"),
        (ProblemCode.ROOM_GONE, Outcome.ROOM_GONE, "room gone"),
    ],
)
def test_a_session_that_could_not_be_opened_has_a_verdict(
    code: ProblemCode, outcome: Outcome, words: str
) -> None:
    found = diagnosis_of(problem(code, host="h", detail="what was read"))
    assert (found.code, found.words) == (outcome, words)
    assert found.seen == ("what was read",)
    assert found.kind in (StateKind.FAILED, StateKind.OVER)


@pytest.mark.parametrize("code", ProblemCode)
def test_every_problem_can_be_a_rows_verdict(code: ProblemCode) -> None:
    found: Diagnosis = diagnosis_of(problem(code))
    assert found.settled
    assert not found.ok
    assert cell_width(found.words) <= 23


def test_who_the_jobs_come_as_is_their_own_choice() -> None:
    chosen = Job("AJ_2", JobStatus.RUNNING, "my-bot")
    assert listed(1, RUNNING, chosen).identities == {ID, "my-bot"}
    assert listed(1, Job("AJ_3", JobStatus.PENDING)).identities == {"agent-AJ_3"}


def test_a_list_that_cannot_be_read_is_a_verdict_once_the_time_is_over() -> None:
    known = evidence(join_timeout_s=4.0)
    assert diagnose(known, T0 + 7.4).code is Outcome.WAITING
    found = diagnose(known, T0 + 7.5)
    assert found.code is Outcome.NO_AGENT
    assert found.seen == ("the server's list of dispatches could not be read",)
    assert "API key" not in found.cause


def test_a_dispatch_that_was_refused_is_not_waited_for() -> None:
    known = evidence(failure=problem(ProblemCode.SERVER_ERROR, what="500"))
    found = diagnose(known, T0 + 0.1)
    assert found.settled
    assert found.words == "server error"


def test_a_declined_job_has_nobody_who_could_come() -> None:
    declined = Job("AJ_1", JobStatus.SUCCESS)
    assert listed(0.3, declined).identities == frozenset()


@pytest.mark.parametrize("age_s", [6.0, 16.0, 60.0])
def test_nothing_is_concluded_from_absence_while_our_own_link_is_down(age_s: float) -> None:
    gone = evidence(reconnecting=True, dispatch_missing=True)
    silent = with_agent(agent("initializing", missed=30), reconnecting=True)
    assert diagnose(gone, T0 + age_s).code is Outcome.WAITING
    assert diagnose(silent, T0 + age_s).code is Outcome.WAITING
