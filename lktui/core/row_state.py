"""What a session is at, in the words of a table row."""

from __future__ import annotations

from lktui.core.phases import LinkState, Phase
from lktui.core.session import SessionState
from lktui.core.signs import StateKind


def row_state(session: SessionState, now: float) -> tuple[StateKind, str]:
    """Say in a table row what a session is at: kind, and words of at most 23 cells.

    Args:
        session: The session.
        now: Seconds on the engine's clock, for what ticks while it is under way.
    """
    diagnosis = session.diagnosis
    if session.phase is Phase.ENDED:
        if diagnosis is not None and diagnosis.settled and not diagnosis.ok:
            return diagnosis.kind, diagnosis.words
        return StateKind.OVER, "ended"
    if session.phase is Phase.ENDING:
        return StateKind.WAITING, "ending"
    if session.phase is Phase.RETRYING and session.retry is not None:
        retry = session.retry
        since = max(0, int(now - retry.since))
        return StateKind.WAITING, f"retry {retry.attempt} step {retry.number}/4 {since} s"
    if session.link is LinkState.RECONNECTING:
        agent = session.agent
        return StateKind.STALE, f"was {agent.state or 'ready'}" if agent else "was connected"
    if diagnosis is None or not diagnosis.settled:
        agent = session.agent
        if agent is not None and agent.here:
            return StateKind.WAITING, agent.state or "joined"
        if session.phase is Phase.WAITING:
            return StateKind.WAITING, f"waiting {max(0, int(now - session.phase_at))} s"
        return StateKind.WAITING, session.phase.value
    agent = session.agent
    if diagnosis.kind is StateKind.READY and agent is not None:
        return StateKind.READY, agent.state or "ready"
    return diagnosis.kind, diagnosis.row_words(now)
