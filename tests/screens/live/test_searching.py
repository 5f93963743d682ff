"""Live: a text is found as it is typed, and from hit to hit."""

from __future__ import annotations

import pytest

from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk

CALL = Conversation("7f3a02", age_s=900)
SIZES = [(80, 24), (120, 40)]
BAR = "▌"


async def talked(dashboard: Dashboard, *texts: str) -> Talk:
    """Go to Live with these lines, every second one said by ourselves."""
    dashboard.controller.focus = CALL.id
    await dashboard.press("3")
    talk = Talk(CALL)
    said = [talk.line(2 + n, "you" if n % 2 else "checkout", text) for n, text in enumerate(texts)]
    await dashboard.hear(*CALL.ready(), *said)
    return talk


def long_talk() -> list[str]:
    """Make 200 lines, of which 10, 20 and so on are about a grinder."""
    return [f"line {n}, the grinder" if n % 10 == 0 else f"line {n}" for n in range(200)]


def bar_on(dashboard: Dashboard, text: str) -> bool:
    return any(line.startswith(BAR) and text in line for line in dashboard.lines)


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_found_as_it_is_typed(dashboard: Dashboard, size: tuple[int, int]) -> None:
    async with dashboard.running(size):
        await talked(dashboard, *long_talk())
        await dashboard.press("/", *"grinder")
        assert dashboard.lines[-2].startswith(" / grinder")
        assert dashboard.lines[-2].endswith("of 20 hits")
        assert bar_on(dashboard, "the grinder")
        await dashboard.press("enter")
        assert dashboard.status.startswith("/grinder  ")
        assert dashboard.status.endswith("esc clears")


async def test_n_and_capital_n_go_from_hit_to_hit_and_round(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, *long_talk())
        await dashboard.press("/", *"line 19", "enter")
        assert "of 11 hits" in dashboard.status
        assert dashboard.footer.startswith("n Next  N Previous")
        await dashboard.press("N")
        await dashboard.press("n", "n")
        first = dashboard.status
        for _ in range(11):
            await dashboard.press("n")
        assert dashboard.status == first


async def test_a_hit_out_of_view_is_brought_into_its_middle(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, *long_talk())
        await dashboard.press("/", *"line 70,", "enter")
        row = next(y for y, line in enumerate(dashboard.lines) if "line 70, the" in line)
        assert 6 <= row <= 12
        assert "PAUSED" in dashboard.text


async def test_hits_have_a_ground_and_the_one_that_one_is_at_another(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, "one bean", "two", "three beans")
        await dashboard.press("/", *"bean", "enter")
        at, other = dashboard.style_at("bean"), dashboard.style_at("beans")
        assert at.bgcolor != other.bgcolor
        assert other.bgcolor != dashboard.style_at("two").bgcolor
        await dashboard.press("n")
        assert dashboard.style_at("beans").bgcolor == at.bgcolor


async def test_a_hit_that_wraps_is_marked_on_both_lines(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, "x" * 50 + " small grinder")
        await dashboard.press("/", *"SMALL GRINDER".lower(), "enter")
        assert "1 of 1 hit" in dashboard.status
        await dashboard.hear()
        assert dashboard.style_at("small").bgcolor == dashboard.style_at("grinder").bgcolor


async def test_escape_while_typing_goes_back_to_where_one_was(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, *long_talk())
        await dashboard.press("/", *"line 70,", "escape")
        assert "── following ──" in dashboard.text
        assert "line 199" in dashboard.text
        assert dashboard.status.startswith("200 turns")


async def test_what_is_not_found_brings_one_back(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, *long_talk())
        await dashboard.press("g", "pagedown")
        place = dashboard.lines[2:18]
        await dashboard.press("/", *"line 199")
        assert dashboard.lines[2:18] != place
        await dashboard.press("9")
        assert dashboard.lines[2:18] == place
        await dashboard.press("backspace", "escape")
        assert dashboard.lines[2:18] == place


async def test_escape_ends_the_search_and_the_view_stays(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, *long_talk())
        await dashboard.press("/", *"line 70,", "enter")
        place = [line[1:] for line in dashboard.lines[2:18]]
        await dashboard.press("escape")
        assert [line[1:] for line in dashboard.lines[2:18]] == place
        assert "hit" not in dashboard.status


async def test_a_search_without_a_hit_says_so_and_moves_nothing(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, *long_talk())
        await dashboard.press("/", *"espresso", "enter")
        assert "no hit" in dashboard.status
        assert "── following ──" in dashboard.text
        await dashboard.hear(talk.line(500, "checkout", "Espresso?"))
        assert "1 of 1 hit" in dashboard.status
        assert "── following ──" in dashboard.text


async def test_a_broken_expression_is_searched_for_as_text_and_said(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, "a (b", "c")
        await dashboard.press("/", *"~(b", "enter")
        assert "1 of 1 hit" in dashboard.status
        assert "▲ no valid regex" in dashboard.status


async def test_new_lines_are_searched_too_and_the_view_stays(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, *long_talk())
        await dashboard.press("/", *"line 70,", "enter")
        place = dashboard.lines[2:18]
        await dashboard.hear(talk.line(500, "checkout", "again line 70, please"))
        assert "1 of 2 hits" in dashboard.status
        assert dashboard.lines[2:18] == place
        assert "+1 new" in dashboard.text


async def test_another_conversation_is_shown_without_the_search(dashboard: Dashboard) -> None:
    other = Conversation("91bc4e", age_s=20)
    async with dashboard.running((80, 24)):
        await talked(dashboard, "a bean")
        await dashboard.hear(*other.ready(), Talk(other).line(3, "checkout", "another bean"))
        await dashboard.press("/", *"bean", "enter", "c")
        assert "another bean" in dashboard.text
        assert "hit" not in dashboard.status


async def test_only_a_speaker_is_shown_and_escape_shows_all(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await talked(dashboard, "from the agent", "from me")
        await dashboard.press(":", *"filter", "enter", *"you")
        assert "from me" in dashboard.text
        assert "from the agent" not in dashboard.text
        await dashboard.press("enter", "Y")
        assert "from the agent" in dashboard.app.clipboard
        assert dashboard.status.startswith("only you  1 row")
        await dashboard.hear(
            talk.line(100, "you", "me again"), talk.line(101, "checkout", "the agent again")
        )
        assert "me again" in dashboard.text
        assert "the agent again" not in dashboard.text
        await dashboard.press("escape")
        assert "the agent again" in dashboard.text


async def test_the_turn_at_hand_goes_from_line_to_line(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talked(dashboard, "first", "second", "third")
        await dashboard.press("[")
        assert bar_on(dashboard, "second")
        await dashboard.press("[", "[")
        assert bar_on(dashboard, "first")
        await dashboard.press("]")
        assert bar_on(dashboard, "second")
        await dashboard.press("y")
        assert dashboard.app.clipboard == "second"
        await dashboard.press("end")
        assert BAR not in "".join(line[0] for line in dashboard.lines[2:18] if line)


@pytest.mark.parametrize("size", SIZES)
async def test_the_filter_offers_who_spoke_and_what_happened(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        await talked(dashboard, "from the agent", "from me")
        await dashboard.press(":", *"filter", "enter")
        assert dashboard.lines[-2].rstrip() == " only checkout  you"
