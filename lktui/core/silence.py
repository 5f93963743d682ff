"""What follows from an agent's silence: nothing yet, or that it does not answer, or is dead.

A server or a line that stands still silences everybody in the same way, and after it each comes
back in its own time. So a silence is the agent's own only if nothing else explains it.
"""

from __future__ import annotations

from lktui.core.evidence import EVENT_LAG_S, GAP_S, Agent, Evidence
from lktui.core.signs import seconds
from lktui.core.verdict import Diagnosis, Outcome, verdict_of

CATCH_UP_S = 1.5
"""So long after a server that stood still goes on a pong that it held back may come."""
UNRESPONSIVE_S = 3.0
"""From the first ping that stays unanswered."""
PINGS_FOR_UNRESPONSIVE = 2
"""So many of them, lest a pause of ours between two pings is taken for the agent's."""
_LATE_SHARE = 1 / 6
"""Of a silence: a list that took so long, asked for late in it, may have waited for the same."""
ZOMBIE_S = 25.0
"""A dead process is dropped by the server after 22.4 s: who is still there has a live one."""


def silence_deadlines(evidence: Evidence, agent: Agent) -> tuple[float, ...]:
    """Give the moments at which time alone can change what a silence means."""
    since = agent.silent_since
    if not since:
        return ()
    return (
        since + UNRESPONSIVE_S,
        since + ZOMBIE_S,
        since + ZOMBIE_S + EVENT_LAG_S,
        _caught_up_at(evidence, agent),
        evidence.linked_at + GAP_S,
    )


def of_silence(known: Evidence, agent: Agent, now: float) -> Diagnosis | None:
    """Judge one who used to answer pings; None while that may mean nothing.

    Where the list can be read it has to say that the agent is there: else it has left, or it is
    the server that does not answer.
    """
    if _may_be_coming_back(known, agent, now):
        return None
    since = agent.silent_since
    silent_s, here_s = now - since, agent.listed_at - since
    pings = f"no pong since {age_at(known, since)}"
    here = f"{agent.identity} still in the room"
    if known.sees_dispatches or known.sees_people:
        if here_s >= ZOMBIE_S:
            here = f"{here} {seconds(here_s)} later, where a dead process is dropped after 22 s"
            return verdict_of(Outcome.ZOMBIE, known, pings, here)
        if here_s < 0 or _server_was_silent(known, agent, now):
            return None
    elif silent_s >= ZOMBIE_S + EVENT_LAG_S:
        return verdict_of(Outcome.ZOMBIE, known, pings, here)
    if silent_s < UNRESPONSIVE_S or len(agent.unanswered) < PINGS_FOR_UNRESPONSIVE:
        return None
    return verdict_of(Outcome.UNRESPONSIVE, known, pings, here, since=since)


def _may_be_coming_back(known: Evidence, agent: Agent, now: float) -> bool:
    """Whether our own connection has just come back: the agent's may still be on its way."""
    return agent.joined_at < known.linked_at and now < known.linked_at + GAP_S


def _server_was_silent(known: Evidence, agent: Agent, now: float) -> bool:
    """Whether the silence may be the server's or our line's: so was its list, and has just come."""
    listed_s = known.people_listed_at - known.people_asked_at
    silent_s = known.people_listed_at - agent.silent_since
    return listed_s > silent_s * _LATE_SHARE and now < _caught_up_at(known, agent)


def _caught_up_at(known: Evidence, agent: Agent) -> float:
    """Give when all has come that a server or a line has held back until the list came.

    What was lost on a line is sent again after ever longer waits, each twice the last one.
    """
    quiet_s = known.people_listed_at - agent.heard_at
    return known.people_listed_at + max(CATCH_UP_S, quiet_s)


def age_at(known: Evidence, at: float) -> str:
    """Say when something was, in words."""
    return f"{seconds(at - known.dispatched_at)} after {known.beginning}"
