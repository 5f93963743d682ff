"""Live: what the agent's session tells stands between the lines, and in numbers beside them."""

from __future__ import annotations

from lktui.core.agent_events import AgentHandedOff, ToolState, ToolUpdated, UsageCounted
from lktui.core.events import Noted
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk

CALL = Conversation("7f3a02", age_s=130)
AGENT = "agent-AJ_9QmZr4cT"


def tool(state: ToolState, after_s: float, **known: object) -> ToolUpdated:
    return ToolUpdated(
        session=CALL.id,
        at=CALL.at + after_s,
        key=f"{AGENT}:call {after_s}",
        identity=AGENT,
        name="find_order",
        arguments='{"order":"A-1009"}',
        state=state,
        began_at=CALL.at + after_s,
        **known,  # type: ignore[arg-type]  # fields of its own
    )


async def talked(dashboard: Dashboard) -> Talk:
    dashboard.controller.focus = CALL.id
    await dashboard.press("3")
    talk = Talk(CALL)
    await dashboard.hear(*CALL.ready(), talk.line(2, "checkout", "Hello"))
    return talk


async def test_tool_calls_are_quiet_lines_and_counted(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard)
        await dashboard.hear(
            tool(ToolState.DONE, 10, output="2 items", took_s=0.212),
            tool(ToolState.FAILED, 11, output="TimeoutError: 5 s", took_s=5.0),
        )
        done, failed = (line for line in dashboard.lines if "find_order" in line)
        assert done.startswith('  0:10 tool      find_order(order="A-1009") → 2 items')
        assert done.endswith("212ms")
        assert "✗ TimeoutError: 5 s" in failed
        assert dashboard.status.startswith("1 turn  2 tools  ✗ 1 failed")


async def test_a_tool_call_from_before_we_came_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard)
        await dashboard.hear(tool(ToolState.DONE, 10, output="2 items", remembered=True))
        (line,) = (line for line in dashboard.lines if "find_order" in line)
        assert line.endswith("2 items  earlier")


async def test_the_panel_tells_model_tokens_and_who_spoke_before(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        await talked(dashboard)
        await dashboard.hear(
            AgentHandedOff(
                session=CALL.id,
                at=CALL.at + 126,
                key="h",
                identity=AGENT,
                old="checkout",
                new="support",
                began_at=CALL.at + 126,
            ),
            UsageCounted(
                session=CALL.id,
                identity=AGENT,
                provider="openai",
                model="gpt-4.1-mini",
                input_tokens=3812,
                output_tokens=640,
            ),
        )
        assert "handoff   checkout → support" in dashboard.text
        assert "before   checkout, until 2:06" in dashboard.text
        assert "model    gpt-4.1-mini · openai" in dashboard.text
        assert "tokens   3 812 in, 640 out" in dashboard.text


async def test_a_long_note_wraps_below_its_turn(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard)
        words = " ".join(["word"] * 20)
        await dashboard.hear(Noted(session=CALL.id, about=CALL.at + 2, text=words))
        place = next(y for y, line in enumerate(dashboard.lines) if "Hello" in line)
        first, second = dashboard.lines[place + 1 : place + 3]
        assert first.startswith("  0:02 note      word word")
        assert second.strip().startswith("word")


async def test_only_tools_are_shown_by_their_kind(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard)
        await dashboard.hear(tool(ToolState.DONE, 10, output="2 items"))
        await dashboard.press(":", *"filter", "enter", *"tool", "enter")
        assert "find_order" in dashboard.text
        assert "Hello" not in dashboard.text
