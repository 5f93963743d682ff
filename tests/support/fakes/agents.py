"""Agents of the in-memory LiveKit: each does with its job what a script says.

The scripts are the rows of facts/livekit.md section 3, with the times measured there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What a worker does when a job is offered."""

    TAKES = "takes"
    DECLINES = "declines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How one agent behaves; times in seconds, None is never."""

    answers: Answer = Answer.TAKES
    listed_after_s: float = 0.2
    """When its job shows in ListDispatch, from the create; up to 5 s late on a cold cache."""
    joins_after_s: float | None = 0.3
    """From the create."""
    identity: str = ""
    """One that it chose itself; else `agent-` and the job's id."""
    state: str = "listening"
    """`lk.agent.state` at its join; raw agents set none."""
    listens_after_s: float | None = None
    """From its join, for one that joins in another state."""
    pongs_after_s: float | None = 0.01
    """How long its session takes to answer a ping; None if it has no session."""
    stops_answering_after_s: float | None = None
    """From its join: its process is dead, or its session is closed."""
    replies: bool = True
    greeting: str = ""
    leaves_after_s: float | None = None
    """From its join, by itself."""
    obeys_after_s: float | None = 0.06
    """How long after the delete of its dispatch it is gone; None if it is dead."""


SESSION = Script()
RAW = Script(state="", pongs_after_s=None)
DECLINING = Script(answers=Answer.DECLINES)
NEVER_JOINING = Script(joins_after_s=None)
SLOW = Script(joins_after_s=4.3)
COLD = Script(listed_after_s=5.0)
LEAVING = Script(leaves_after_s=2.0)
STUCK = Script(state="initializing", pongs_after_s=None, obeys_after_s=3.1, replies=False)
STARTING = Script(state="initializing", listens_after_s=0.5)
MUTE = Script(replies=False)
DEAD = Script(stops_answering_after_s=1.0, obeys_after_s=None)
ZOMBIE = Script(stops_answering_after_s=1.0)
