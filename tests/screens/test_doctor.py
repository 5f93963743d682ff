"""`t`: what keeps a profile from working, check by check."""

from __future__ import annotations

import pytest

from lktui.core.commands import EndDoctor, RunDoctor
from lktui.core.doctor import (
    Check,
    CheckDone,
    CheckState,
    CheckupBegan,
    CheckupDone,
    Finding,
    checks_for,
)
from lktui.core.events import AnyEvent
from lktui.core.problems import ProblemCode, problem
from lktui.widgets.list_table import ListTable
from tests.screens.conftest import Make
from tests.support.dashboard import Dashboard
from tests.support.fakes.world import EXPLICIT

CHECKS = checks_for(EXPLICIT)
REFUSED = problem(ProblemCode.CONNECTION_REFUSED, host="voice-staging.example.net")


def begun(dashboard: Dashboard) -> CheckupBegan:
    asked = dashboard.engine.asked(RunDoctor)[-1]
    return CheckupBegan(run=asked.run, profile="staging", dispatch=asked.dispatch, checks=CHECKS)


def told(run: str, check: Check, state: CheckState, detail: str) -> CheckDone:
    found = Finding(check=check, state=state, detail=detail)
    if state is CheckState.FAILED:
        found = Finding(check=check, state=state, detail=detail, problem=REFUSED, seen=("errno",))
    return CheckDone(run=run, finding=found)


def refused(dashboard: Dashboard) -> list[AnyEvent]:
    began = begun(dashboard)
    events: list[AnyEvent] = [began]
    events.append(told(began.run, Check.URL, CheckState.OK, "wss://h, port 443"))
    events.append(told(began.run, Check.NAME, CheckState.OK, "198.51.100.24"))
    events.append(told(began.run, Check.CONNECT, CheckState.FAILED, REFUSED.summary))
    events += [
        told(began.run, check, CheckState.SKIPPED, "needs a connection") for check in CHECKS[3:]
    ]
    return [*events, CheckupDone(run=began.run, took_ms=1200.0)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_check_shows_as_it_ends(dashboard: Dashboard, size: tuple[int, int]) -> None:
    async with dashboard.running(size):
        await dashboard.press("t")
        began = begun(dashboard)
        await dashboard.hear(began, told(began.run, Check.NAME, CheckState.OK, "198.51.100.24"))
        rows = [row for row in dashboard.lines if "198.51.100.24" in row]
        assert len(rows) == 1
        assert "● ok" in rows[0]
        assert "◐ running" in dashboard.text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_first_failure_explains_itself(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await dashboard.press("t")
        await dashboard.hear(*refused(dashboard))
        row = next(row for row in dashboard.lines if row.startswith("▌"))
        assert "✗ failed" in row
        assert "connect" in row
        assert "✗ Cannot connect: voice-staging.example.net refuses" in dashboard.text
        assert "do     Verify LiveKit URL is correct and the server runs" in dashboard.text
        assert "✗ 1 failed" in dashboard.status
        assert "○ 10 skipped" in dashboard.status
        assert "1.20 s" in dashboard.lines[1]


async def test_the_cursor_stays_where_the_person_has_put_it(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("t")
        await dashboard.hear(begun(dashboard))
        await dashboard.press("G")
        await dashboard.hear(*refused(dashboard)[1:])
        row = next(row for row in dashboard.lines if row.startswith("▌"))
        assert "terminal" in row


async def test_t_again_asks_for_the_agent_too(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("t")
        await dashboard.hear(*refused(dashboard))
        await dashboard.press("t")
        assert [asked.dispatch for asked in dashboard.engine.asked(RunDoctor)] == [False, True]
        assert not dashboard.engine.asked(EndDoctor)


async def test_leaving_ends_what_is_still_looked_at(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("t")
        await dashboard.hear(begun(dashboard))
        await dashboard.press("escape")
        run = dashboard.engine.asked(RunDoctor)[-1].run
        assert [asked.run for asked in dashboard.engine.asked(EndDoctor)] == [run]
        assert "last outcome" in dashboard.text


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_help_tells_the_keys_of_the_page_and_does_what_is_chosen(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await dashboard.press("t")
        await dashboard.hear(*refused(dashboard))
        assert dashboard.lines[-1].rstrip().endswith("? Help")
        await dashboard.press("question_mark")
        assert "Test again" in dashboard.text
        await dashboard.press("enter")
        assert [asked.dispatch for asked in dashboard.engine.asked(RunDoctor)] == [False, True]


async def test_the_cursor_never_moves_by_itself_after_a_key_or_a_click(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((120, 40)):
        await dashboard.press("t")
        await dashboard.hear(begun(dashboard))
        await dashboard.pilot.click(ListTable, offset=(20, 6))
        chosen = next(row for row in dashboard.lines if row.startswith("▌"))
        await dashboard.hear(*refused(dashboard)[1:])
        now = next(row for row in dashboard.lines if row.startswith("▌"))
        assert now.split()[3] == chosen.split()[3]
        assert "failed" not in now


async def test_e_opens_the_form_of_the_profile(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("t", "e")
        assert "edit staging" in dashboard.text


async def test_y_copies_the_finding_with_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("t")
        await dashboard.hear(*refused(dashboard))
        await dashboard.press("y")
        assert dashboard.app.clipboard.startswith("connect: failed: Cannot connect")
        assert REFUSED.resolution in dashboard.app.clipboard


async def test_a_profile_with_faults_cannot_be_tested(make: Make) -> None:
    dashboard = make({"broken": "url = 1\n"})
    async with dashboard.running((80, 24)):
        await dashboard.press("t")
        assert dashboard.status.endswith("not now: its file has faults")
        assert not dashboard.engine.asked(RunDoctor)
