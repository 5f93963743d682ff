"""Live: a conversation is read as it is spoken, and what is typed goes out."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from lktui.core.commands import EndSession, Say, StartSession
from lktui.core.events import EngineFaulted, LinkState, Mark, Phase, PhaseEntered
from lktui.core.problems import ProblemCode, problem
from lktui.session.controller import MAX_LINE_CHARS
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk, order

SIZES = [(80, 24), (120, 40)]
CALL = Conversation("7f3a02", age_s=130)
STREAMED = "It will come on Friday between ten and noon"


async def opened(dashboard: Dashboard, call: Conversation = CALL) -> Talk:
    """Go to Live with a conversation that is ready."""
    dashboard.controller.focus = call.id
    await dashboard.press("3")
    await dashboard.hear(*call.ready())
    return Talk(call)


def place_of(dashboard: Dashboard, text: str) -> int:
    """Give the row of the screen that has a text."""
    return next(row for row, line in enumerate(dashboard.lines) if text in line)


@pytest.mark.parametrize("size", SIZES)
async def test_a_reply_is_seen_as_it_is_spoken_and_then_stands_once(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        talk = await opened(dashboard)
        await dashboard.hear(talk.line(10, "you", "When will it come?"))
        await dashboard.hear(talk.line(10.71, "checkout", "It will", key="r", final=False))
        assert "   now checkout  It will" in dashboard.text
        await dashboard.hear(talk.line(10.71, "checkout", STREAMED, key="r", final=False))
        rule = place_of(dashboard, "── following ──")
        assert place_of(dashboard, STREAMED) == rule + 1
        await dashboard.hear(talk.line(10.71, "checkout", STREAMED, key="r"))
        assert dashboard.text.count(STREAMED) == 1
        assert place_of(dashboard, STREAMED) == place_of(dashboard, "── following ──") - 1
        assert "nobody is speaking" in dashboard.text


@pytest.mark.parametrize("size", SIZES)
async def test_how_fast_the_agent_answers_stands_beside_the_reply_and_in_the_status_line(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard.running(size):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*order(CALL))
        (reply,) = [line for line in dashboard.lines if "give me the order number" in line]
        assert "0.71s" in reply
        (slow,) = [line for line in dashboard.lines if "delivery calendar" in line]
        assert "▲6.40s" in slow
        assert dashboard.status.startswith("10 turns")
        assert dashboard.status.endswith("reply 1.11 s median  ▲ 6.40 s slowest")


async def test_two_speakers_have_a_row_each(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        await dashboard.hear(
            talk.line(3, "checkout", "I was just going to", final=False),
            talk.line(4, "support", "Let me take this one", final=False),
        )
        row = place_of(dashboard, "── following")
        assert dashboard.lines[row + 1] == "   now checkout  I was just going to"
        assert dashboard.lines[row + 2] == "       support   Let me take this one"


async def test_of_a_long_reply_the_tail_is_shown(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        words = " ".join(f"word{n}" for n in range(60))
        await dashboard.hear(talk.line(3, "checkout", words, final=False))
        row = place_of(dashboard, "── following")
        assert dashboard.lines[row + 1].startswith("   now checkout  word")
        assert dashboard.lines[row + 2].endswith("word59")


async def test_later_events_stand_between_the_lines_and_the_beginning_does_not(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        assert "room      created" in dashboard.text
        await dashboard.hear(
            talk.line(2, "checkout", "Hello"),
            talk.link(3, LinkState.RECONNECTING),
            talk.link(5, LinkState.CONNECTED),
            talk.line(6, "checkout", "Are you there?"),
        )
        shown = dashboard.lines[2 : place_of(dashboard, "── following")]
        assert [line.split("  ", 1)[1].strip() for line in shown if line] == [
            "0:02 checkout  Hello",
            "╌╌ gap 2.00 s, 0:03 to 0:05: reconnected; lines may be missing ╌╌╌╌╌╌╌╌",
            "0:06 checkout  Are you there?",
        ]


async def test_enter_types_enter_sends_and_escape_gives_the_keys_back(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        assert "› enter to type" in dashboard.text
        assert dashboard.footer.startswith("enter Type  r Retry  x End  / Search  m Note  y Copy")
        await dashboard.press("enter")
        assert dashboard.footer.startswith("enter Send  up Last line  esc Keys")
        assert dashboard.footer.endswith("esc ? Help")
        await dashboard.press(*"xs?", "enter")
        (said,) = dashboard.engine.asked(Say)
        assert (said.session, said.text) == (CALL.id, "xs?")
        assert not dashboard.engine.asked(EndSession)
        assert not dashboard.engine.asked(StartSession)
        await dashboard.press("escape", "x")
        assert dashboard.engine.asked(EndSession) == [EndSession(session=CALL.id)]


async def test_tab_goes_to_the_line_and_back(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("tab", "h", "i", "tab")
        assert "› hi" in dashboard.text
        assert dashboard.footer.startswith("enter Type")
        await dashboard.press("tab", "enter")
        assert [said.text for said in dashboard.engine.asked(Say)] == ["hi"]


async def test_an_empty_line_is_not_sent(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("enter", "space", "enter")
        assert not dashboard.engine.asked(Say)


async def test_up_and_down_go_through_the_own_lines_and_back_to_what_was_typed(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("enter", *"one", "enter", *"two", "enter", *"dra", "up", "up")
        assert "› one" in dashboard.text
        await dashboard.press("up", "down")
        assert "› two" in dashboard.text
        await dashboard.press("down")
        assert "› dra" in dashboard.text


async def test_lines_that_come_in_one_piece_are_sent_one_by_one(dashboard: Dashboard) -> None:
    """Over a slow link several keys arrive at once."""
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        for key in ("enter", *"one", "enter", *"two", "enter"):
            dashboard.app.post_message(Key(key, key if len(key) == 1 else None))
        await dashboard.settled()
        assert [said.text for said in dashboard.engine.asked(Say)] == ["one", "two"]


async def test_several_lines_that_are_pasted_become_one_if_one_agrees(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("enter", *"ab", "left")
        dashboard.app.post_message(Paste("first\nsecond\x1b[2J\n"))
        await dashboard.settled()
        assert "▲ paste 2 lines as one message?" in dashboard.text
        assert "second\ufffd[2J" in dashboard.text
        await dashboard.press("enter")
        assert "› ab" in dashboard.text
        dashboard.app.post_message(Paste("first\nsecond\x1b[2J\n"))
        await dashboard.settled()
        await dashboard.press("y", "enter")
        assert [said.text for said in dashboard.engine.asked(Say)] == ["afirst second\ufffd[2Jb"]


async def test_one_line_that_is_pasted_needs_no_question(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("enter")
        dashboard.app.post_message(Paste("only one\n"))
        await dashboard.press("enter")
        assert [said.text for said in dashboard.engine.asked(Say)] == ["only one"]


async def test_a_line_that_waits_is_shown_and_says_so(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*CALL.opening())
        assert "› enter to type; a line waits here until the agent listens" in dashboard.text
        talk = Talk(CALL)
        await dashboard.hear(talk.line(3, "you", "Hello?", key="typed", final=False))
        assert "   now you       Hello?  waits" in dashboard.text
        assert "1 line waits here until the agent listens" in dashboard.text
        assert "room      created" in dashboard.text
        await dashboard.hear(talk.line(3, "you", "still there?", final=False))
        assert "   now you       Hello?  waits, 1 more" in dashboard.text
        assert "2 lines wait here until the agent listens" in dashboard.text


async def test_a_line_that_could_not_be_sent_is_marked(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        await dashboard.hear(
            talk.line(2, "checkout", "Hello"), talk.line(3, "you", "Bye", mark=Mark.NOT_SENT)
        )
        assert "0:03 you       Bye  not sent" in dashboard.text


async def test_lines_that_never_went_out_do_not_hide_the_story(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*CALL.not_taken())
        await dashboard.hear(Talk(CALL).line(7, "you", "Hello?", mark=Mark.NOT_SENT))
        assert "5.65 verdict   ✗ no worker took it" in dashboard.text
        assert "7.00 you       Hello?  not sent" in dashboard.text


async def test_over_the_line_says_what_starts_a_new_one(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        await dashboard.hear(talk.line(2, "checkout", "Hello"))
        await dashboard.press("enter", *"bye")
        await dashboard.hear(PhaseEntered(session=CALL.id, phase=Phase.ENDED))
        assert "› over: s starts a new one" in dashboard.text
        assert "── over ──" in dashboard.text
        assert dashboard.lines[1].endswith("over")
        await dashboard.press("enter")
        assert dashboard.status.endswith("not now: it is over")
        await dashboard.press("s")
        (start,) = dashboard.engine.asked(StartSession)
        await dashboard.hear(*Conversation(start.session).ready())
        await dashboard.press("enter", "up")
        assert "› bye" in dashboard.text


async def test_copying_takes_the_text_as_it_was_said(dashboard: Dashboard) -> None:
    async with dashboard.running((60, 15)):
        dashboard.controller.focus = CALL.id
        await dashboard.press("3")
        await dashboard.hear(*order(CALL))
        await dashboard.press("y")
        assert dashboard.app.clipboard == "What would Friday cost?"
        assert dashboard.status.endswith("sent 23 B to the terminal")
        await dashboard.press("Y")
        lines = dashboard.app.clipboard.splitlines()
        assert lines[0] == "0:02 checkout: Hello, this is the shop. How can I help?"
        assert lines[4].endswith("due on Thursday between nine and (interrupted)")
        await dashboard.press("i")
        assert dashboard.app.clipboard == "preclinical-test-k7qd7f3a02"


async def test_a_hostile_agent_changes_nothing_but_its_own_line(dashboard: Dashboard) -> None:
    hostile = Conversation("7f3a02", "[/x][bold]evil", age_s=130)
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard, hostile)
        await dashboard.hear(
            talk.line(2, "[/x][bold]evil", "[red]stop[/red] $state-failed [link='x']y"),
            talk.line(3, "[/x][bold]evil", "[/][@click=app.quit]", final=False),
        )
        assert "[/x][bold  [red]stop[/red] $state-failed [link='x']y" in dashboard.text.replace(
            "[/x][bol…", "[/x][bold "
        )
        assert "[/][@click=app.quit]" in dashboard.text
        assert "● listening  [/x][bold]evil" in dashboard.lines[1]


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_wide_characters_keep_every_row_as_wide_as_the_screen(
    dashboard: Dashboard, size: tuple[int, int]
) -> None:
    wide = Conversation("7f3a02", "日本語のエージェント", age_s=130, room="部屋" * 20)
    async with dashboard.running(size):
        talk = await opened(dashboard, wide)
        await dashboard.hear(
            talk.line(2, "日本語のエージェント", "日本語でも大丈夫です。" * 9),
            talk.line(3, "日本語のエージェント", "はい👨\u200d👩\u200d👧、" * 30, final=False),
        )
        assert {dashboard.cells(row) for row in range(size[1])} == {size[0]}


async def test_a_burst_is_drawn_once(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await opened(dashboard)
        drawn = dashboard.text
        for number in range(50):
            dashboard.engine.say(talk.line(3 + number, "checkout", f"line {number}"))
        await dashboard.pilot.pause()
        assert dashboard.text == drawn
        await dashboard.settled()
        assert "line 49" in dashboard.text


async def test_a_word_of_a_reply_draws_no_row_but_its_own(dashboard: Dashboard) -> None:
    async with dashboard.running((120, 40)):
        talk = await opened(dashboard)
        await dashboard.hear(talk.line(2, "checkout", "It", key="r", final=False))
        drawn: list[int] = []
        compositor = dashboard.app.screen._compositor
        updated = compositor.update_widgets

        def noting(widgets: set[object]) -> None:
            updated(widgets)  # type: ignore[arg-type]  # Textual's own set, passed on
            drawn.extend(region.height for region in compositor._dirty_regions)

        compositor.update_widgets = noting  # type: ignore[method-assign, assignment]  # one screen's
        await dashboard.hear(talk.line(2, "checkout", "It will", key="r", final=False))
        assert drawn == [1]


async def test_a_paste_that_is_too_long_for_a_line_says_so_and_changes_nothing(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("enter", *"ab")
        dashboard.app.post_message(Paste("x" * MAX_LINE_CHARS))
        await dashboard.settled()
        assert "› ab" in dashboard.text
        assert f"{MAX_LINE_CHARS + 2} characters; a line has {MAX_LINE_CHARS} at most" in (
            dashboard.status
        )


async def test_a_conversation_that_cannot_be_recorded_is_said_not_to_have_begun(
    dashboard: Dashboard,
) -> None:
    full = problem(ProblemCode.STATE_UNUSABLE, path="/s/journal.sqlite", why="disk I/O error")
    async with dashboard.running((80, 24)):
        await dashboard.press("s")
        (asked,) = dashboard.engine.asked(StartSession)
        await dashboard.hear(EngineFaulted(problem=full))
        assert "◐ starting" in dashboard.text  # that was about something else
        await dashboard.hear(EngineFaulted(problem=full, refused=asked.session))
        assert "✗ Not started: nothing was made" in dashboard.text
        assert "disk I/O error" in dashboard.text
        assert "starting" not in dashboard.text
        await dashboard.press("s")
        assert "◐ starting" in dashboard.text


async def test_what_lies_over_the_screen_keeps_its_keys_from_what_is_below(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await opened(dashboard)
        await dashboard.press("e")
        assert "m  write Markdown" in dashboard.text
        await dashboard.press("enter", "x", *"s")
        assert dashboard.engine.asked(EndSession) == []
        assert dashboard.engine.asked(StartSession) == []
        await dashboard.press("escape")
        assert "m  write Markdown" not in dashboard.text
        assert "› enter to type" in dashboard.text
