"""Actions of watching rooms unseen, for the registry in `core.actions`, and what watches raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lktui.core import action_reasons as why
from lktui.core.action_types import Action, Effect, Question, Scope, View
from lktui.core.signs import seconds

if TYPE_CHECKING:
    from lktui.core.session import SessionState

USUAL_WATCHES = 10
"""More of them cost more than a glance is worth (facts/engine-split.md, "Watching rooms")."""
_A, _S = Action, Scope


def no_watch(view: View) -> str | None:
    """A room that is there is watched with its server's key; a watch that goes on can be ended."""
    session = view.session
    if session is not None and session.watched and not session.over:
        return why.no_end(view)
    if session is not None and not session.over:
        return "you are in this room yourself"
    if view.profile is None:
        return "no profile is in use"
    if not view.profile.capabilities.observe:
        return "this profile has no API key"
    if view.listed is None:
        return "the server lists no such room"
    return None if view.engine_runs else "the engine is down"


def ask_watch(view: View) -> Question | None:
    """Many connections of our own cost more than the list of rooms does."""
    ends = view.session is not None and view.session.watched and not view.session.over
    if ends or view.watches < USUAL_WATCHES:
        return None
    effect = Effect(
        f"{view.watches} rooms are watched", "each costs a connection and 1 % of a core"
    )
    return Question(f"watch {view.room} too?", (effect,), "Watch one more")


def no_stop_watching(view: View) -> str | None:
    """On Live: what is shown has to be a watch that goes on."""
    if view.session is not None and not view.session.watched:
        return "you talk here yourself"
    return why.no_conversation(view) or why.no_end(view)


def worries_of(session: SessionState) -> tuple[str, str]:
    """Say what of a watched room needs a person beside its verdict.

    Returns:
        A name for it, so that it is raised once, and its words; both empty if nothing does.
    """
    if not session.watched or session.over:
        return "", ""
    if session.reply_s is not None and session.reply_s > session.slow_reply_s:
        took, limit = seconds(session.reply_s), seconds(session.slow_reply_s)
        return f"slow {session.reply_s}", f"the last reply began after {took}, over {limit}"
    if session.told.errors:
        return f"error {session.told.errors}", "the agent has reported an error"
    return "", ""


WATCH_ACTIONS: tuple[Action, ...] = (
    _A(id="rooms.watch", keys=("w",), title="Watch", scope=_S.ROOMS, rank=4,
       help="watch this room unseen, or stop watching it",
       unavailable=no_watch, ask=ask_watch),
    _A(id="live.watch", keys=("w",), title="Stop watching", scope=_S.LIVE, rank=4,
       help="stop watching this room", unavailable=no_stop_watching),
)  # fmt: skip
