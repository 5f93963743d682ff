"""Cleanup: every item until the server has said that it is gone."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import msgspec

from lktui.core.cleanup import ItemState, Try
from lktui.core.commands import DeleteOrphans, FindOrphans, ForgetCleanup, RunCleanup
from lktui.core.events import CleanupChanged, EngineFaulted, Hello, OrphansFound
from lktui.core.orphans import Orphan
from lktui.core.problems import ProblemCode, problem
from lktui.core.wire import PROTOCOL
from tests.support.dashboard import Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import item

STUCK = item("preclinical-test-k7qd0be214", ItemState.STUCK, tries=10, age_s=3600)
WAITING = item("preclinical-test-k7qd44f0c1", ItemState.WAITING, tries=4, age_s=360)
GONE = item("preclinical-test-k7qd6620b1", ItemState.DONE, age_s=60)
LIVE = item("AD_x8Kq2LmN4cTz", ItemState.LIVE, age_s=20)
ALL = CleanupChanged(items=(STUCK, WAITING, GONE, LIVE))


async def test_a_queue_that_cannot_be_read_is_not_called_clean(dashboard: Dashboard) -> None:
    locked = problem(ProblemCode.STATE_UNUSABLE, path="/s/journal.sqlite", why="database is locked")
    dashboard.engine.reads_queue = False
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        assert "◐ reading the queue" in dashboard.text
        refused = Hello(protocol=PROTOCOL, build="test", pid=1, installation="")
        await dashboard.hear(EngineFaulted(problem=locked), refused)
        assert "✗ The queue cannot be read" in dashboard.text
        assert "database is locked" in dashboard.text
        assert "Nothing to clean up." not in dashboard.text
        assert "0 left" not in dashboard.status


async def test_each_item_says_its_state_until_it_is_gone(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        rows = dashboard.lines[2:6]
        assert "✗ stuck              room      preclinical-test-k7qd0be214" in rows[0]
        assert "◐ next try in " in rows[1]
        assert "○ gone" in rows[2]
        assert "● in use             dispatch  AD_x8Kq2LmN4cTz" in rows[3]
        assert dashboard.status == "2 left  ✗ 1 stuck  ◐ 1 on their way  ● 1 in use"


async def test_a_stuck_item_tells_seen_cause_and_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        assert "✗ Stuck after 10 tries in 1 h 0 min; no more by itself" in dashboard.text
        assert "401 from" in dashboard.text
        assert "or delete it" in dashboard.text


async def test_a_stuck_item_is_said_on_every_other_screen(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(ALL)
        for key in "123":
            await dashboard.press(key)
            assert dashboard.status.endswith("✗ 1 stuck  4 Cleanup")
            assert "4 Cleanup !1" in dashboard.lines[0]


async def test_r_tries_one_and_capital_r_all(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("r", "R")
        one, every = dashboard.engine.asked(RunCleanup)
        assert one.ids == (STUCK.id,)
        assert every.ids == ()


async def test_what_is_in_use_is_not_tried(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("G", "r")
        assert dashboard.status.endswith("not now: it is in use")
        assert not dashboard.engine.asked(RunCleanup)


async def test_forgetting_asks_and_enter_cancels(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("f")
        assert "▲ forget this room?" in dashboard.text
        host = urlsplit(STUCK.url).netloc
        assert f"{STUCK.name}   left on {host}, maybe in use" in dashboard.text
        await dashboard.press("f", "r", "enter")
        assert not dashboard.engine.asked(ForgetCleanup)
        await dashboard.press("f", "y")
        assert dashboard.engine.asked(ForgetCleanup)[0].ids == (STUCK.id,)


async def test_what_changes_below_neither_closes_nor_changes_the_question(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("f")
        older = item("preclinical-test-k7qd000000", ItemState.STUCK, tries=10, age_s=9000)
        await dashboard.hear(CleanupChanged(items=(older,)))
        assert "▲ forget this room?" in dashboard.text
        await dashboard.press("y")
        assert dashboard.engine.asked(ForgetCleanup)[0].ids == (STUCK.id,)


async def test_nothing_to_clean_up_is_said(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        assert "Nothing to clean up." in dashboard.text
        assert "Every room and dispatch made here is gone." in dashboard.text


async def test_a_try_that_is_under_way_and_one_that_is_due_count_the_seconds(
    dashboard: Dashboard,
) -> None:
    running = item("preclinical-test-k7qd6620b1", ItemState.RUNNING)
    due = msgspec.structs.replace(
        item("preclinical-test-k7qd77aa01", ItemState.DUE, age_s=10), next_try_at=NOON + 9
    )
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(running, due)))
        assert "◐ deleting  " in dashboard.text
        dashboard.clock.move(2.0)
        await dashboard.hear(CleanupChanged(items=(running,)))
        assert "◐ deleting 2 s  " in dashboard.text
        assert "◐ due in 6 s  " in dashboard.text


async def test_a_stuck_item_is_said_beside_every_message(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(ALL)
        dashboard.controller.notice("wrote a file")
        await dashboard.settled()
        assert dashboard.status.endswith("✗ 1 stuck  4 Cleanup  wrote a file")


async def test_marked_items_are_tried_together(dashboard: Dashboard) -> None:
    kept = [item(f"preclinical-test-k7qd00000{n}", ItemState.KEPT, age_s=100 - n) for n in (1, 2)]
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(*kept, STUCK)))
        await dashboard.press("j", "space", "space")
        assert dashboard.status.startswith("◆ 2 marked of 3 items")
        assert dashboard.footer.startswith("r Try now 2 marked  f Forget 2 marked  esc Unmark")
        await dashboard.press("r")
        assert set(dashboard.engine.asked(RunCleanup)[0].ids) == {one.id for one in kept}
        assert "marked" not in dashboard.status


async def test_v_marks_from_the_row_marked_last_to_the_cursor(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("j", "v")
        assert "◆ 1 marked" in dashboard.status
        await dashboard.press("G", "v")
        assert "◆ 3 marked of 4 items" in dashboard.status
        assert "◆" not in dashboard.lines[2]


async def test_brackets_go_to_what_needs_the_person(dashboard: Dashboard) -> None:
    other = item("preclinical-test-k7qd9d10e5", ItemState.STUCK, tries=10, age_s=10)
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(STUCK, WAITING, GONE, LIVE, other)))
        await dashboard.press("]")
        assert dashboard.lines[6].startswith("▌!✗ stuck")
        await dashboard.press("[")
        assert dashboard.lines[2].startswith("▌")
        await dashboard.press("[")
        assert dashboard.status.endswith("no other row that way needs you")


async def test_escape_unmarks(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("*", "escape")
        assert "marked" not in dashboard.status
        assert not dashboard.engine.asked(RunCleanup)


async def test_forgetting_marked_items_asks_once_and_leaves_out_what_is_in_use(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(ALL)
        await dashboard.press("*", "f")
        assert "▲ forget 2 items?" in dashboard.text
        await dashboard.press("y")
        assert set(dashboard.engine.asked(ForgetCleanup)[0].ids) == {STUCK.id, WAITING.id}


async def test_what_is_kept_says_how_it_is_removed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(item("r", ItemState.KEPT),)))
        assert "lktui cleanup run --kept" in dashboard.text


async def test_what_is_gone_says_when_it_is_looked_for_once_more_and_nags_nowhere(
    dashboard: Dashboard,
) -> None:
    gone = msgspec.structs.replace(
        item("preclinical-test-k7qd0be214", ItemState.LAST_LOOK, age_s=30),
        next_try_at=NOON + 45,
        gone_at=NOON - 15,
        late=True,
    )
    async with dashboard.running((80, 24)):
        await dashboard.hear(CleanupChanged(items=(gone,)))
        for key in "123":
            await dashboard.press(key)
            assert "left" not in dashboard.status
            assert "look" not in dashboard.status
            assert "4 Cleanup  " in dashboard.lines[0]
        await dashboard.press("4")
        at = time.localtime(NOON + 45)
        assert f"○ gone, look {time.strftime('%H:%M', at)}" in dashboard.lines[2]
        assert f"○ Gone; last look {time.strftime('%H:%M:%S', at)}" in dashboard.text
        assert dashboard.status == "0 left  ○ 1 to look for"
        await dashboard.press("r")
        assert "it is gone; the last look comes by itself" in dashboard.status
        assert dashboard.engine.asked(RunCleanup) == []


async def test_enter_tells_all_tries_newest_first_and_escape_goes_back(
    dashboard: Dashboard,
) -> None:
    log = (
        Try(at=NOON - 60, answered=False, said="no answer within 10 s"),
        Try(at=NOON - 30, answered=True, said="401 from voice-eu"),
    )
    tried = msgspec.structs.replace(STUCK, log=log)
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(tried,)))
        await dashboard.press("enter")
        assert "12:01:30  ✗ answered   401 from voice-eu" in dashboard.lines[2]
        assert "12:01:00  ◌ no answer  no answer within 10 s" in dashboard.lines[3]
        await dashboard.press("escape")
        assert "✗ stuck" in dashboard.lines[2]


ORPHANS = OrphansFound(
    wall=NOON,
    profile="staging",
    orphans=(
        Orphan(name="preclinical-test-k7qd02f7b3", sid="RM_1", made_at=NOON - 9000, made_by="k7qd"),
        Orphan(
            name="preclinical-test-zz91c3d2e1",
            sid="RM_2",
            made_at=NOON - 90_000,
            made_by="zz91",
            people=2,
        ),
        Orphan(name="preclinical-test-manual", sid="RM_3", made_at=NOON - 600_000, agents=1),
    ),
)


async def test_orphans_show_maker_people_and_age(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4", "o")
        assert dashboard.engine.asked(FindOrphans)[0].profile.name == "staging"
        assert "◐ looking through the rooms of" in dashboard.text
        dashboard.controller.installation = "k7qd"
        await dashboard.hear(ORPHANS)
        rows = dashboard.lines[2:5]
        assert "this installation     preclinical-test-k7qd02f7b3" in rows[0]
        assert "another: zz91" in rows[1]
        assert "unknown" in rows[2]
        assert "1 agent alone" in rows[2]
        assert rows[2].endswith("6d")


async def test_marked_orphans_are_deleted_after_one_question_with_the_count(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4", "o")
        await dashboard.hear(ORPHANS)
        await dashboard.press("space", "space", "d")
        assert "▲ delete 2 rooms?" in dashboard.text
        assert "preclinical-test-k7qd02f7b3   empty, 2 h old" in dashboard.text
        assert "preclinical-test-zz91c3d2e1   cuts 2 participants, 1 d old" in dashboard.text
        await dashboard.press("d", "enter")
        assert not dashboard.engine.asked(DeleteOrphans)
        await dashboard.press("d", "y")
        (asked,) = dashboard.engine.asked(DeleteOrphans)
        assert [one.sid for one in asked.orphans] == ["RM_1", "RM_2"]
        assert "preclinical-test-manual" in dashboard.lines[2]
        await dashboard.press("o")
        assert "Nothing to clean up." in dashboard.text


async def test_the_question_has_columns_for_rooms_and_for_who_is_cut_off_and_since_when(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("4", "o")
        await dashboard.hear(ORPHANS)
        await dashboard.press("*", "d")
        (title,) = [n for n, row in enumerate(dashboard.lines) if "▲ delete 3 rooms?" in row]
        assert dashboard.lines[title + 1 : title + 4] == [
            "   preclinical-test-k7qd02f7b3   empty, 2 h old",
            "   preclinical-test-zz91c3d2e1   cuts 2 participants, 1 d old",
            "   preclinical-test-manual       cuts 1 participant: an agent alone, 6 d old",
        ]


async def test_of_many_orphans_those_in_use_are_named_before_the_rest_is_counted(
    dashboard: Dashboard,
) -> None:
    many = tuple(
        Orphan(
            name=f"preclinical-test-zz91{number:06}",
            sid=f"RM_{number}",
            made_at=NOON - 9000,
            made_by="zz91",
            people=number // 33,
        )
        for number in range(40)
    )
    async with dashboard.running((80, 24)):
        await dashboard.press("4", "o")
        await dashboard.hear(OrphansFound(profile="staging", orphans=many, wall=NOON))
        await dashboard.press("*", "d")
        assert "▲ delete 40 rooms?" in dashboard.text
        assert dashboard.text.count("cuts 1 participant, 2 h old") == 5
        assert "and 35 more                   2 of them touch others too" in dashboard.text
        await dashboard.press("y")
        assert len(dashboard.engine.asked(DeleteOrphans)[0].orphans) == 40


async def test_an_agent_that_may_come_into_anothers_room_is_looked_for_once_more(
    dashboard: Dashboard,
) -> None:
    gone = msgspec.structs.replace(
        item("AD_x8Kq2LmN4cTz", ItemState.LAST_LOOK, age_s=30),
        next_try_at=NOON + 45,
        gone_at=NOON - 15,
        expected=("agent-AJ_1",),
    )
    async with dashboard.running((80, 24)):
        await dashboard.press("4")
        await dashboard.hear(CleanupChanged(items=(gone,)))
        told = " ".join(dashboard.text.split())
        assert "its agent may still be on its way, into a room that is not ours" in told
        await dashboard.press("f")
        assert "is gone; an agent that comes late would not be seen" in dashboard.text


async def test_orphans_that_cannot_be_looked_for_say_why(dashboard: Dashboard) -> None:
    refused = problem(ProblemCode.AUTH_FAILED)
    async with dashboard.running((80, 24)):
        await dashboard.press("4", "o")
        await dashboard.hear(OrphansFound(profile="staging", problem=refused))
        assert refused.summary in dashboard.text
