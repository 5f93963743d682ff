"""Live: the end stays in view, or the view stays where it is."""

from __future__ import annotations

import pytest

from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk

CALL = Conversation("7f3a02", age_s=130)


async def talked(dashboard: Dashboard, lines: int) -> Talk:
    """Go to Live with a conversation of so many lines."""
    dashboard.controller.focus = CALL.id
    await dashboard.press("3")
    talk = Talk(CALL)
    said = [talk.line(2 + n, "checkout", f"line {n}") for n in range(lines)]
    await dashboard.hear(*CALL.ready(), *said)
    return talk


@pytest.mark.parametrize("key", ["k", "up", "pageup", "g", "home", "ctrl+u"])
async def test_any_move_up_pauses_and_what_is_new_is_counted(
    dashboard: Dashboard, key: str
) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, 60)
        await dashboard.press(key)
        assert "── PAUSED  end follows ──" in dashboard.text
        place = dashboard.lines[2:18]
        await dashboard.hear(*(talk.line(99 + n, "checkout", f"new {n}") for n in range(12)))
        assert "── PAUSED  +12 new  end follows ──" in dashboard.text
        assert dashboard.lines[2:18] == place


@pytest.mark.parametrize("key", ["f", "end", "G"])
async def test_the_end_is_followed_again(dashboard: Dashboard, key: str) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, 60)
        await dashboard.press("g")
        await dashboard.hear(talk.line(99, "checkout", "the newest"))
        await dashboard.press(key)
        assert "── following ──" in dashboard.text
        assert dashboard.lines[17].endswith("the newest")


async def test_while_one_types_the_pages_turn_all_the_same(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, 60)
        await dashboard.press("enter", *"draft", "pageup")
        assert "PAUSED" in dashboard.text
        assert "› draft" in dashboard.text
        await dashboard.press("pagedown")
        assert "line 59" in dashboard.text


async def test_end_at_the_end_of_what_is_typed_follows_again(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, 60)
        await dashboard.press("enter", *"draft", "pageup", "left", "end")
        assert "PAUSED" in dashboard.text
        await dashboard.press("end")
        assert "── following ──" in dashboard.text
        assert "› draft" in dashboard.text


async def test_what_comes_where_one_looks_is_not_counted_as_new(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, 60)
        await dashboard.press("k", "k")
        await dashboard.hear(talk.line(50.5, "checkout", "in view"))
        assert "── PAUSED  end follows ──" in dashboard.text
        await dashboard.hear(talk.line(99, "checkout", "below"))
        assert "── PAUSED  +1 new  end follows ──" in dashboard.text


async def test_another_conversation_is_shown_at_its_end(dashboard: Dashboard) -> None:
    other = Conversation("91bc4e", age_s=20)
    async with dashboard.running((80, 24)):
        await talked(dashboard, 60)
        await dashboard.hear(*other.ready(), Talk(other).line(3, "checkout", "the other one"))
        await dashboard.press("g", "enter", *"draft", "escape", "c")
        assert "the other one" in dashboard.text
        assert "── following ──" in dashboard.text
        assert "draft" not in dashboard.text
        await dashboard.press("C")
        assert "line 59" in dashboard.text
        assert "› draft" in dashboard.text
