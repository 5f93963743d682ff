"""The diagnosis table (facts/livekit.md section 3): what is known says what is to be thought."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.dispatch import LIST_TRUE_S, deadlines, diagnose
from lktui.core.evidence import PINGS_FOR_PRESENT, Agent, Evidence, Job, JobStatus, Question
from lktui.core.problems import CATALOGUE, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.signs import StateKind
from lktui.core.verdict import WELL, Diagnosis, Outcome, diagnosis_of
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
    given: dict[str, object] = {
        "identity": ID,
        "state": state,
        "joined_at": T0 + after_s,
        "pings_missed": missed,
    }
    return Agent(**(given | traits))  # type: ignore[arg-type]  # as named


HERE = listed(0.2, RUNNING)
"""A worker has taken the job."""


def with_agent(one: Agent, **facts: object) -> Evidence:
    return msgspec.structs.replace(HERE, agent=one, **facts)


def talking(**traits: object) -> Agent:
    """An agent that has answered a ping."""
    answers = {"ponged": True, "ready_at": T0 + 0.5, "heard_at": T0 + 0.5}
    return msgspec.structs.replace(agent("listening"), **(answers | traits))


def silent(*, listed_s: float = 0.0, **facts: object) -> Evidence:
    """It has not answered since a ping at 10 s; so much later the list says that it is there."""
    quiet = talking(unanswered=(T0 + 10, T0 + 11), listed_at=T0 + 10 + listed_s)
    return with_agent(quiet, **facts)


def asked(**traits: object) -> Question:
    return Question(**({"asked_at": T0 + 2, "reply_timeout_s": 30.0} | traits))  # type: ignore[arg-type]  # as named


def read(age_s: float, known: Evidence) -> Evidence:
    """The list of participants was read when the dispatch was so old."""
    return msgspec.structs.replace(known, people_listed_at=T0 + age_s)


AUTO = DispatchMode.AUTO
BLIND = {"sees_dispatches": False}
GONE = {"agent_left_at": T0 + 30.0}
UNNAMED = evidence(mode=AUTO, jobs_listed_at=T0 + 6)
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
    ("accepted, not joined yet", read(14.5, HERE), 14.9, Outcome.WAITING),
    ("accepted, nobody looked", read(14.5, HERE), 15.5, Outcome.WAITING),
    ("accepted, never joined", read(15.0, HERE), 15.0, Outcome.NOT_JOINED),
    ("lists not readable any more", read(3.0, HERE), 17.0, Outcome.NO_AGENT),
    ("stuck before its session", with_agent(agent("initializing", missed=20)), 15.5,
     Outcome.NOT_READY),
    ("slow to join, still starting", with_agent(agent("initializing", missed=20)), 15.0,
     Outcome.WAITING),
    ("left", with_agent(talking(), **GONE), 30.0, Outcome.LEFT),
    ("left before ready", with_agent(agent(), agent_left_at=T0 + 1), 1.0, Outcome.LEFT),
    ("left a moment after a ping", silent(agent_left_at=T0 + 11), 14.0, Outcome.LEFT),
    ("one ping missed", silent(listed_s=1), 12.9, Outcome.READY),
    ("dead, frozen or killed", silent(listed_s=1), 13.0, Outcome.UNRESPONSIVE),
    ("one missed, and a pause of ours", with_agent(
        talking(unanswered=(T0 + 10,), listed_at=T0 + 11)), 19.0, Outcome.READY),
    ("silent, and nobody looked", silent(listed_s=-1), 20.0, Outcome.READY),
    ("the server stood still too, asked late", silent(
        listed_s=2, people_asked_at=T0 + 12.0, people_listed_at=T0 + 12.6), 13.0, Outcome.READY),
    ("silent, at a server that is slow", silent(
        listed_s=6, people_asked_at=T0 + 16.0, people_listed_at=T0 + 16.6), 16.6,
     Outcome.UNRESPONSIVE),
    ("silent, and our own link is just back", silent(listed_s=1, linked_at=T0 + 9.0), 18.9,
     Outcome.READY),
    ("silent, and our own link was back in time", silent(listed_s=1, linked_at=T0 + 9.0), 19.0,
     Outcome.UNRESPONSIVE),
    ("silent, no key", silent(**BLIND), 13.0, Outcome.UNRESPONSIVE),
    ("dropped by the server", silent(**GONE, agent_left_why="CONNECTION_TIMEOUT"), 30.0,
     Outcome.LOST),
    ("dropped, by the list", silent(**GONE), 30.0, Outcome.LOST),
    ("removed while frozen", silent(**GONE, agent_left_why="PARTICIPANT_REMOVED"), 30.0,
     Outcome.LEFT),
    ("plain agent dropped", with_agent(agent(), **GONE, agent_left_why="CONNECTION_TIMEOUT"),
     30.0, Outcome.LOST),
    ("session closed, not certain yet", silent(listed_s=24.9), 35.5, Outcome.UNRESPONSIVE),
    ("session closed", silent(listed_s=25), 35.0, Outcome.ZOMBIE),
    ("session closed, no key", silent(**BLIND), 38.0, Outcome.ZOMBIE),
    ("dead in a gap", silent(listed_s=1, reconnecting=True), 20.0, Outcome.READY),
    ("gap: everybody seems gone", with_agent(talking(), **GONE, reconnecting=True), 30.0,
     Outcome.READY),
    ("withdrawn", evidence(missing_since=T0 + 1, jobs_listed_at=T0 + 1), 1.0, Outcome.WITHDRAWN),
    ("gap: the record is missing", evidence(missing_since=T0 + 1, reconnecting=True), 1.0,
     Outcome.WAITING),
    ("withdrawn, and comes all the same", with_agent(agent(after_s=4.3), missing_since=T0 + 1),
     4.4, Outcome.WITHDRAWN),
    ("withdrawn, came and left",
     with_agent(agent(after_s=4.3), missing_since=T0 + 1, agent_left_at=T0 + 4.7), 5.0,
     Outcome.WITHDRAWN),
    ("withdrawn under a young agent",
     with_agent(talking(), missing_since=T0 + 2), 2.1, Outcome.READY),
    ("server restarted, agent lives on",
     with_agent(msgspec.structs.replace(talking(), heard_at=T0 + 61), missing_since=T0 + 60), 61.0,
     Outcome.RECORD_LOST),
    ("model fails", with_agent(talking(), reply_error="boom"), 3.0, Outcome.REPLY_FAILED),
    ("model stalls", with_agent(talking(), question=asked(heard=True)), 32.0, Outcome.NO_REPLY),
    ("model thinks", with_agent(talking(), question=asked(heard=True)), 31.9, Outcome.READY),
    ("plain agent says nothing", with_agent(agent(missed=9), question=asked()), 32.0,
     Outcome.NO_REPLY),
    ("listens to another", with_agent(talking(), question=asked(others=("ann",))), 5.0,
     Outcome.NOT_LINKED),
    ("may still see us", with_agent(talking(), question=asked(others=("ann",))), 4.9,
     Outcome.READY),
    ("took the turn", with_agent(talking(), question=asked(others=("ann",), heard=True)), 9.0,
     Outcome.READY),
    ("two of one name", with_agent(talking(), doubles=("agent-AJ_2",)), 1.0, Outcome.DOUBLED),
    ("two, and neither has answered", with_agent(agent(), doubles=("agent-AJ_2",)), 0.5,
     Outcome.DOUBLED),
    ("room deleted", evidence(room_gone=True), 0.1, Outcome.ROOM_GONE),
    ("room deleted under an agent", with_agent(agent(ponged=True), room_gone=True), 9.0,
     Outcome.ROOM_GONE),
    ("token mode, early", evidence(**BLIND), 14.9, Outcome.WAITING),
    ("token mode, nobody", evidence(**BLIND), 15.0, Outcome.NO_AGENT),
    ("token mode, agent", with_agent(agent(ponged=True), **BLIND), 1.0, Outcome.READY),
    ("auto, early", read(14.9, UNNAMED), 14.9, Outcome.WAITING),
    ("auto, nobody", read(15, UNNAMED), 15.0, Outcome.AUTO_NO_AGENT),
    ("auto, taken and never joined",
     read(15, msgspec.structs.replace(UNNAMED, jobs=(RUNNING,))), 15.0, Outcome.NOT_JOINED),
    ("auto, declined", evidence(mode=AUTO, jobs=(DECLINED,)), 0.3, Outcome.REJECTED),
    ("auto in token mode, nobody", evidence(mode=AUTO, **BLIND), 15.0, Outcome.NO_AGENT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "headline"),
    [("echo", "2 agents named “echo” answer every line"), ("", "2 agents answer every line")],
)
def test_doubles_of_no_known_name_get_none(name: str, headline: str) -> None:
    known = with_agent(talking(), doubles=("agent-AJ_2",), agent_name=name)
    assert diagnose(known, T0 + 1.0).summary == headline


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
SOMETIMES = st.one_of(st.just(0.0), TIMES)
JOBS = st.lists(st.sampled_from([RUNNING, DECLINED, Job("AJ_2", JobStatus.PENDING)]), max_size=2)
AGENTS = st.builds(
    Agent,
    identity=st.just(ID),
    state=st.sampled_from(["", "initializing", "idle", "listening", "thinking", "speaking"]),
    joined_at=TIMES,
    listed_at=SOMETIMES,
    ponged=st.booleans(),
    pings_missed=st.integers(0, 60),
    spoke=st.booleans(),
    heard_at=SOMETIMES,
)
QUESTIONS = st.builds(
    Question,
    asked_at=TIMES,
    reply_timeout_s=st.sampled_from([1.0, 30.0]),
    heard=st.booleans(),
    others=st.sampled_from([(), ("ann",), ("ann", "bob")]),
)
EVIDENCE = st.builds(
    Evidence,
    mode=st.sampled_from(DispatchMode),
    agent_name=st.sampled_from(["", "echo"]),
    sees_dispatches=st.booleans(),
    dispatched_at=st.just(T0),
    join_timeout_s=st.sampled_from([0.5, 3.0, 15.0]),
    room_was_there=st.booleans(),
    asked_for=st.sampled_from([(), ("other",)]),
    jobs=JOBS.map(tuple),
    jobs_listed_at=SOMETIMES,
    missing_since=SOMETIMES,
    people_listed_at=SOMETIMES,
    agent=st.one_of(st.none(), AGENTS),
    doubles=st.sampled_from([(), ("agent-AJ_2",)]),
    agent_left_at=SOMETIMES,
    agent_left_why=st.sampled_from(["", "CLIENT_INITIATED", "CONNECTION_TIMEOUT"]),
    reconnecting=st.booleans(),
    linked_at=SOMETIMES,
    room_gone=st.booleans(),
    question=st.one_of(st.none(), QUESTIONS),
    reply_error=st.sampled_from(["", "boom"]),
)
CALM = {
    "agent_left_at": 0.0,
    "room_gone": False,
    "missing_since": 0.0,
    "doubles": (),
    "question": None,
    "reply_error": "",
}
"""Nothing but the agent itself is to be judged."""


def silent_agents(known: Evidence, sent: list[float]) -> Evidence:
    one = known.agent
    for sent_at in sent if one is not None and one.ponged else ():
        one = one.after_miss(sent_at) if one is not None else one
    return msgspec.structs.replace(known, agent=one)


SILENT = st.builds(silent_agents, EVIDENCE, st.lists(TIMES, max_size=5))
"""Only who has answered a ping can be silent."""


@given(SILENT, TIMES)
def test_the_same_evidence_gives_the_same_verdict(known: Evidence, now: float) -> None:
    assert diagnose(known, now) == diagnose(known, now)


@given(AGENTS, st.lists(st.tuples(st.booleans(), TIMES), max_size=8), st.randoms())
def test_in_whatever_order_signs_and_silence_are_told_the_same_is_known(
    one: Agent, told: list[tuple[bool, float]], chance: Random
) -> None:
    one = msgspec.structs.replace(one, heard_at=0.0)

    def after(facts: list[tuple[bool, float]]) -> Agent:
        known = one
        for is_sign, at in facts:
            known = known.after_sign(at) if is_sign else known.after_miss(at)
        return known

    shuffled = told[:]
    chance.shuffle(shuffled)
    assert after(told) == after(shuffled)


STATES = st.sampled_from(["", "initializing", "listening", "thinking"])


@given(STATES, st.lists(st.one_of(STATES, st.floats(0, 60)), max_size=12))
def test_pings_from_before_a_session_could_begin_are_no_ground(
    first: str, told: list[str | float]
) -> None:
    """Whatever states and missed pings are told, those sent before the last beginning are none."""
    one, began, state, told_at = agent(first), 0.0, first, T0 + 1
    sent: list[float] = []
    for fact in told:
        told_at += 1
        if isinstance(fact, str):
            one = one.in_state(fact, told_at)
            settled = not state and len(sent) >= PINGS_FOR_PRESENT
            if fact != state and state in ("", "initializing") and not settled:
                began, sent = told_at, []
            state = fact
        else:
            one = one.after_early_miss(told_at - fact)
            sent += [told_at - fact] if told_at - fact >= began else []
    assert (one.state, one.begun_at, one.pings_missed) == (state, began, len(sent))


@given(SILENT, st.lists(TIMES, min_size=2, max_size=2))
def test_a_verdict_changes_by_time_only_at_a_deadline(
    known: Evidence, moments: list[float]
) -> None:
    earlier, later = sorted(moments)
    if not any(earlier < due <= later for due in deadlines(known)):
        assert diagnose(known, earlier).code is diagnose(known, later).code


@given(SILENT, st.floats(0, LIST_TRUE_S, exclude_max=True))
def test_nobody_is_blamed_for_an_empty_list_before_it_is_true(
    known: Evidence, age_s: float
) -> None:
    read_at = min(known.jobs_listed_at, T0 + age_s)  # no list is read in the future
    known = msgspec.structs.replace(known, jobs_listed_at=read_at)
    assert diagnose(known, T0 + age_s).code is not Outcome.NOT_TAKEN


@given(SILENT, TIMES)
def test_nobody_has_left_or_is_silent_while_we_reconnect(known: Evidence, now: float) -> None:
    known = msgspec.structs.replace(known, reconnecting=True)
    wrong = {Outcome.LEFT, Outcome.LOST, Outcome.UNRESPONSIVE, Outcome.ZOMBIE}
    assert diagnose(known, now).code not in wrong


@given(EVIDENCE, TIMES)
def test_who_never_answered_a_ping_is_never_said_to_have_stopped(
    known: Evidence, now: float
) -> None:
    if known.agent is not None:
        never = msgspec.structs.replace(known.agent, ponged=False)
        known = msgspec.structs.replace(known, agent=never)
    assert diagnose(known, now).code not in {Outcome.UNRESPONSIVE, Outcome.ZOMBIE}


@given(EVIDENCE, TIMES)
def test_a_plain_agent_in_the_room_has_not_failed(known: Evidence, now: float) -> None:
    plain = agent("listening", missed=60)
    found = diagnose(msgspec.structs.replace(known, **(CALM | {"agent": plain})), now)
    assert found.ok or not found.settled


@given(EVIDENCE, TIMES)
def test_an_agent_that_answers_is_ready(known: Evidence, now: float) -> None:
    facts = CALM | {"agent": agent(ponged=True)}
    assert diagnose(msgspec.structs.replace(known, **facts), now).code is Outcome.READY


@given(SILENT, TIMES)
def test_without_an_agent_nothing_is_well(known: Evidence, now: float) -> None:
    assert not diagnose(msgspec.structs.replace(known, agent=None), now).ok


@given(SILENT, TIMES)
def test_what_cannot_be_seen_is_no_ground(known: Evidence, now: float) -> None:
    blind = msgspec.structs.replace(known, sees_dispatches=False, agent=None)
    seen = {Outcome.NOT_TAKEN, Outcome.REJECTED, Outcome.NOT_JOINED, Outcome.WITHDRAWN}
    assert diagnose(blind, now).code not in seen


@given(SILENT, TIMES)
def test_every_verdict_can_be_shown_and_acted_on(known: Evidence, now: float) -> None:
    found = diagnose(known, now)
    assert cell_width(found.row_words(now)) <= 23
    if found.settled and not found.ok:
        assert found.seen
        assert found.cause
        assert found.resolution
        assert "<" not in found.summary + found.cause + found.resolution


@given(EVIDENCE)
def test_an_attempt_that_is_looked_at_ends_in_a_verdict(known: Evidence) -> None:
    """After the join time-out, with lists just read and pings sent, nothing is open."""
    now = T0 + 100
    one = known.agent
    if one is not None:
        one = msgspec.structs.replace(one, pings_missed=PINGS_FOR_PRESENT, joined_at=T0 + 1)
    facts = {"jobs_listed_at": now, "people_listed_at": now, "agent": one, "reconnecting": False}
    assert diagnose(msgspec.structs.replace(known, **facts), now).settled


# --- in words ----------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", sorted({o for *_, o in TABLE} - WELL - {Outcome.WAITING}))
def test_a_verdict_as_a_problem_has_the_catalogues_words(outcome: Outcome) -> None:
    _, known, age_s, _ = next(row for row in TABLE if row[3] is outcome)
    found = diagnose(known, T0 + age_s).problem()
    assert found is not None
    assert found.code.value == outcome.value
    assert found.summary.startswith(CATALOGUE[found.code].summary.partition("{")[0])
    assert found.detail


@pytest.mark.parametrize("outcome", sorted(WELL | {Outcome.WAITING}))
def test_what_is_well_or_open_is_no_problem(outcome: Outcome) -> None:
    _, known, age_s, _ = next(row for row in TABLE if row[3] is outcome)
    assert diagnose(known, T0 + age_s).problem() is None


def test_the_specifications_words_say_how_long_was_waited() -> None:
    found = diagnose(read(15, HERE), T0 + 15)
    assert found.summary.startswith("Timed out waiting for agent")
    assert found.cause.startswith("Agent didn't join within 15s")


def test_a_missing_answer_is_not_said_to_come_from_an_agent_that_answers_pings() -> None:
    owed = {"question": asked(asked_at=T0 + 8, reply_timeout_s=5.0, heard=True)}
    answers = diagnose(with_agent(talking(heard_at=T0 + 13), **owed), T0 + 13)
    assert answers.summary.endswith("still answers pings")
    nothing = diagnose(silent(listed_s=-1, **owed), T0 + 13)
    assert nothing.code is Outcome.NO_REPLY
    assert nothing.summary == "No reply for 5 s; nothing else is heard of it either"
    assert "server" in nothing.cause
    assert nothing.since == T0 + 8


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
    gone = evidence(reconnecting=True, missing_since=T0 + 1)
    silent = with_agent(agent("initializing", missed=30), reconnecting=True)
    assert diagnose(gone, T0 + age_s).code is Outcome.WAITING
    assert diagnose(silent, T0 + age_s).code is Outcome.WAITING
