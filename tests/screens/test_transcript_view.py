"""The transcript on a screen: what stands where, and that nothing moves that nobody moved."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.theme import Theme

from lktui.core.events import Mark, Role, SegmentUpdated, SessionId
from lktui.core.signs import StateKind
from lktui.core.transcript import Transcript
from lktui.widgets.following import Follow, Following, Paused
from lktui.widgets.transcript_rows import Manner, Times
from lktui.widgets.transcript_view import TranscriptView

THEME = Path(__file__).parents[2] / "themes" / "dark.toml"
SIZES = [(80, 24), (120, 40)]
TALL = "\u0e44\u0e17\u0e22 日本語 👨\u200d👩\u200d👧 ❤\ufe0f "


class Host(App[None]):
    """One transcript on the whole screen."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.view = TranscriptView()
        self.follows: list[Follow] = []
        theme = Theme(**tomllib.loads(THEME.read_text()))
        self.register_theme(theme)
        self.theme = theme.name

    def compose(self) -> ComposeResult:
        yield self.view

    def on_transcript_view_follow_changed(self, message: TranscriptView.FollowChanged) -> None:
        self.follows.append(message.follow)


@dataclass
class Stage:
    """A transcript, the app that shows it, and ways to look at it."""

    app: Host
    pilot: Pilot[None]
    transcript: Transcript = field(default_factory=Transcript)
    said: int = 0

    @property
    def view(self) -> TranscriptView:
        return self.app.view

    @property
    def screen(self) -> list[str]:
        lines = [self.view.render_line(y) for y in range(self.view.size.height)]
        assert {line.cell_length for line in lines} == {self.view.size.width}
        assert all(cell_len(line.text) == self.view.size.width for line in lines)
        return [line.text.rstrip() for line in lines]

    def say(
        self,
        text: str,
        *,
        role: Role = Role.AGENT,
        at: float | None = None,
        speaker: str = "",
        mark: Mark = Mark.NONE,
    ) -> None:
        self.said += 1
        at = float(self.said) if at is None else at
        self.transcript.apply(
            SegmentUpdated(
                at=at,
                session=SessionId("s"),
                key=f"k{self.said}",
                identity="i",
                speaker=speaker or ("you" if role is Role.YOU else "checkout"),
                role=role,
                text=text,
                final=True,
                opened_at=at,
                first_text_at=at,
                mark=mark,
            )
        )

    def fill(self, rows: int) -> None:
        for _ in range(rows):
            self.say(f"line {self.said + 1}")

    async def drawn(self) -> list[str]:
        self.view.rows_changed()
        await self.pilot.pause()
        return self.screen

    async def resize(self, width: int, height: int) -> None:
        """Wait until all is wrapped too."""
        await self.pilot.resize_terminal(width, height)
        while not self.view._index.settled:
            await self.pilot.pause(0.001)


@asynccontextmanager
async def stage(size: tuple[int, int] = (80, 24), rows: int = 0) -> AsyncIterator[Stage]:
    app = Host()
    async with app.run_test(size=size) as pilot:
        it = Stage(app, pilot)
        it.fill(rows)
        it.view.show(it.transcript, Manner())
        it.view.focus()
        await it.drawn()
        yield it


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_transcript_is_an_empty_view(size: tuple[int, int]) -> None:
    async with stage(size) as it:
        assert not any(it.screen)
        it.view.action_page_up()
        it.view.action_scroll_home()
        it.view.action_follow()
        assert it.view.follow == Following()


async def test_a_conversation_looks_like_the_picture() -> None:
    async with stage((80, 16)) as it:
        it.say("Hi, I would like to change it.", role=Role.YOU, at=98.0)
        it.say("Of course. Could you give me the order number, please?", at=98.71)
        it.transcript.add_fact(105, "tool", 'find_order(order="A-1009") → 2 items', 0.212)
        it.say(
            "Thank you. I see order A-1009 with two items, a coffee grinder and a pack of paper"
            " filters, due on Thursday between nine and",
            at=106,
            mark=Mark.INTERRUPTED,
        )
        it.transcript.add_fact(
            111, "tool", "slots(day=“Friday”) ✗ TimeoutError: 5 s", 5.0, StateKind.FAILED
        )
        it.say("Can it come on Friday?", role=Role.YOU, at=112)
        it.say("Shall I try once more?", at=118.4)
        it.say("はい、大丈夫です。", at=125, speaker="support")
        assert [line for line in await it.drawn() if line] == [
            "  1:38 you       Hi, I would like to change it.",
            "  1:38 checkout  Of course. Could you give me the order number, please?   0.71s",
            '  1:45 tool      find_order(order="A-1009") → 2 items                     212ms',
            "  1:46 checkout  Thank you. I see order A-1009 with two items, a coffee",
            "                 grinder and a pack of paper filters, due on Thursday",
            "                 between nine and  interrupted",
            "  1:51 tool      slots(day=“Friday”) ✗ TimeoutError: 5 s                  5.00s",
            "  1:52 you       Can it come on Friday?",
            "  1:58 checkout  Shall I try once more?                                  ▲6.40s",
            "  2:05 support   はい、大丈夫です。",
        ]


async def test_less_text_than_lines_sits_at_the_bottom() -> None:
    async with stage(rows=2) as it:
        assert [bool(line) for line in it.screen] == [False] * 22 + [True] * 2


async def test_before_anything_is_said_times_are_those_of_steps() -> None:
    async with stage() as it:
        it.view.set_manner(Manner(started_at=100.0, times=Times.STEPS))
        for at in (100.0, 105.654, 122.61, 1300):
            it.transcript.add_fact(at, "room", "created", 0.012)
        times = [line[:7] for line in await it.drawn() if line]
        assert times == ["  0.00 ", "  5.65 ", "  22.6 ", "  1200 "]


async def test_from_an_hour_on_the_seconds_go() -> None:
    async with stage() as it:
        it.say("still here", at=3723)
        assert (await it.drawn())[-1].startswith("  1h02 checkout")


@pytest.mark.parametrize(
    ("width", "start"), [(70, "  0:01 checkout  line"), (60, " checkout  line")]
)
async def test_a_narrow_view_loses_the_time_last(width: int, start: str) -> None:
    async with stage((width, 20), rows=1) as it:
        it.transcript.add_fact(2, "tool", "look()", 0.5)
        assert (await it.drawn())[-2].startswith(start)
        assert "500ms" not in it.screen[-1]


async def test_text_is_at_most_100_cells_wide() -> None:
    async with stage((200, 20)) as it:
        it.say("word " * 60)
        assert max(cell_len(line) for line in await it.drawn()) <= 17 + 100


async def test_markup_is_text() -> None:
    async with stage() as it:
        it.say("[/red] [b]bold[/b]", speaker="[/x]")
        assert "[/x]      [/red] [b]bold[/b]" in (await it.drawn())[-1]


async def test_a_word_after_the_text_takes_a_line_of_its_own_where_it_must() -> None:
    async with stage() as it:
        it.say("x" * 50, mark=Mark.UNCONFIRMED)
        assert (await it.drawn())[-1].strip() == "unconfirmed"


@pytest.mark.parametrize("size", SIZES)
async def test_while_following_the_end_stays_in_view(size: tuple[int, int]) -> None:
    async with stage(size, rows=100) as it:
        assert it.screen[-1].endswith("line 100")
        it.fill(1)
        assert (await it.drawn())[-1].endswith("line 101")


MOVES: list[Callable[[TranscriptView], None]] = [
    TranscriptView.action_scroll_up,
    TranscriptView.action_page_up,
    TranscriptView.action_scroll_home,
]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("size", SIZES)
async def test_a_move_up_pauses_and_then_nothing_moves(
    size: tuple[int, int], move: Callable[[TranscriptView], None]
) -> None:
    async with stage(size, rows=200) as it:
        move(it.view)
        await it.pilot.pause()
        before = it.screen
        it.fill(12)
        it.say("it came late, but began early", at=0.5)
        assert await it.drawn() == before
        assert it.view.follow == Paused(13)
        assert it.app.follows == [Paused(0), Paused(13)]


async def test_the_wheel_pauses_too() -> None:
    async with stage(rows=100) as it:
        event = MouseScrollUp(it.view, 5, 5, 0, -1, 0, False, False, False)
        it.view.post_message(event)
        await it.pilot.pause()
        assert it.view.follow == Paused(0)


async def test_going_back_down_does_not_follow_by_itself() -> None:
    async with stage(rows=100) as it:
        it.view.action_scroll_up()
        it.view.action_page_down()
        assert it.screen[-1].endswith("line 100")
        it.fill(1)
        assert (await it.drawn())[-1].endswith("line 100")
        it.view.action_scroll_down()
        assert it.screen[-1].endswith("line 101")
        assert it.view.follow == Paused(1)


async def test_end_follows_again() -> None:
    async with stage(rows=100) as it:
        it.view.action_page_up()
        it.fill(5)
        await it.drawn()
        it.view.action_follow()
        assert it.screen[-1].endswith("line 105")
        await it.pilot.pause()
        assert it.app.follows[-1] == Following()


async def test_a_text_that_fits_cannot_be_paused() -> None:
    async with stage(rows=3) as it:
        it.view.action_page_up()
        assert it.view.follow == Following()


async def test_a_page_keeps_one_line_of_the_last_one() -> None:
    async with stage(rows=100) as it:
        top = it.screen[0]
        it.view.action_page_up()
        assert it.screen[-1] == top
        it.view.action_page_down()
        assert it.screen[0] == top


async def test_a_line_that_is_changed_in_view_is_drawn_anew() -> None:
    async with stage(rows=100) as it:
        it.view.action_scroll_up()
        it.said -= 2
        it.say("corrected", at=99)
        assert any(line.endswith("corrected") for line in await it.drawn())


async def test_another_transcript_is_shown_at_its_end() -> None:
    async with stage(rows=100) as it:
        it.view.action_page_up()
        other = Stage(it.app, it.pilot)
        other.fill(3)
        it.view.show(other.transcript, Manner())
        assert it.screen[-1].endswith("line 3")
        assert not it.screen[0]
        assert it.view.follow == Following()


@pytest.mark.parametrize("follow", [True, False])
async def test_a_resize_keeps_the_place(follow: bool) -> None:  # noqa: FBT001 - a parameter
    async with stage((120, 40)) as it:
        for number in range(3000):
            it.say(f"number {number} " + "and some more words that wrap " * (number % 5))
        await it.drawn()
        if not follow:
            for _ in range(20):
                it.view.action_page_up()
        edge = next(line for line in it.screen if "number" in line)[:30]
        await it.resize(80, 24)
        await it.resize(120, 40)
        assert next(line for line in it.screen if "number" in line)[:30] == edge
        assert isinstance(it.view.follow, Following) is follow


async def test_a_change_of_height_keeps_the_end_or_the_first_line() -> None:
    async with stage(rows=100) as it:
        await it.resize(80, 30)
        assert it.screen[-1].endswith("line 100")
        assert it.view.follow == Following()
        it.view.action_page_up()
        top = it.screen[0]
        await it.resize(80, 20)
        assert it.screen[0] == top


async def test_lines_that_are_taken_back_leave_the_view_whole() -> None:
    async with stage(rows=60) as it:
        it.view.action_page_up()
        for number in range(60):
            it.said = number
            it.say("", at=number + 1)
        assert not any(await it.drawn())


async def test_after_a_resize_every_height_is_exact() -> None:
    async with stage((120, 40)) as it:
        for number in range(2000):
            it.say(f"{TALL * (number % 7)} number {number}")
        await it.drawn()
        await it.resize(70, 24)
        view = it.view
        fresh = TranscriptView()
        fresh._columns = view._columns
        fresh._rows = view._rows
        heights = [fresh._measure(row) for row in range(len(it.transcript))]
        assert view._index.lines == sum(heights)


async def test_while_more_rows_come_only_those_in_view_are_measured() -> None:
    async with stage((80, 24)) as it:
        it.view.more_to_come = True
        for _ in range(2000):
            it.say("word " * 40)
        shown = await it.drawn()
        assert shown[-1].endswith("word")
        for _ in range(20):
            await it.pilot.pause(0.001)
        assert it.view.virtual_size.height < 3000
        it.view.more_to_come = False
        it.view.rows_changed()
        while not it.view._index.settled:
            await it.pilot.pause(0.001)
        assert await it.drawn() == shown
        assert it.view.virtual_size.height == 2000 * 4


async def test_lines_of_10_kb_and_wide_characters_are_drawn() -> None:
    async with stage() as it:
        it.say("word " * 2_000)
        it.say("日本語" * 1_700)
        it.say("x" * 10_000)
        it.say("end")
        assert (await it.drawn())[-1].endswith("end")
        for _ in range(30):
            it.view.action_page_up()
            assert all(it.screen)
        it.view.action_scroll_home()
        assert it.screen[0].startswith("  0:01 checkout  word word")


async def test_a_view_that_missed_too_many_changes_starts_anew() -> None:
    async with stage(rows=10) as it:
        for number in range(400):
            it.say(f"old {number}", at=0.5)
        assert (await it.drawn())[-1].endswith("line 10")
        assert it.view._index.rows == len(it.transcript)


async def test_a_new_theme_is_drawn_in_its_colours() -> None:
    async with stage(rows=1) as it:

        def speaker_color() -> object:
            segments = it.view.render_line(23)
            styles = [segment.style for segment in segments if "checkout" in segment.text]
            return styles[0].color if styles[0] else None

        before = speaker_color()
        theme = Theme(**tomllib.loads((THEME.parent / "light.toml").read_text()))
        it.app.register_theme(theme)
        it.app.theme = theme.name
        await it.pilot.pause()
        assert speaker_color() != before


async def test_a_row_that_comes_while_one_before_it_goes_is_drawn_at_its_place() -> None:
    async with stage((80, 24), rows=5) as it:
        it.say("the newest")
        gone = SegmentUpdated(
            at=9.0, session=SessionId("s"), key="k2", identity="i", speaker="checkout",
            role=Role.AGENT, text="", final=True, opened_at=2.0, first_text_at=2.0,
        )  # fmt: skip
        it.transcript.apply(gone)
        shown = [line for line in await it.drawn() if line]
        assert len(shown) == 5
        assert "line 2" not in "".join(shown)
        assert shown[-1].endswith("the newest")


async def test_a_note_of_ones_own_is_not_new() -> None:
    async with stage((80, 24), rows=100) as it:
        it.view.action_page_up()
        it.transcript.note(50.0, "good")
        await it.drawn()
        assert it.view.follow == Paused(0)
        it.say("the newest")
        await it.drawn()
        assert it.view.follow == Paused(1)


async def test_the_row_that_was_gone_to_stays_at_hand_when_rows_come_before_it() -> None:
    async with stage((80, 24), rows=100) as it:
        it.view.go_to(50)
        await it.drawn()
        it.say("earlier", at=0.5)
        await it.drawn()
        assert it.view.gone_to == 51
        bars = [line for line in it.screen if line.startswith("▌")]
        assert len(bars) == 1
        assert "line 51" in bars[0]


async def test_a_row_is_let_go_when_it_leaves_the_view() -> None:
    async with stage((80, 24), rows=100) as it:
        it.view.go_to(50)
        it.view.action_page_up()
        it.view.action_page_up()
        assert it.view.gone_to is None


@pytest.mark.parametrize("size", SIZES)
async def test_a_line_that_looks_the_same_is_made_once(size: tuple[int, int]) -> None:
    """Textual keeps with a strip what it has made of it for the terminal."""
    async with stage(size, rows=100) as it:
        bottom = size[1] - 1
        drawn = it.view.render_line(bottom)
        assert it.view.render_line(bottom) is drawn
        it.view.action_scroll_up()
        await it.drawn()
        assert it.view.render_line(bottom) is not drawn
        it.view.action_follow()
        await it.drawn()
        assert it.view.render_line(bottom) is drawn


async def test_the_row_at_hand_and_the_same_row_let_go_look_different() -> None:
    async with stage((80, 24), rows=10) as it:
        plain = it.view.render_line(23)
        it.view.go_to(9)
        assert it.view.render_line(23).text.startswith("▌")
        it.view.let_go()
        assert it.view.render_line(23) is plain
