"""What a server's own lists tell of a room that nobody watches: never more than they show.

Without a watch nobody pings its agents, so that they are present at best; and a job's record stays
the same whatever becomes of its agent (facts/livekit.md section 3).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from lktui.core.signs import StateKind
from lktui.core.verdict import Outcome

if TYPE_CHECKING:
    from lktui.core.events import ListedDispatch, ListedRoom

LIST_TRUE_S = 5.5
"""A dispatch without a job proves nothing before this age (facts/livekit.md section 3)."""
_AGENT_STATES = {
    "initializing": StateKind.WAITING,
    "idle": StateKind.READY,
    "listening": StateKind.READY,
    "thinking": StateKind.READY,
    "speaking": StateKind.READY,
}


class RoomFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be thought of a listed room."""

    code: Outcome
    kind: StateKind
    words: str
    """For a table row: at most 23 cells."""
    headline: str
    seen: tuple[str, ...] = ()
    cause: str = ""
    resolution: str = ""


_UNKNOWN = RoomFinding(
    code=Outcome.WAITING,
    kind=StateKind.STALE,
    words="unknown",
    headline="Not looked into yet",
    seen=("the server has many rooms; a few are looked into each second",),
)

_GONE = "a worker took the job; its agent has left, or never joined: a job's record does not tell"


def find(room: ListedRoom, now: float) -> RoomFinding:
    """Say what is known of a room.

    Args:
        room: As the server lists it.
        now: Seconds since the epoch.
    """
    if not room.looked:
        return _UNKNOWN
    if room.agents:
        return _of_agents(room)
    return _of_dispatches(room, now)


def known_agents(room: ListedRoom) -> tuple[str, ...]:
    """Name the agents that are in a room or were dispatched into it, each once."""
    asked_for = (dispatch.agent_name for dispatch in room.dispatches or ())
    return tuple(dict.fromkeys([*room.agents, *asked_for]))


def _of_agents(room: ListedRoom) -> RoomFinding:
    seen = (_who(room), *map(_told, room.dispatches or ()))
    if len(set(room.agents)) < len(room.agents):
        name, count = Counter(room.agents).most_common(1)[0]
        return RoomFinding(
            code=Outcome.DOUBLED,
            kind=StateKind.WARNING,
            words=f"{count} agents answer",
            headline=f"{count} agents named “{name}” are in the room",
            seen=seen,
            cause="dispatched twice, or one of them is an old one",
            resolution="Retry: it removes all of them and dispatches one",
        )
    said = next((state for state in room.agent_states if state in _AGENT_STATES), "")
    return RoomFinding(
        code=Outcome.PRESENT,
        kind=_AGENT_STATES.get(said, StateKind.WARNING),
        words=said or "joined, unconfirmed",
        headline=f"In the room, {said or 'sets no state'}; nobody here has asked it",
        seen=seen,
    )


def _of_dispatches(room: ListedRoom, now: float) -> RoomFinding:
    listed = room.dispatches or ()
    seen = (_who(room), *map(_told, listed))
    if any(job.declined for dispatch in listed for job in dispatch.jobs):
        return RoomFinding(
            code=Outcome.REJECTED,
            kind=StateKind.FAILED,
            words="agent declined",
            headline="Agent not dispatched: it declined the job",
            seen=seen,
            cause="its request handler rejected this job",
            resolution="Look at the agent's request handler; then retry",
        )
    empty = [one for one in listed if not one.jobs]
    if empty and all(now - one.made_at >= LIST_TRUE_S for one in empty):
        name = empty[0].agent_name
        return RoomFinding(
            code=Outcome.NOT_TAKEN,
            kind=StateKind.FAILED,
            words="no worker took it",
            headline="Agent not dispatched: no worker took it",
            seen=seen,
            cause=f"no worker is registered as “{name}”, or all are full, draining, late or"
            " declined; these look alike from outside",
            resolution=f"Check agent is deployed and registered as “{name}”; then retry",
        )
    if empty:
        return RoomFinding(
            code=Outcome.WAITING,
            kind=StateKind.WAITING,
            words="waiting",
            headline="Waiting for a worker",
            seen=seen,
        )
    return RoomFinding(
        code=Outcome.NO_AGENT,
        kind=StateKind.OVER,
        words="no agent",
        headline="No agent in the room",
        seen=seen,
        cause=_GONE if listed else "",
        resolution="Read the worker's log; then retry" if listed else "",
    )


def _who(room: ListedRoom) -> str:
    agents = ", ".join(
        f"{name} ({state})" if state else name
        for name, state in zip(room.agents, room.agent_states, strict=False)
    )
    return f"{room.people} in the room" + (f"; agents: {agents}" if agents else "")


def _told(dispatch: ListedDispatch) -> str:
    jobs = ", ".join(f"{job.id} {job.status}" for job in dispatch.jobs) or "no job"
    return f"dispatch of {dispatch.agent_name}: {jobs}"
