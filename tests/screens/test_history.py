"""`@`: what lktui did, with the command that does the same."""

from __future__ import annotations

import msgspec

from lktui.core.events import AnyEvent, ApiCalled, DispatchSent
from lktui.core.problems import ProblemCode, problem
from tests.support.dashboard import Dashboard
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation


def called(call: str, room: str = "", subject: str = "", answer: str = "ok") -> ApiCalled:
    return ApiCalled(
        wall=NOON,
        call=call,
        profile="staging",
        room=room,
        subject=subject,
        took_ms=4.0,
        answer=answer,
        raw=f"raw: {answer}",
    )


async def test_nothing_done_yet_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("@")
        assert "Nothing done yet." in dashboard.text
        assert dashboard.status.endswith("secrets are never written here")


async def test_a_call_has_time_duration_result_and_its_command(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(called("create_dispatch", "call-5521", "echo", "AD_1"))
        await dashboard.press("@")
        assert "▌ 12:02:00 ● create_dispatch call-5521 echo" in dashboard.text
        assert "4 ms  AD_1" in dashboard.text
        assert "lktui --profile staging dispatch call-5521 echo --json" in dashboard.text
        await dashboard.press("y")
        assert dashboard.app.clipboard == "lktui --profile staging dispatch call-5521 echo --json"


async def test_a_dispatch_tells_what_became_of_it(dashboard: Dashboard) -> None:
    call = Conversation("91bc4e")
    events: list[AnyEvent] = []
    for event in call.not_taken():
        if isinstance(event, DispatchSent):
            events.append(msgspec.structs.replace(event, dispatch_id="AD_1"))
        else:
            events.append(event)
    async with dashboard.running((80, 24)):
        await dashboard.hear(*events, called("create_dispatch", "r", "checkout", "AD_1"))
        await dashboard.press("@")
        assert "✗ create_dispatch r checkout" in dashboard.text
        assert "meaning  ✗ no worker took it" in dashboard.text


async def test_a_failure_says_what_the_server_said(dashboard: Dashboard) -> None:
    refused = problem(ProblemCode.AUTH_FAILED, detail="401 from the host")
    failed = msgspec.structs.replace(
        called("delete_room", "r", answer=refused.summary), problem=refused
    )
    async with dashboard.running((120, 40)):
        await dashboard.hear(failed)
        await dashboard.press("@")
        assert "✗  delete_room r" in dashboard.text
        assert "Auth failed" in dashboard.text


async def test_repeated_reads_are_one_entry(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*[called("list_rooms", answer="2 rooms")] * 5)
        await dashboard.press("@")
        assert "list_rooms  ×5" in dashboard.text
        assert dashboard.status.startswith("1 entry")


async def test_messages_and_keys_are_there_too(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*Conversation("91bc4e").not_taken())
        await dashboard.press("2", "r", "@")
        assert "· you pressed r on preclinical-test-k7" in dashboard.text
        dashboard.controller.notice("copied")
        await dashboard.settled()
        assert "· copied" in dashboard.text


async def test_enter_shows_the_raw_answer_and_esc_goes_back(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(called("create_room", "r", answer="RM_1"))
        await dashboard.press("@", "enter")
        assert "raw      raw: RM_1" in dashboard.text
        await dashboard.press("escape")
        assert "same as  lktui probe staging --json" in dashboard.text
        await dashboard.press("escape")
        assert "what lktui did" not in dashboard.text


async def test_it_is_filtered_like_every_list(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(called("create_room", "r"), called("delete_room", "s"))
        await dashboard.press("@", "slash", *"delete", "enter")
        assert dashboard.status.startswith("1 of 2 entries")
        assert "create_room" not in dashboard.text


async def test_the_cursor_stays_on_its_entry_when_others_come(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(called("create_room", "first"))
        await dashboard.press("@")
        await dashboard.hear(called("create_room", "second"))
        assert "first" in next(row for row in dashboard.lines if row.startswith("▌"))
        assert "second" in dashboard.lines[1]


async def test_more_entries_than_terminals_take_become_a_file(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        calls = [called("create_room", f"{number:04}" + "r" * 150) for number in range(600)]
        await dashboard.hear(*calls)
        await dashboard.press("@", "Y")
        assert dashboard.app.clipboard == ""
        assert "more than terminals take: wrote " in dashboard.status
        (file,) = dashboard.paths.exports_dir.iterdir()
        assert len(file.read_text().splitlines()) == 600
