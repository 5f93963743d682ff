"""Past sessions: the list, and one of them in Live as it was."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from lktui.core.commands import ForgetSessions, Note
from lktui.core.events import (
    Noted,
    SegmentUpdated,
    SessionsForgotten,
)
from lktui.screens.past.rows import in_five_cells
from lktui.session.archive import MAX_OPENED, SLICE_EVENTS
from tests.support.dashboard import Dashboard
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import Talk, order

SIZES = [(80, 24), (120, 40)]
ORDER = Conversation("7f3a02", age_s=7000)
FAILED = Conversation("91bc4e", "support", profile="nightly", age_s=3000)


async def listed(dashboard: Dashboard) -> None:
    """Write two sessions and open the list of them."""
    write_record(dashboard.paths, *order(ORDER), ORDER.ended(140))
    write_record(dashboard.paths, *FAILED.not_taken(), FAILED.ended(20))
    await dashboard.press("2", "H")


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_session_comes_first_with_how_it_went(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await listed(dashboard)
        first, second = dashboard.lines[2], dashboard.lines[3]
        assert "✗ no worker took it" in first
        assert "20 s" in first
        assert "nightly" in first
        assert "○ ended" in second
        assert "2 min" in second
        assert " 10 " in second
        assert "── past sessions ──" in dashboard.lines[0]
        assert "2 sessions" in dashboard.lines[0]
        assert dashboard.footer.startswith("enter Open  e Export  / Filter  y Copy  d Delete")


@pytest.mark.parametrize(
    ("count", "written"), [(0, "0"), (99_999, "99999"), (100_000, "100k"), (1_234_567, "1234k")]
)
def test_any_number_of_turns_fits_its_column(count: int, written: str) -> None:
    assert in_five_cells(count) == written


async def test_what_is_known_of_a_session_stands_below_the_list(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        assert "Agent not dispatched: no worker took it" in dashboard.text
        await dashboard.press("j")
        assert "checkout" in dashboard.text


async def test_without_a_record_the_page_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("2", "H")
        assert "No session yet." in dashboard.text
        await dashboard.press("enter")
        assert "not now: there is no row" in dashboard.status
        await dashboard.press("H")
        assert "2 Rooms" in dashboard.text


@pytest.mark.parametrize("size", SIZES)
async def test_one_of_them_opens_in_live_with_every_line(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await listed(dashboard)
        await dashboard.press("j", "enter")
        assert "What would Friday cost?" in dashboard.text
        assert "── over ──" in dashboard.text
        assert dashboard.status.startswith("10 turns")
        assert "over: s starts a new one" in dashboard.text
        past = dashboard.controller.transcript(ORDER.id)
        said = [event.text for event in order(ORDER) if isinstance(event, SegmentUpdated)]
        assert [row.text for row in past if row.role is not None] == said[:-1]
        assert len(dashboard.controller.sessions) == 0


async def test_a_filter_finds_by_profile_outcome_and_id(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("/", *"nightly", "enter")
        assert "1 of 2 sessions" in dashboard.status
        await dashboard.press("escape", "/", *str(ORDER.id), "enter")
        assert "1 of 2 sessions" in dashboard.status
        await dashboard.press("escape")
        assert dashboard.status.startswith("2 sessions")


async def test_deleting_asks_and_the_engine_does_it(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("d", "enter")
        assert not dashboard.engine.asked(ForgetSessions)
        await dashboard.press("d", "y")
        assert dashboard.engine.asked(ForgetSessions) == [ForgetSessions(ids=(FAILED.id,))]
        await dashboard.hear(SessionsForgotten(ids=(), kept=(FAILED.id,), asked=True))
        assert "1 kept" in dashboard.status


async def test_a_past_session_is_exported_from_the_list(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await listed(dashboard)
        await dashboard.press("j", "e")
        assert "bug report" not in dashboard.status
        assert "write Markdown, for people" in dashboard.text
        await dashboard.press("m")
        (file,) = dashboard.paths.exports_dir.iterdir()
        assert "What would Friday cost?" in file.read_text()
        assert dashboard.status.endswith(file.name) or str(file)[:20] in dashboard.status


async def test_a_note_on_a_past_session_is_asked_for_and_shown(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("j", "enter", "m")
        assert "── note on 2:13 you: What would Friday cost? ──" in dashboard.text
        await dashboard.press(*"good", "enter")
        about = ORDER.at + 133
        assert dashboard.engine.asked(Note) == [Note(session=ORDER.id, about=about, text="good")]
        await dashboard.hear(Noted(session=ORDER.id, about=about, text="good"))
        assert "note      good" in dashboard.text
        assert "hit" not in dashboard.status
        assert "PAUSED" not in dashboard.text
        await dashboard.press("m")
        assert "good" in dashboard.lines[-2]


@pytest.mark.parametrize("size", SIZES)
async def test_sessions_are_sorted_by_what_was_asked_for(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await listed(dashboard)
        await dashboard.press("o")
        assert "by when" in dashboard.status
        assert "✗ no worker took it" in dashboard.lines[3]
        await dashboard.press("o")
        assert "by outcome" in dashboard.status
        assert "○ ended" in dashboard.lines[2]
        await dashboard.press("O")
        assert "by outcome, reversed" in dashboard.status
        assert "✗ no worker took it" in dashboard.lines[2]


async def test_a_session_without_turns_is_last_however_they_are_sorted(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press(*"ooooo")
        assert "by turns" in dashboard.status
        assert "✗ no worker took it" in dashboard.lines[3]
        await dashboard.press("O")
        assert "✗ no worker took it" in dashboard.lines[3]


@pytest.mark.parametrize("size", SIZES)
async def test_marked_sessions_are_deleted_together_after_one_question(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await listed(dashboard)
        await dashboard.press("*")
        assert "◆ 2 marked of 2 sessions" in dashboard.status
        assert dashboard.footer.startswith("e Export 2 marked  d Delete 2 marked  esc Unmark")
        await dashboard.press("d")
        assert "delete the records of 2 marked sessions?" in dashboard.text
        await dashboard.press("y")
        assert dashboard.engine.asked(ForgetSessions) == [ForgetSessions(ids=(FAILED.id, ORDER.id))]
        assert "marked" not in dashboard.status


async def test_escape_unmarks_before_it_closes(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("space", "v", "escape")
        assert dashboard.status.startswith("2 sessions")
        assert "past sessions" in dashboard.text
        await dashboard.press("escape")
        assert "past sessions" not in dashboard.lines[0]


async def test_marked_sessions_are_exported_a_file_each(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await listed(dashboard)
        await dashboard.press("*", "e")
        assert "2 marked sessions" in dashboard.text
        await dashboard.press("m")
        texts = [file.read_text() for file in dashboard.paths.exports_dir.iterdir()]
        assert len(texts) == 2
        assert sum("What would Friday cost?" in text for text in texts) == 1
        assert "wrote 2 files to" in dashboard.status


@asynccontextmanager
async def held_export(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[asyncio.Event]:
    """Write a long session and stop between two slices until the event is set."""
    goes_on = asyncio.Event()

    async def held(_seconds: float) -> None:
        await goes_on.wait()

    async with dashboard.running((80, 24)):
        talk = Talk(ORDER)
        lines = [talk.line(n / 10, "checkout", f"line {n}") for n in range(2 * SLICE_EVENTS)]
        write_record(dashboard.paths, *ORDER.ready(), *lines, ORDER.ended(900))
        await dashboard.press("2", "H", "e")
        monkeypatch.setattr(dashboard.clock, "sleep", held)
        await dashboard.pilot.press("m")
        await dashboard.pilot.pause()
        yield goes_on


async def test_an_export_that_takes_long_says_how_far_it_is_while_keys_are_answered(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with held_export(dashboard, monkeypatch) as goes_on:
        assert re.search(r"◐ writing \S+, 2\d %  esc stops$", dashboard.status)
        await dashboard.pilot.press("/", *"staging", "enter")
        assert "1 of 1 session" in dashboard.status
        await dashboard.pilot.press("e", "m")
        assert "not now: an export is under way" in dashboard.status
        goes_on.set()
        await dashboard.settled()
        await dashboard.press("down")
        assert "wrote" in dashboard.status
        await dashboard.press("escape", "escape", "escape")
        assert "wrote" not in dashboard.status
        (file,) = dashboard.paths.exports_dir.iterdir()
        assert f"line {2 * SLICE_EVENTS - 1}\n" in file.read_text()


async def test_an_export_is_stopped_and_leaves_nothing(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with held_export(dashboard, monkeypatch) as goes_on:
        await dashboard.pilot.press("escape")
        await dashboard.settled()
        assert "stopped: nothing was written" in dashboard.status
        assert "── past sessions ──" in dashboard.lines[0]
        assert not dashboard.controller.exports.is_busy
        goes_on.set()
        await dashboard.press("e", "m")
        assert len(list(dashboard.paths.exports_dir.iterdir())) == 1


async def test_events_without_texts_are_said_to_be_without(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        events = order(ORDER)
        kept = [event for event in events if not isinstance(event, SegmentUpdated)]
        write_record(dashboard.paths, *kept, ORDER.ended(140))
        await dashboard.hear(*events, ORDER.ended(140))
        dashboard.controller.focus = ORDER.id
        await dashboard.press("3", "e", "j")
        assert "texts are kept out of the record: wrote" in dashboard.status
        await dashboard.press("e", "m")
        assert "texts are kept out" not in dashboard.status


async def test_quitting_stops_an_export(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with held_export(dashboard, monkeypatch):
        await dashboard.controller.stop(0.0)
        assert not dashboard.controller.exports.is_busy
        assert not list(dashboard.paths.exports_dir.glob("*"))


async def test_exporting_leaves_the_session_that_is_shown_as_it_is(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await listed(dashboard)
        await dashboard.press("j", "enter", "H")
        for number in range(MAX_OPENED):
            other = Conversation(f"{number:06}", age_s=9000 + number)
            write_record(dashboard.paths, *other.not_taken(), other.ended(20))
        await dashboard.press("escape", "H", "*", "e", "j", "escape")
        assert len(list(dashboard.paths.exports_dir.iterdir())) == MAX_OPENED + 2
        await dashboard.press("H")
        assert "What would Friday cost?" in dashboard.text


async def test_a_filter_finds_by_agent_inverts_and_says_what_is_no_regex(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("/", *"support", "enter")
        assert "1 of 2 sessions" in dashboard.status
        await dashboard.press("escape", "/", *"!support", "enter")
        assert "1 of 2 sessions" in dashboard.status
        assert "What" not in dashboard.lines[2]
        await dashboard.press("escape", "/", *"~(", "enter")
        assert "no valid regex" in dashboard.text


async def test_all_rows_in_view_are_copied_with_their_ids(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await listed(dashboard)
        await dashboard.press("Y")
        assert ORDER.id in dashboard.app.clipboard
        assert FAILED.id in dashboard.app.clipboard


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_has_a_help_of_its_own(dashboard: Dashboard, size: tuple[int, int]) -> None:
    async with dashboard.running(size):
        await listed(dashboard)
        assert dashboard.footer.endswith("? Help")
        await dashboard.press("?")
        assert "sort by the next column" in dashboard.text
        await dashboard.press("/", *"reverse", "enter", "enter")
        assert "reversed" in dashboard.status
