"""What the hairline below the transcript says: whether it follows, or why it is not ready."""

from __future__ import annotations

from lktui.core.actions import ACTIONS, ActionId, shown_key
from lktui.core.events import LinkState, Phase
from lktui.core.session import SessionState
from lktui.core.verdict import Outcome
from lktui.widgets.drawing import Part
from lktui.widgets.following import Follow, Paused

_END = shown_key(ACTIONS[ActionId.LAST].keys[-1])


def follow_title(session: SessionState, follow: Follow, now: float) -> tuple[Part, ...]:
    """Say where the view stands; if it is at the end, what is to be known of the session.

    Args:
        session: The one that is shown.
        follow: Where its transcript's view stands.
        now: Seconds on the engine's clock.
    """
    if isinstance(follow, Paused):
        new = f"  +{follow.new} new" if follow.new else ""
        paused = ("PAUSED", "$state-warning bold")
        return (paused, (new, "bold"), "  ", (_END, "$key bold"), (" follows", "$muted"))
    if session.over:
        return (("over", "$muted"),)
    found = session.diagnosis
    if session.phase is Phase.ENDING:
        return (("ending", "$state-waiting bold"),)
    if session.phase is Phase.RETRYING and session.retry is not None:
        retry = session.retry
        step = f"  retry {retry.attempt}, step {retry.number} of 4: {retry.text}"
        return (("not ready", "$state-waiting bold"), step)
    if session.link is LinkState.RECONNECTING:
        return (("reconnecting", "$state-waiting bold"), ("  lines may be missing", "$muted"))
    if found is None or not found.settled:
        return (("not ready", "$state-waiting bold"), _time_left(session, now))
    if not found.alive:
        return (("not ready", "$state-failed bold"), _next_try(session, now))
    if found.code is Outcome.PRESENT:
        return (("following", "$muted"), (f"  {found.resolution}", "$state-warning"))
    return (("following", "$muted"),)


def _next_try(session: SessionState, now: float) -> str:
    if session.next_try_at is None:
        return ""
    last = ", the last one" if session.last_try else ""
    return f"  next try in {max(0.0, session.next_try_at - now):.0f} s{last}"


def _time_left(session: SessionState, now: float) -> str:
    attempt = session.attempt
    if attempt is None:
        return ""
    left_s = max(0.0, attempt.began_at + session.join_timeout_s - now)
    return f"  a verdict in {left_s:.0f} s at most"
