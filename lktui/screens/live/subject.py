"""Row 2: whom one talks to, where, and since when."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from lktui.core.row_state import row_state
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.core.wrap import clip, room_name
from lktui.screens.words import moment
from lktui.widgets.drawing import WIDE_CELLS, Line, line, split, state

_AGENT_CELLS = 24
_ROOM_CELLS = 22
_LEAST_ROOM_CELLS = 8


@dataclass(frozen=True, slots=True)
class SubjectView:
    """What the row says."""

    kind: StateKind
    words: str
    agent: str = ""
    room: str = ""
    installation: str = ""
    part: str = ""
    """`talking`, `watching`, `attempt 2`, `over`."""
    since: str = ""


def subject_of(session: SessionState, *, installation: str, now: float, wall: float) -> SubjectView:
    """Say what a session is at.

    Args:
        session: The one that is shown.
        installation: Our id in the names of rooms.
        now: Seconds on the engine's clock.
        wall: Wall-clock seconds.
    """
    kind, words = row_state(session, now)
    agent = session.agent.name if session.agent else ""
    part, since = _part(session, wall)
    return SubjectView(
        kind, words, agent or session.agent_name, session.room, installation, part, since
    )


def _part(session: SessionState, wall: float) -> tuple[str, str]:
    if session.over:
        return "over", ""
    if session.ready or session.watched:
        part = "watching" if session.watched else "talking"
        return part, f"since {moment(session.opened_wall, wall)}"
    attempt = session.attempt
    began_after = attempt.began_at - session.opened_at if attempt else 0.0
    since = moment(session.opened_wall + began_after, wall)
    return f"attempt {attempt.n if attempt else 1}", f"since {since}"


class Subject(Line):
    """Says it; the room's name leaves before the agent's does."""

    def __init__(self) -> None:
        super().__init__()
        self._view = SubjectView(StateKind.OVER, "")

    def show(self, view: SubjectView) -> None:
        """Say something else, if it is something else."""
        if view != self._view:
            self._view = view
            self.refresh()

    def draw(self, width: int) -> Content:
        """Keep a blank at both edges of the screen."""
        view = self._view
        right = line((view.part, "$muted"), f" {view.since} " if view.since else " ")
        agent = clip(view.agent, _AGENT_CELLS)
        left = line(" ", state(view.kind, view.words, bold=True), f"  {agent}" if agent else "")
        room = width - left.cell_length - right.cell_length - 4
        if width < WIDE_CELLS:
            room = min(room, _ROOM_CELLS)
        if view.room and room >= _LEAST_ROOM_CELLS:
            name = room_name(view.room, room, view.installation)
            left = line(left, "  ", (name, "$muted"))
        return split(left, right, width)
