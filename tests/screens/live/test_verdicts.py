"""Live: while nobody has said anything, the story of the session and what went wrong."""

from __future__ import annotations

import pytest

from lktui.core.commands import EndSession, Retry, StartSession
from lktui.core.events import AttemptBegan, Phase, PhaseEntered, RetryStep
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk, order

CALL = Conversation("91bc4e", age_s=20)


async def failed(dashboard: Dashboard) -> None:
    """Go to Live with a conversation whose agent never came."""
    dashboard.controller.focus = CALL.id
    await dashboard.press("3")
    await dashboard.hear(*CALL.not_taken())


async def test_without_a_conversation_it_says_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.press("3")
        assert "No conversation." in dashboard.text
        assert "s  start one" in dashboard.text
        assert dashboard.footer.split("  ")[:2] == ["s Start", "H Past"]
        assert "Search" not in dashboard.footer
        await dashboard.press("r")
        assert dashboard.status.endswith("not now: there is no conversation")
        await dashboard.press("s")
        assert len(dashboard.engine.asked(StartSession)) == 1
        assert "◐ starting" in dashboard.lines[1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_failure_shows_its_story_and_verdict_in_the_place_of_the_conversation(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await failed(dashboard)
        text = dashboard.text
    assert "  0.00 room      created" in text
    assert "  5.65 verdict   ✗ no worker took it" in text
    assert "── not ready ──" in text
    assert "\n ✗ Agent not dispatched: no worker took it" in text
    assert "\n seen   no job listed at" in text
    assert "\n cause  Agent offline:" in text
    assert "\n do     Check agent is deployed" in text
    assert "nobody is speaking" not in text
    assert "✗ no worker took it  checkout  preclinical-tes" in text
    assert "attempt 1 since 12:01" in text


async def test_a_failure_puts_retry_first_and_counts_the_attempts(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await failed(dashboard)
        assert dashboard.footer.startswith("r Retry  enter Type  x End")
        assert dashboard.status.startswith("1 attempt  ✗ 1 failed")


async def test_r_retries_and_the_rule_tells_its_steps(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await failed(dashboard)
        await dashboard.press("r")
        assert dashboard.engine.asked(Retry) == [Retry(session=CALL.id, replace_live=False)]
        at = CALL.at + 8
        await dashboard.hear(
            PhaseEntered(session=CALL.id, at=at, phase=Phase.RETRYING),
            RetryStep(session=CALL.id, at=at, attempt=2, number=3, text="old agent leaves"),
        )
        assert "── not ready  retry 2, step 3 of 4: old agent leaves ──" in dashboard.text
        assert "8.00 retry 2   old agent leaves" in dashboard.text
        assert "\n cause " not in dashboard.text
        await dashboard.press("r")
        assert "already retrying" in dashboard.status
        assert len(dashboard.engine.asked(Retry)) == 1
        await dashboard.hear(
            AttemptBegan(session=CALL.id, at=at + 1, attempt=2),
            PhaseEntered(session=CALL.id, at=at + 1, phase=Phase.WAITING),
        )
        left_s = at + 1 + 15 - dashboard.clock.monotonic()
        assert f"── not ready  a verdict in {left_s:.0f} s at most ──" in dashboard.text
        assert dashboard.lines[1].endswith("attempt 2 since 12:01")


async def test_an_agent_that_answers_is_replaced_only_after_a_question(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*order(CALL))
        await dashboard.press("r")
        assert not dashboard.engine.asked(Retry)
        await dashboard.press("y")
        assert dashboard.engine.asked(Retry) == [Retry(session=CALL.id, replace_live=True)]


async def test_a_verdict_that_one_sees_needs_nobody_any_more(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await dashboard.hear(*CALL.not_taken())
        assert "2 Rooms !1" in dashboard.lines[0]
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        assert "!1" not in dashboard.lines[0]


async def test_x_gives_up(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await failed(dashboard)
        await dashboard.press("x")
        assert dashboard.engine.asked(EndSession) == [EndSession(session=CALL.id)]


async def test_a_small_screen_keeps_headline_and_what_to_do(dashboard: Dashboard) -> None:
    async with dashboard.running((60, 15)):
        await failed(dashboard)
        text = dashboard.text
    assert "\n ✗ Agent not dispatched: no worker took it" in text
    assert "\n do     Check agent is deployed" in text
    assert "\n cause " not in text
    assert " verdict   ✗ no worker took it" in text
    assert "› enter to type; a line waits here" in text


async def test_the_panel_tells_of_agent_times_beginning_and_end(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*order(CALL))
        panel = "\n".join(line[82:] for line in dashboard.lines[2:38])
        assert "state    ● speaking since 0:00" in panel
        assert "identity agent-AJ_9QmZr4cT" in panel
        assert "session  yes, pong 12 ms" in panel
        assert "── reply times ───────── 4 replies ──" in panel
        assert "slowest  ▲ 6.40 s at 1:56" in panel
        assert "each     ▂▂█▂  0 to 6.40 s" in panel
        assert "0.149   dispatch sent            4 ms" in panel
        assert "cleanup  delete dispatch, room" in panel


async def test_p_hides_the_panel_and_brings_it_back(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await failed(dashboard)
        await dashboard.press("p")
        assert "── agent ──" not in dashboard.text
        await dashboard.press("p")
        assert "── agent ──" in dashboard.text


async def test_a_narrow_screen_has_no_panel_and_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await failed(dashboard)
        await dashboard.press("p")
        assert dashboard.status.endswith("not now: the panel needs 120 columns")


async def test_the_story_is_told_once_beside_the_panel(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await failed(dashboard)
        assert "how it began" not in dashboard.text
        await dashboard.hear(Talk(CALL).line(7, "checkout", "Hello"))
        assert "how it began" in dashboard.text
        assert "room      created" not in dashboard.text
