"""What lists alone tell of a room: never more than they show."""

from __future__ import annotations

import msgspec
import pytest

from lktui.core.events import ListedDispatch, ListedRoom
from lktui.core.evidence import Job, JobStatus
from lktui.core.listed_room import find, known_agents
from lktui.core.signs import StateKind
from lktui.core.verdict import Outcome

NOW = 10_000.0
EMPTY = ListedRoom(name="r", sid="RM", made_at=NOW - 60, people=1, looked=True)
RUNNING = Job("AJ_1", JobStatus.RUNNING, "agent-AJ_1")
DECLINED = Job("AJ_1", JobStatus.SUCCESS)


def room(
    *agents: tuple[str, str], jobs: tuple[Job, ...] | None = None, age_s: float = 60
) -> ListedRoom:
    dispatch = ListedDispatch(id="AD", agent_name="echo", jobs=jobs or (), made_at=NOW - age_s)
    return msgspec.structs.replace(
        EMPTY,
        agents=tuple(name for name, _ in agents),
        agent_states=tuple(state for _, state in agents),
        dispatches=None if jobs is None else (dispatch,),
    )


@pytest.mark.parametrize(
    ("listed", "code", "kind"),
    [
        (room(), Outcome.NO_AGENT, StateKind.OVER),
        (room(("echo", "listening")), Outcome.PRESENT, StateKind.READY),
        (room(("echo", "")), Outcome.PRESENT, StateKind.WARNING),
        (room(("echo", "initializing")), Outcome.PRESENT, StateKind.WAITING),
        (room(("echo", "idle"), ("echo", "idle")), Outcome.DOUBLED, StateKind.WARNING),
        (room(("echo", "idle"), ("other", "idle")), Outcome.PRESENT, StateKind.READY),
        (room(jobs=()), Outcome.NOT_TAKEN, StateKind.FAILED),
        (room(jobs=(), age_s=3), Outcome.WAITING, StateKind.WAITING),
        (room(jobs=(DECLINED,)), Outcome.REJECTED, StateKind.FAILED),
        (room(jobs=(RUNNING,)), Outcome.NO_AGENT, StateKind.OVER),
        (msgspec.structs.replace(EMPTY, looked=False), Outcome.WAITING, StateKind.STALE),
    ],
)
def test_each_case_has_its_outcome(listed: ListedRoom, code: Outcome, kind: StateKind) -> None:
    found = find(listed, NOW)
    assert (found.code, found.kind) == (code, kind)
    assert len(found.words) <= 23


def test_nobody_is_called_ready_whom_nobody_has_asked() -> None:
    assert find(room(("echo", "speaking")), NOW).code is not Outcome.READY


def test_a_running_job_without_its_agent_stays_two_causes() -> None:
    assert "has left, or never joined" in find(room(jobs=(RUNNING,)), NOW).cause


def test_agents_are_named_once_whether_they_came_or_were_asked_for() -> None:
    assert known_agents(room(("echo", "idle"), jobs=(RUNNING,))) == ("echo",)
    assert known_agents(room(("other", "idle"), jobs=())) == ("other", "echo")
