"""The panel from 120 columns on: the agent, its reply times, how it came here, how it will end."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from lktui.core.events import CleanupResult
from lktui.core.row_state import row_state
from lktui.core.session import SessionState
from lktui.core.signs import UNKNOWN, clock, seconds, took
from lktui.core.story import StoryLine
from lktui.core.verdict import Outcome
from lktui.core.wrap import clip, fit
from lktui.screens.live.block import Block
from lktui.screens.live.replies import ReplyTimes
from lktui.screens.live.status_words import slowest_words
from lktui.screens.words import since_start
from lktui.widgets.drawing import STYLES, Part, line, state
from lktui.widgets.rule import hairline

_KEY_CELLS = 9
_AT_CELLS, _TOOK_CELLS = 8, 8
_BAR_CELLS = 16
_ENDS = {
    CleanupResult.DONE: "done: the room is gone",
    CleanupResult.LEFT: "left the room",
    CleanupResult.PENDING: "goes on, see Cleanup",
    CleanupResult.KEPT: "the room is kept",
    CleanupResult.NOT_OURS: "the room is not ours, it stays",
}


@dataclass(frozen=True, slots=True)
class SideView:
    """What the panel tells."""

    session: SessionState
    times: ReplyTimes | None
    now: float
    """Seconds on the engine's clock."""
    with_story: bool
    """False while the story stands in the transcript's place."""


class SidePanel(Block):
    """Four short lists below each other; the story takes what height is left."""

    DEFAULT_CSS = """
    SidePanel { width: 40; padding: 0 1; border-left: solid $rule; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view: SideView | None = None

    def show(self, view: SideView) -> None:
        """Tell what is new."""
        self._view = view
        self.draw_changes()

    def rows(self, width: int, height: int) -> list[Content]:
        """Put the lists below each other."""
        view = self._view
        if view is None:
            return []
        session = view.session
        agent = [_title("agent", width), *_agent(session, view.now, width)]
        count = view.times.count if view.times else 0
        note = "1 reply" if count == 1 else f"{count} replies"
        times = [_title("reply times", width, note), *_times(view.times, session)]
        end = [_title("at the end", width), _pair("cleanup", clip(_end(session), width - 9))]
        blank = Content("")
        above, below = [*agent, blank, *times, blank], end
        room = height - len(above) - len(below) - 2
        story: list[Content] = []
        if view.with_story and session.story and room > 0:
            attempt = f"attempt {session.attempt.n}" if session.attempt else ""
            told = _story(session.story, width, room)
            story = [_title("how it began", width, attempt), *told, blank]
        return [*above, *story, *below][:height]


def _title(name: str, width: int, note: str = "") -> Content:
    return hairline(width, line((name, "$title bold")), line((note, "$muted")))


def _pair(key: str, *value: Part) -> Content:
    return line((fit(key, _KEY_CELLS), "$muted"), *value)


def _agent(session: SessionState, now: float, width: int) -> list[Content]:
    room = width - _KEY_CELLS
    agent, found = session.agent, session.diagnosis
    kind, words = row_state(session, now)
    since = ""
    if agent is not None and agent.here and agent.state and session.ready:
        since = f" since {clock(agent.state_at - session.opened_at)}"
    ponged = agent is not None and agent.pong_ms is not None
    unproven = found is not None and found.code is Outcome.PRESENT
    told = UNKNOWN
    if agent is not None and agent.pong_ms is not None:
        told = f"yes, pong {seconds(agent.pong_ms / 1000)}"
    elif unproven:
        told = "answers no ping"
    listens = "not known" if unproven else "yes" if session.ready else "no"
    name = (agent.name if agent else "") or session.agent_name or UNKNOWN
    return [
        _pair("state", state(kind, clip(words + since, room - 2))),
        _pair("name", clip(name, room)),
        _pair("identity", clip(agent.identity if agent else UNKNOWN, room, "middle")),
        _pair("session", (told, "$foreground" if ponged or not unproven else "$state-warning")),
        _pair("listens", listens),
        _pair("you", clip(session.identity or UNKNOWN, room, "middle")),
        *_told(session, room),
    ]


def _told(session: SessionState, room: int) -> list[Content]:
    """Tell what the agent's session has told of itself, if it has."""
    told = session.told
    rows: list[Content] = []
    if told.before:
        until = clock(told.handed_off_at - session.opened_at)
        rows.append(_pair("before", clip(f"{told.before}, until {until}", room)))
    if told.model:
        of = f" · {told.provider}" if told.provider else ""
        rows.append(_pair("model", clip(f"{told.model}{of}", room)))
        tokens = f"{_grouped(told.input_tokens)} in, {_grouped(told.output_tokens)} out"
        rows.append(_pair("tokens", clip(tokens, room)))
    return rows


def _grouped(number: int) -> str:
    """Write a large number in groups of three figures."""
    return f"{number:,}".replace(",", " ")


def _times(times: ReplyTimes | None, session: SessionState) -> list[Content]:
    if times is None:
        return [_pair(key, (UNKNOWN, "$muted")) for key in ("first", "median", "slowest", "each")]
    slowest = slowest_words(times.slowest, session.slow_reply_s)
    at = f" at {clock(times.slowest.at - session.opened_at)}"
    bars, top_s = times.bars(_BAR_CELLS)
    return [
        _pair("first", seconds(times.first_s)),
        _pair("median", seconds(times.median_s)),
        _pair("slowest", slowest, (at, "$muted")),
        _pair("each", (bars, "$speaker-agent"), (f"  0 to {seconds(top_s)}", "$muted")),
    ]


def _story(story: tuple[StoryLine, ...], width: int, height: int) -> list[Content]:
    """Tell the newest lines; how many came before is said in their place."""
    lines = sorted(story, key=lambda told: told.at_s)
    rows: list[Content] = []
    if len(lines) > height:
        earlier = len(lines) - height + 1
        lines = lines[earlier:]
        rows.append(line((f"{'…':<{_AT_CELLS}}{earlier} earlier", "$muted")))
    cells = width - _AT_CELLS - _TOOK_CELLS
    for told in lines:
        style = STYLES[told.kind] if told.kind is not None else "$foreground"
        rows.append(
            line(
                (f"{since_start(told.at_s):<{_AT_CELLS}}", "$muted"),
                (fit(told.short, cells), style),
                (f"{took(told.took_ms):>{_TOOK_CELLS}}", "$muted"),
            )
        )
    return rows


def _end(session: SessionState) -> str:
    """Say what becomes of what was made, or what has become of it."""
    if session.cleanup is not None:
        return _ENDS[session.cleanup]
    if not session.ours:
        return "leave; the room is not ours"
    if not session.auto_cleanup:
        return "leave; dispatch and room stay"
    dispatched = any(attempt.dispatch_id for attempt in session.attempts)
    return "delete dispatch, room" if dispatched else "delete room"
