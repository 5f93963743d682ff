"""What header and status line say from the state, and whether it changes by the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from lktui.core.actions import ActionId, key_of
from lktui.core.cleanup import CleanupItem, ItemState
from lktui.core.phases import LinkState, Phase
from lktui.core.problems import ProblemCode, problem
from lktui.core.signs import StateKind
from lktui.core.verdict import diagnosis_of
from lktui.core.watch_actions import worries_of
from lktui.core.wrap import clip
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineHealth
from lktui.widgets.drawing import Part, line, state
from lktui.widgets.header import Badge, HeaderView

if TYPE_CHECKING:
    from lktui.core.session import SessionState

_SUBJECT_CELLS = 24
_ENGINE: dict[EngineHealth, tuple[StateKind, str]] = {
    EngineHealth.RESTARTING: (StateKind.WAITING, "engine restarting"),
    EngineHealth.STOPPED: (StateKind.OVER, "engine ended"),
    EngineHealth.FAILED: (StateKind.FAILED, "engine down"),
    EngineHealth.MISMATCHED: (StateKind.WARNING, "lktui was updated"),
}


def attention_of(session: SessionState) -> str:
    """Name the verdict, or the worry of a watch, that needs the person; empty if none does."""
    if not session.went_wrong or session.diagnosis is None:
        worry, _ = worries_of(session)
        return f"{session.id}:{worry}" if worry else ""
    attempt = session.attempt.n if session.attempt else 1
    return f"{session.id}:{attempt}:{session.diagnosis.code}"


def attention_of_item(item: CleanupItem) -> str:
    """Name the stuck item that needs the person; empty if it is not stuck."""
    return f"{item.id}:{item.tries}" if item.state is ItemState.STUCK else ""


def seconds_pass(controller: SessionController) -> bool:
    """Tell whether something goes on whose seconds are counted."""
    return any(_under_way(session) for session in controller.sessions.values()) or any(
        item.state in (ItemState.DUE, ItemState.RUNNING, ItemState.WAITING)
        for item in controller.cleanup.values()
    )


def _under_way(session: SessionState) -> bool:
    if session.over:
        return False
    settled = session.diagnosis is not None and session.diagnosis.settled
    return not settled or session.phase in (Phase.RETRYING, Phase.ENDING)


def header_of(controller: SessionController, active: str) -> HeaderView:
    """Make what the header says."""
    file = next((f for f in controller.profiles if f.name == controller.profile_in_use), None)
    url = file.profile.url if file is not None and file.profile is not None else ""
    kind, words = _link(controller)
    return HeaderView(
        active=active,
        badges=_badges(controller),
        profile=controller.profile_in_use,
        host=url,
        link=kind,
        link_words=words,
    )


def _badges(controller: SessionController) -> tuple[Badge, ...]:
    seen = controller.seen
    failed = [attention_of(session) for session in controller.sessions.values()]
    stuck = [attention_of_item(item) for item in controller.cleanup.values()]
    new_failed = sum(1 for name in failed if name and name not in seen)
    new_stuck = sum(1 for name in stuck if name and name not in seen)
    left = controller.unfinished
    return (
        Badge(),
        Badge(new_failed, needs_you=True),
        Badge(len(controller.talking)),
        Badge(new_stuck, needs_you=True) if new_stuck else Badge(left),
    )


def _link(controller: SessionController) -> tuple[StateKind, str]:
    """Say how we stand to the server of the profile in use."""
    if controller.engine in _ENGINE:
        return _ENGINE[controller.engine]
    if controller.unusable is not None:
        return StateKind.FAILED, "engine cannot work"
    if not controller.profile_in_use:
        return StateKind.OVER, "no profile"
    mine = [state for state in controller.talking if state.profile == controller.profile_in_use]
    if any(session.link is LinkState.RECONNECTING for session in mine):
        return StateKind.WAITING, "reconnecting"
    if any(session.identity for session in mine):
        return StateKind.READY, "connected"
    if controller.rooms is not None:
        trouble = controller.rooms.problem
        if trouble is not None:
            found = diagnosis_of(trouble)
            return found.kind, found.words
        if controller.rooms.read_wall:
            return StateKind.READY, "connected"
    if mine or controller.engine is EngineHealth.STARTING:
        return StateKind.WAITING, "connecting"
    return StateKind.OVER, "not connected"


def message_of(controller: SessionController) -> Content:
    """Give the message that the right end of the status line shows; may be empty."""
    if controller.engine is EngineHealth.FAILED:
        found = problem(ProblemCode.ENGINE_LOST, log="")
        return line(state(StateKind.FAILED, found.summary))
    if controller.engine is EngineHealth.MISMATCHED:
        found = problem(ProblemCode.ENGINE_MISMATCH)
        return line(state(StateKind.WARNING, f"{found.summary}: {found.resolution}"))
    if controller.engine_restarts:
        lost = controller.lost_talks
        ended = f"{lost} conversation{'' if lost == 1 else 's'} ended" if lost else "nothing lost"
        return line(state(StateKind.WARNING, f"the engine stopped; restarted, {ended}"))
    message = controller.message
    exporting = controller.exporting
    if exporting is not None and (message is None or message.sticky):
        subject = clip(exporting.subject, _SUBJECT_CELLS, "middle")
        words = f"writing {subject}, {exporting.percent} %"
        stops = (key_of(ActionId.BACK), "$key bold")
        return line(state(StateKind.WAITING, words), "  ", stops, (" stops", "$muted"))
    if message is not None:
        part: Part = message.text
        if message.kind is not None:
            part = state(message.kind, message.text)
        return line(part)
    return Content("")


def stuck_of(controller: SessionController) -> Content:
    """Say that something is stuck, on every screen but its own; may be empty."""
    stuck = sum(1 for item in controller.cleanup.values() if item.state is ItemState.STUCK)
    if stuck:
        where = (key_of(ActionId.SHOW_CLEANUP), "$key bold")
        return line(state(StateKind.FAILED, f"{stuck} stuck"), "  ", where, (" Cleanup", "$muted"))
    return Content("")
